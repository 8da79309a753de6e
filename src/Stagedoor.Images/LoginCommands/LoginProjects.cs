using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.LoginCommands;

/// <summary>What identity management has to say about a login that is asked for.</summary>
internal sealed class LoginProjects(IAccountProjects projects, ITemporaryKeys keys)
{
    private const int MaxName = 64;

    /// <summary>The name of a project of the account; without a name that of the region's own.</summary>
    /// <exception cref="ApiException">The account has no such project.</exception>
    public async Task<string> FindAsync(string domainId, string? name, CancellationToken cancellationToken) =>
        await projects.FindNameAsync(domainId, name, cancellationToken).AsTask().FaultAs(ImagesCodes.GetServiceTokenFailed)
        ?? throw ImagesError.InvalidParameter($"projectname={Text.Cut(Text.Repair(name ?? ""), MaxName)}: the account has no such project");

    /// <summary>A key of the caller's for the registry, which ends by itself.</summary>
    /// <exception cref="ApiException">It cannot be had.</exception>
    public async Task<TemporaryKey> IssueAsync(Caller caller, TimeSpan lifetime, CancellationToken cancellationToken) =>
        await keys.IssueAsync(caller, lifetime, cancellationToken).FaultAs(ImagesCodes.GetServiceTokenFailed)
        ?? throw ImagesError.AuthenticationFailed("the user is gone");
}
