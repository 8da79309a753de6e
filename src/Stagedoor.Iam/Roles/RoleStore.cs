using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Roles;

/// <summary>Which user holds which role where. Every change ends the user's tokens.</summary>
internal sealed class RoleStore(GatewayDb db, UserStore users, TimeProvider clock)
{
    /// <summary>The names of the user's roles in one account or project.</summary>
    public Task<IReadOnlyList<string>> ListAsync(string userId, string scopeId, CancellationToken cancellationToken) => db.QueryAsync<string>(
        "SELECT role FROM user_role WHERE user_id = @userId AND scope_id = @scopeId ORDER BY role", new { userId, scopeId }, cancellationToken);

    /// <summary>Grants the role, which the user may have there already; false when the user is gone.</summary>
    public Task<bool> GrantAsync(string userId, string scopeId, string role, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO user_role (user_id, scope_id, role, created_at) VALUES (@userId, @scopeId, @role, @createdAt)
            ON CONFLICT (user_id, scope_id, role) DO NOTHING
            """;

        return ChangeAsync(Sql, userId, scopeId, role, static (exists, _) => exists, cancellationToken);
    }

    /// <summary>Takes the role away; false when the user does not have it there.</summary>
    public Task<bool> RevokeAsync(string userId, string scopeId, string role, CancellationToken cancellationToken) => ChangeAsync(
        "DELETE FROM user_role WHERE user_id = @userId AND scope_id = @scopeId AND role = @role", userId, scopeId, role, static (_, changed) => changed, cancellationToken);

    private Task<bool> ChangeAsync(
        string sql, string userId, string scopeId, string role, Func<bool, bool, bool> answer, CancellationToken cancellationToken)
    {
        var createdAt = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return db.TransactAsync(
            async session =>
            {
                var exists = await UserStore.LockAsync(session, userId);
                var changed = exists && await session.ExecuteAsync(sql, new { userId, scopeId, role, createdAt }) == 1;
                if (changed)
                {
                    await users.EndTokensAsync(session, userId);
                }

                return answer(exists, changed);
            },
            cancellationToken);
    }
}
