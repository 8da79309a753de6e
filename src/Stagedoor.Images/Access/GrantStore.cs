using Stagedoor.Storage;

namespace Stagedoor.Images.Access;

/// <summary>What users were granted on one kind of thing. Lists are applied as a whole or not at all.</summary>
/// <param name="db">The database.</param>
/// <param name="clock">Tells when a grant was made.</param>
/// <param name="table">Where the grants are.</param>
/// <param name="owner">The column of it that says what they are on.</param>
/// <param name="owners">The table of what they are on.</param>
internal abstract class GrantStore(ImagesDb db, TimeProvider clock, string table, string owner, string owners)
{
    private sealed record Row(string UserId, string UserName, long Auth);

    /// <summary>All grants, in the order in which they were made.</summary>
    public async Task<IReadOnlyList<UserAuth>> ListAsync(long ownerId, CancellationToken cancellationToken)
    {
        var rows = await db.QueryAsync<Row>(
            $"SELECT user_id, user_name, auth FROM {table} WHERE {owner} = @ownerId ORDER BY created_at, user_id", new { ownerId }, cancellationToken);
        return [.. rows.Select(static r => new UserAuth(r.UserId, r.UserName, (int)r.Auth))];
    }

    /// <summary>Grants to users who have nothing there yet.</summary>
    public Task<GrantOutcome> AddAsync(long ownerId, IReadOnlyList<UserAuth> grants, CancellationToken cancellationToken) => ChangeAsync(
        ownerId,
        Rights.Manage,
        [.. grants.Select(static g => g.UserId)],
        static (known, id) => known.ContainsKey(id),
        async session =>
        {
            // Later than those before whatever the clock says, since it is the order that is shown.
            var last = await session.FindAsync<long>($"SELECT COALESCE(MAX(created_at), 0) FROM {table} WHERE {owner} = @ownerId", new { ownerId });
            var at = Math.Max(last + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
            foreach (var grant in grants)
            {
                await session.ExecuteAsync(
                    $"INSERT INTO {table} ({owner}, user_id, user_name, auth, created_at) VALUES (@ownerId, @UserId, @UserName, @Auth, @at)",
                    new { ownerId, grant.UserId, grant.UserName, grant.Auth, at });
                at++;
            }
        },
        cancellationToken);

    /// <summary>Gives users another grant than they have.</summary>
    /// <param name="ownerId">What the grants are on.</param>
    /// <param name="most">What the caller may do there: a grant of more is not the caller's to change.</param>
    /// <param name="grants">The users and what they are to have.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<GrantOutcome> UpdateAsync(long ownerId, int most, IReadOnlyList<UserAuth> grants, CancellationToken cancellationToken) => ChangeAsync(
        ownerId,
        most,
        [.. grants.Select(static g => g.UserId)],
        static (known, id) => !known.ContainsKey(id),
        async session =>
        {
            foreach (var grant in grants)
            {
                await session.ExecuteAsync(
                    $"UPDATE {table} SET user_name = @UserName, auth = @Auth WHERE {owner} = @ownerId AND user_id = @UserId",
                    new { ownerId, grant.UserId, grant.UserName, grant.Auth });
            }
        },
        cancellationToken);

    /// <summary>Takes away what users were granted.</summary>
    /// <param name="ownerId">What the grants are on.</param>
    /// <param name="most">What the caller may do there: a grant of more is not the caller's to take.</param>
    /// <param name="users">The users.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task<GrantOutcome> DeleteAsync(long ownerId, int most, IReadOnlyList<string> users, CancellationToken cancellationToken) => ChangeAsync(
        ownerId,
        most,
        users,
        static (known, id) => !known.ContainsKey(id),
        session => session.ExecuteAsync(
            $"DELETE FROM {table} WHERE {owner} = @ownerId AND {db.In("user_id", nameof(users))}", new { ownerId, users = users.ToArray() }),
        cancellationToken);

    private Task<GrantOutcome> ChangeAsync(
        long ownerId,
        int most,
        IReadOnlyList<string> users,
        Func<Dictionary<string, long>, string, bool> isInTheWay,
        Func<DbSession, Task> change,
        CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // Changes of the grants on one thing wait for one another, and for its deletion.
            if (await session.FindAsync<string>($"SELECT name FROM {owners} WHERE id = @ownerId{db.ForUpdate}", new { ownerId }) is null)
            {
                return new GrantOutcome(IsGone: true, null, null);
            }

            var granted = await session.QueryAsync<Row>($"SELECT user_id, user_name, auth FROM {table} WHERE {owner} = @ownerId", new { ownerId });
            var known = granted.ToDictionary(static g => g.UserId, static g => g.Auth, StringComparer.Ordinal);
            if (users.FirstOrDefault(id => isInTheWay(known, id)) is { } inTheWay)
            {
                return new(IsGone: false, inTheWay, null);
            }

            if (users.FirstOrDefault(id => known.GetValueOrDefault(id) > most) is { } above)
            {
                return new(IsGone: false, null, above);
            }

            await change(session);
            return new(IsGone: false, null, null);
        },
        cancellationToken);
}

/// <summary>What users were granted on organizations.</summary>
internal sealed class NamespaceGrants(ImagesDb db, TimeProvider clock) : GrantStore(db, clock, "org_acl", "organization_id", "organizations");

/// <summary>What users were granted on repositories.</summary>
internal sealed class RepositoryGrants(ImagesDb db, TimeProvider clock) : GrantStore(db, clock, "repo_acl", "repository_id", "repositories");

/// <summary>What became of a list of grants.</summary>
/// <param name="IsGone">What they are on was deleted meanwhile.</param>
/// <param name="InTheWay">The first user who has a grant already, or has none to change; null for nobody.</param>
/// <param name="Above">The first user who was granted more than the caller may do; null for nobody. </param>
internal sealed record GrantOutcome(bool IsGone, string? InTheWay, string? Above);
