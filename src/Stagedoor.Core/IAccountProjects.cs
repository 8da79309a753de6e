namespace Stagedoor;

/// <summary>The projects of accounts. Identity management implements it, since it keeps them.</summary>
public interface IAccountProjects
{
    /// <summary>The name of a project of the account; null when the account has no such project.</summary>
    /// <param name="domainId">The account.</param>
    /// <param name="name">The project's name; null or <see cref="Caller.DefaultProject"/> for the one that stands for the region.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<string?> FindNameAsync(string domainId, string? name, CancellationToken cancellationToken);

    /// <summary>The id of the account's project that stands for the region; null when there is no such account.</summary>
    /// <param name="domainId">The account.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<string?> FindDefaultIdAsync(string domainId, CancellationToken cancellationToken);

    /// <summary>The account that a project belongs to; null when there is no such project.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<string?> FindDomainAsync(string projectId, CancellationToken cancellationToken);

    /// <summary>Whether work may be done in a project: it and its account are switched on; null when there is no such project.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<bool?> IsOpenAsync(string projectId, CancellationToken cancellationToken);
}
