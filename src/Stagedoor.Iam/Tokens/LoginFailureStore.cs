using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary>Counts wrong passwords, in the database, so that neither a restart nor another replica starts the count again.</summary>
internal sealed class LoginFailureStore(GatewayDb db, IOptions<IamOptions> options, TimeProvider clock)
{
    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public async Task<bool> IsLockedAsync(string subject, CancellationToken cancellationToken) =>
        await db.FindAsync<long>(
            "SELECT COUNT(*) FROM login_failure WHERE subject = @subject AND locked_until > @Now", new { subject, Now }, cancellationToken) > 0;

    /// <summary>Counts one more. The one that reaches the limit locks, and the count begins anew behind the lock.</summary>
    /// <returns>Whether this one did.</returns>
    public async Task<bool> AddAsync(string subject, int limit, CancellationToken cancellationToken)
    {
        const string Sql = """
            INSERT INTO login_failure (subject, failures, since, locked_until) VALUES (@subject, 1, @now, 0)
            ON CONFLICT (subject) DO UPDATE SET
                failures = CASE
                    WHEN login_failure.since <= @horizon THEN 1
                    WHEN login_failure.failures + 1 >= @limit THEN 0
                    ELSE login_failure.failures + 1 END,
                since = CASE WHEN login_failure.since <= @horizon THEN @now ELSE login_failure.since END,
                locked_until = CASE
                    WHEN login_failure.since > @horizon AND login_failure.failures + 1 >= @limit THEN @lockedUntil
                    ELSE login_failure.locked_until END
            RETURNING failures
            """;

        var (settings, now) = (options.Value, Now);
        var arguments = new
        {
            subject,
            now,
            horizon = now - (settings.LoginFailureMinutes * 60_000L),
            limit = (long)limit,
            lockedUntil = now + (settings.LockoutMinutes * 60_000L),
        };
        return await db.TransactAsync(session => session.FindAsync<long>(Sql, arguments), cancellationToken) == 0;
    }

    /// <summary>Ends a row of failures. A lock that another replica made meanwhile holds.</summary>
    public Task ForgetAsync(string subject, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM login_failure WHERE subject = @subject AND locked_until <= @Now", new { subject, Now }, cancellationToken);

    public Task ForgetExpiredAsync(CancellationToken cancellationToken) => db.ExecuteAsync(
        "DELETE FROM login_failure WHERE since < @horizon AND locked_until < @Now",
        new { horizon = Now - (options.Value.LoginFailureMinutes * 60_000L), Now },
        cancellationToken);
}
