using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary>Tokens that were revoked one by one, remembered until they would have expired.</summary>
internal sealed class RevocationStore(GatewayDb db, TimeProvider clock)
{
    public async Task<bool> IsRevokedAsync(string id, CancellationToken cancellationToken) =>
        await db.FindAsync<long>("SELECT COUNT(*) FROM revoked_token WHERE id = @id", new { id }, cancellationToken) > 0;

    public Task RevokeAsync(TokenClaims claims, CancellationToken cancellationToken) => db.ExecuteAsync(
        "INSERT INTO revoked_token (id, expires_at) VALUES (@Id, @expiresAt) ON CONFLICT (id) DO NOTHING",
        new { claims.Id, expiresAt = claims.ExpiresAt.ToUnixTimeMilliseconds() },
        cancellationToken);

    public Task ForgetExpiredAsync(CancellationToken cancellationToken) => db.ExecuteAsync(
        "DELETE FROM revoked_token WHERE expires_at < @now", new { now = clock.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);
}
