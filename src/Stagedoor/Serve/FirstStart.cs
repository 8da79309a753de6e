using Stagedoor.Iam;

namespace Stagedoor.Serve;

/// <summary>Makes the first account of an empty installation and keeps its secrets where its owner finds them.</summary>
internal sealed class FirstStart(IServiceProvider services, DataDirectory data, IConfiguration configuration)
{
    /// <summary>What is to be shown: the account of this start, or of one before that did not get as far as showing it; else null.</summary>
    internal FirstRun? Made { get; private set; }

    /// <summary>The file with the keys of the first start; null when there is none, or not of an account that there is.</summary>
    internal string? KeysFile { get; private set; }

    /// <param name="isFirst">No start has succeeded yet.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task EnsureAsync(bool isFirst, CancellationToken cancellationToken)
    {
        // The file goes first: keys in the database that nobody was told are lost, a file of an account that never was is replaced.
        var made = await IamModule.EnsureFirstRunAsync(
            services,
            credentials =>
            {
                FirstRunFile.Write(data.Root, From(credentials));
                return Task.CompletedTask;
            },
            cancellationToken);
        var kept = made is null ? await FindKeptAsync(cancellationToken) : From(made);
        KeysFile = kept is null ? null : Path.Combine(data.Root, FirstRunFile.Name);
        Made = isFirst ? kept : null;
        if (Made is not null)
        {
            SampleImage.Write(data.Root);
        }
    }

    /// <summary>Corrects the address that the keys are shown with: a port may be known only now, and each start may have another address.</summary>
    internal void Correct(string url)
    {
        if (Made is not null && !string.Equals(Made.Url, url, StringComparison.Ordinal))
        {
            Made = Made with { Url = url };
            FirstRunFile.Write(data.Root, Made);
        }
    }

    private async Task<FirstRun?> FindKeptAsync(CancellationToken cancellationToken)
    {
        if (FirstRunFile.Find(data.Root) is not { } kept)
        {
            return null;
        }

        if ((await IamModule.ListAccountsAsync(services, cancellationToken)).Any(a => string.Equals(a.Id, kept.DomainId, StringComparison.Ordinal)))
        {
            return kept;
        }

        // Of a start that ended before its account was committed, while another replica made one: these keys open nothing.
        FirstRunFile.Delete(data.Root);
        return null;
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
