using Stagedoor.Gateway.Iam;

namespace Stagedoor.Serve;

/// <summary>Makes the first account of an empty installation and keeps its secrets where its owner finds them.</summary>
internal sealed class FirstStart(IServiceProvider services, DataDirectory data, IConfiguration configuration)
{
    /// <summary>What this start made; null when the installation had an account already.</summary>
    internal FirstRun? Made { get; private set; }

    internal async Task EnsureAsync(CancellationToken cancellationToken)
    {
        // The file goes first: keys in the database that nobody was told are lost, a file of an account that never was is replaced.
        var made = await IamModule.EnsureFirstRunAsync(
            services, credentials => FirstRunFile.WriteAsync(data.Root, From(credentials), cancellationToken), cancellationToken);
        Made = made is null ? null : From(made);
    }

    internal async Task CorrectAsync(FirstRun run, CancellationToken cancellationToken)
    {
        await FirstRunFile.WriteAsync(data.Root, run, cancellationToken);
        Made = run;
    }

    private FirstRun From(FirstRunCredentials made) => new(
        (configuration["ExternalUrl"] ?? configuration["Urls"]!.Split(';')[0].Trim()).TrimEnd('/'),
        made.Domain,
        made.DomainId,
        made.Project,
        made.ProjectId,
        made.User,
        made.UserId,
        made.Password,
        made.AccessKey,
        made.SecretKey,
        made.RegistryUser,
        made.RegistryKey);
}
