using Stagedoor.Iam.Secrets;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Credentials;

/// <summary>Keys that end by themselves. They are sealed as others are, and counted apart from them.</summary>
internal sealed class TemporaryKeys(GatewayDb db, SecretKeys secrets, IdSource ids, Identities identities, TimeProvider clock) : ITemporaryKeys
{
    /// <summary>How many keys of one user are good at once. Who makes more loses those that would have ended first.</summary>
    public const int MaximumPerUser = 1000;

    public async Task<TemporaryKey?> IssueAsync(Caller caller, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        const string Trim = """
            DELETE FROM temporary_access_key WHERE access_key IN (
                SELECT access_key FROM temporary_access_key WHERE user_id = @UserId ORDER BY expires_at DESC, access_key LIMIT 1000000 OFFSET @kept)
            """;
        const string Insert = """
            INSERT INTO temporary_access_key (access_key, user_id, secret, secret_version, stamp, created_at, expires_at)
            SELECT @accessKey, id, @box, @SecretVersion, stamp, @now, @end FROM iam_user WHERE id = @UserId
            """;

        var (accessKey, secret) = (ids.NewAccessKey(), ids.NewSecret());
        var box = secrets.Protect(accessKey, caller.UserId, CredentialStore.SecretVersion, secret);
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var end = now + (long)lifetime.TotalMilliseconds;
        var values = new { caller.UserId, accessKey, box, CredentialStore.SecretVersion, now, end, kept = MaximumPerUser - 1 };
        var isMade = await db.TransactAsync(
            async session =>
            {
                if (!await UserStore.LockAsync(session, caller.UserId))
                {
                    return false;
                }

                await session.ExecuteAsync("DELETE FROM temporary_access_key WHERE user_id = @UserId AND expires_at <= @now", values);
                await session.ExecuteAsync(Trim, values);
                return await session.ExecuteAsync(Insert, values) == 1;
            },
            cancellationToken);
        if (!isMade)
        {
            return null;
        }

        // Its owner's stamp may be another one than is remembered.
        identities.ForgetKey(accessKey, caller.UserId);
        return new(accessKey, LoginKey.Compute(accessKey, secret), DateTimeOffset.FromUnixTimeMilliseconds(end));
    }

    /// <summary>Removes keys that have ended.</summary>
    public Task ForgetExpiredAsync(CancellationToken cancellationToken) => db.ExecuteAsync(
        "DELETE FROM temporary_access_key WHERE expires_at <= @now", new { now = clock.GetUtcNow().ToUnixTimeMilliseconds() }, cancellationToken);
}
