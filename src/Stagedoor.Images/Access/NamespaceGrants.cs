using Stagedoor.Storage;

namespace Stagedoor.Images.Access;

/// <summary>What users were granted on organizations. Lists are applied as a whole or not at all.</summary>
internal sealed class NamespaceGrants(ImagesDb db, TimeProvider clock)
{
    private sealed record Row(string UserId, string UserName, long Auth);

    /// <summary>All grants, in the order in which they were made.</summary>
    public async Task<IReadOnlyList<UserAuth>> ListAsync(long organizationId, CancellationToken cancellationToken)
    {
        const string Sql = "SELECT user_id, user_name, auth FROM org_acl WHERE organization_id = @organizationId ORDER BY created_at, user_id";

        var rows = await db.QueryAsync<Row>(Sql, new { organizationId }, cancellationToken);
        return [.. rows.Select(static r => new UserAuth(r.UserId, r.UserName, (int)r.Auth))];
    }

    /// <summary>Grants to users who have nothing there yet.</summary>
    public Task<GrantOutcome> AddAsync(long organizationId, IReadOnlyList<UserAuth> grants, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO org_acl (organization_id, user_id, user_name, auth, created_at) VALUES (@organizationId, @UserId, @UserName, @Auth, @at)
            """;

        return ChangeAsync(
            organizationId,
            [.. grants.Select(static g => g.UserId)],
            static (known, id) => known.Contains(id),
            async session =>
            {
                // Later than those before whatever the clock says, since it is the order that is shown.
                var last = await session.FindAsync<long>("SELECT COALESCE(MAX(created_at), 0) FROM org_acl WHERE organization_id = @organizationId", new { organizationId });
                var at = Math.Max(last + 1, clock.GetUtcNow().ToUnixTimeMilliseconds());
                foreach (var grant in grants)
                {
                    await session.ExecuteAsync(Sql, new { organizationId, grant.UserId, grant.UserName, grant.Auth, at });
                    at++;
                }
            },
            cancellationToken);
    }

    /// <summary>Gives users another grant than they have.</summary>
    public Task<GrantOutcome> UpdateAsync(long organizationId, IReadOnlyList<UserAuth> grants, CancellationToken cancellationToken)
    {
        const string Sql = """
            UPDATE org_acl SET user_name = @UserName, auth = @Auth WHERE organization_id = @organizationId AND user_id = @UserId
            """;

        return ChangeAsync(
            organizationId,
            [.. grants.Select(static g => g.UserId)],
            static (known, id) => !known.Contains(id),
            async session =>
            {
                foreach (var grant in grants)
                {
                    await session.ExecuteAsync(Sql, new { organizationId, grant.UserId, grant.UserName, grant.Auth });
                }
            },
            cancellationToken);
    }

    /// <summary>Takes away what users were granted.</summary>
    public Task<GrantOutcome> DeleteAsync(long organizationId, IReadOnlyList<string> users, CancellationToken cancellationToken) => ChangeAsync(
        organizationId,
        users,
        static (known, id) => !known.Contains(id),
        session => session.ExecuteAsync(
            $"DELETE FROM org_acl WHERE organization_id = @organizationId AND {db.In("user_id", nameof(users))}", new { organizationId, users = users.ToArray() }),
        cancellationToken);

    private Task<GrantOutcome> ChangeAsync(
        long organizationId,
        IReadOnlyList<string> users,
        Func<HashSet<string>, string, bool> isInTheWay,
        Func<DbSession, Task> change,
        CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // Changes of one organization wait for one another, and for its deletion.
            if (await session.FindAsync<string>($"SELECT name FROM organizations WHERE id = @organizationId{db.ForUpdate}", new { organizationId }) is null)
            {
                return new GrantOutcome(IsGone: true, null);
            }

            var granted = await session.QueryAsync<string>("SELECT user_id FROM org_acl WHERE organization_id = @organizationId", new { organizationId });
            var known = granted.ToHashSet(StringComparer.Ordinal);
            if (users.FirstOrDefault(id => isInTheWay(known, id)) is { } inTheWay)
            {
                return new(IsGone: false, inTheWay);
            }

            await change(session);
            return new(IsGone: false, null);
        },
        cancellationToken);
}

/// <summary>What became of a list of grants.</summary>
/// <param name="IsGone">The organization was deleted meanwhile.</param>
/// <param name="InTheWay">The first user who has a grant already, or has none to change; null when the list was applied.</param>
internal sealed record GrantOutcome(bool IsGone, string? InTheWay);
