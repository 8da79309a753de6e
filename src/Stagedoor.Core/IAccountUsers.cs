namespace Stagedoor;

/// <summary>Who belongs to an account. Identity management implements it, since it keeps the users; whoever grants something asks.</summary>
public interface IAccountUsers
{
    /// <summary>The name of a user of the account; null when the account has no such user.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="domainId">The account.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    Task<string?> FindNameAsync(string userId, string domainId, CancellationToken cancellationToken);

    /// <summary>The ids of all users of the account.</summary>
    /// <param name="domainId">The account.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    Task<IReadOnlySet<string>> ListIdsAsync(string domainId, CancellationToken cancellationToken);
}
