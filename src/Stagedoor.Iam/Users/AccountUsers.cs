namespace Stagedoor.Iam.Users;

/// <summary>Answers from the table of users, since a grant must not name one that was deleted a moment ago.</summary>
internal sealed class AccountUsers(UserStore users) : IAccountUsers
{
    public async Task<string?> FindNameAsync(string userId, string domainId, CancellationToken cancellationToken) =>
        (await GetUser.FindOwnAsync(users, userId, domainId, cancellationToken))?.Name;

    public async Task<IReadOnlySet<string>> ListIdsAsync(string domainId, CancellationToken cancellationToken) =>
        (await users.ListIdsAsync(domainId, cancellationToken)).ToHashSet(StringComparer.Ordinal);
}
