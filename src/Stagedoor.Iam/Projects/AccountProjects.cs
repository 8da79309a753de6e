namespace Stagedoor.Iam.Projects;

/// <summary>Answers from the directory's memory, at most a second old.</summary>
internal sealed class AccountProjects(Identities identities) : IAccountProjects
{
    public async ValueTask<string?> FindNameAsync(string domainId, string? name, CancellationToken cancellationToken) =>
        await (string.IsNullOrEmpty(name) || name is Caller.DefaultProject
            ? identities.FindDefaultProjectAsync(domainId, cancellationToken)
            : identities.FindProjectAsync(domainId, name, cancellationToken)) is { Enabled: true } project
                ? project.Name
                : null;

    public async ValueTask<string?> FindDefaultIdAsync(string domainId, CancellationToken cancellationToken) =>
        (await identities.FindDefaultProjectAsync(domainId, cancellationToken))?.Id;

    public async ValueTask<string?> FindDomainAsync(string projectId, CancellationToken cancellationToken) =>
        IdSource.IsId(projectId) ? (await identities.FindProjectByIdAsync(projectId, cancellationToken))?.DomainId : null;

    public async ValueTask<bool?> IsOpenAsync(string projectId, CancellationToken cancellationToken) =>
        IdSource.IsId(projectId) ? (await identities.FindProjectStandingAsync(projectId, cancellationToken))?.IsOpen : null;
}
