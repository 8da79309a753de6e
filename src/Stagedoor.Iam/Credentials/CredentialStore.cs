using Stagedoor.Iam.Secrets;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Iam.Credentials;

/// <summary>The access keys of all users. Taking a key away or changing its status ends the owner's tokens.</summary>
internal sealed class CredentialStore(GatewayDb db, UserStore users, SecretKeys secrets, IdSource ids, TimeProvider clock)
{
    private const string Columns = "access_key, user_id, status, description, created_at, last_used_at";

    /// <summary>How secrets are sealed that are made now.</summary>
    public const long SecretVersion = 1;

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<Credential?> FindAsync(string accessKey, CancellationToken cancellationToken) =>
        db.FindAsync<Credential>($"SELECT {Columns} FROM access_key WHERE access_key = @accessKey", new { accessKey }, cancellationToken);

    public Task<IReadOnlyList<Credential>> ListAsync(string userId, CancellationToken cancellationToken) => db.QueryAsync<Credential>(
        $"SELECT {Columns} FROM access_key WHERE user_id = @userId ORDER BY created_at, access_key", new { userId }, cancellationToken);

    /// <summary>The key with its secret in the clear, for the verifier.</summary>
    public async Task<AccessKeyRecord?> FindSecretAsync(string accessKey, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT access_key, user_id, secret, secret_version, status, NULL AS stamp, NULL AS expires_at FROM access_key WHERE access_key = @accessKey
            UNION ALL
            SELECT access_key, user_id, secret, secret_version, 'active', stamp, expires_at FROM temporary_access_key WHERE access_key = @accessKey
            """;

        return await db.FindAsync<SecretRow>(Sql, new { accessKey }, cancellationToken) is { } row
            ? new(
                row.AccessKey,
                secrets.Unprotect(row.AccessKey, row.UserId, row.SecretVersion, row.Secret),
                row.UserId,
                row.Status is Credential.Active)
            {
                Stamp = row.Stamp,
                ExpiresAt = row.ExpiresAt is { } end ? DateTimeOffset.FromUnixTimeMilliseconds(end) : null,
            }
            : null;
    }

    /// <summary>A key that is not stored yet.</summary>
    public NewCredential New(string userId, string description)
    {
        var (accessKey, secret) = (ids.NewAccessKey(), ids.NewSecret());
        return new(
            new() { AccessKey = accessKey, UserId = userId, Status = Credential.Active, Description = description, CreatedAt = Now, LastUsedAt = 0 },
            secret,
            secrets.Protect(accessKey, userId, SecretVersion, secret));
    }

    /// <summary>Stores the key.</summary>
    public Task<KeyAdded> AddAsync(NewCredential key, CancellationToken cancellationToken)
    {
        var userId = key.Credential.UserId;
        return db.TransactAsync(
            async session =>
            {
                // Two keys made at once are counted one after the other.
                if (!await UserStore.LockAsync(session, userId))
                {
                    return KeyAdded.OwnerIsGone;
                }

                var count = await session.FindAsync<long>("SELECT COUNT(*) FROM access_key WHERE user_id = @userId", new { userId });
                return count < Credential.MaximumPerUser && await AddAsync(session, key) ? KeyAdded.Yes : KeyAdded.OneTooMany;
            },
            cancellationToken);
    }

    /// <summary>Stores the key in a transaction that makes its owner.</summary>
    public static async Task<bool> AddAsync(DbSession session, NewCredential key)
    {
        const string Sql = """
            INSERT INTO access_key (access_key, user_id, secret, secret_version, status, description, created_at, last_used_at)
            SELECT @AccessKey, id, @ProtectedSecret, @SecretVersion, @Status, @Description, @CreatedAt, 0 FROM iam_user WHERE id = @UserId
            """;

        var c = key.Credential;
        return await session.ExecuteAsync(
            Sql, new { c.AccessKey, c.UserId, key.ProtectedSecret, SecretVersion, c.Status, c.Description, c.CreatedAt }) == 1;
    }

    /// <summary>Changes what is not null; false when there is no such key any more.</summary>
    public Task<bool> UpdateAsync(Credential key, string? status, string? description, CancellationToken cancellationToken)
    {
        const string Switch = "UPDATE access_key SET status = @status WHERE access_key = @AccessKey AND status <> @status";
        const string Describe = "UPDATE access_key SET description = COALESCE(@description, description) WHERE access_key = @AccessKey";

        return db.TransactAsync(
            async session =>
            {
                await UserStore.LockAsync(session, key.UserId);
                if (status is not null && await session.ExecuteAsync(Switch, new { key.AccessKey, status }) == 1)
                {
                    await users.EndTokensAsync(session, key.UserId);
                }

                return await session.ExecuteAsync(Describe, new { key.AccessKey, description }) == 1;
            },
            cancellationToken);
    }

    /// <summary>Removes the key; false when it is gone already.</summary>
    public Task<bool> DeleteAsync(Credential key, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await UserStore.LockAsync(session, key.UserId);
            if (await session.ExecuteAsync("DELETE FROM access_key WHERE access_key = @AccessKey", new { key.AccessKey }) == 0)
            {
                return false;
            }

            await users.EndTokensAsync(session, key.UserId);
            return true;
        },
        cancellationToken);

    /// <summary>Notes when keys were last used.</summary>
    public Task TouchAsync(IReadOnlyCollection<KeyValuePair<string, long>> uses, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            foreach (var (accessKey, at) in uses)
            {
                await session.ExecuteAsync(
                    "UPDATE access_key SET last_used_at = @at WHERE access_key = @accessKey AND last_used_at < @at", new { accessKey, at });
            }

            return uses.Count;
        },
        cancellationToken);

    private sealed class SecretRow
    {
        public required string AccessKey { get; init; }

        public required string UserId { get; init; }

        public required string Secret { get; init; }

        public required long SecretVersion { get; init; }

        public required string Status { get; init; }

        public string? Stamp { get; init; }

        public long? ExpiresAt { get; init; }
    }
}

/// <summary>What became of a new key.</summary>
internal enum KeyAdded
{
    Yes,

    /// <summary>Its owner has as many as one may have.</summary>
    OneTooMany,

    /// <summary>Its owner was deleted meanwhile.</summary>
    OwnerIsGone,
}

/// <summary>A key just made. No record: its text would show the secret.</summary>
internal sealed class NewCredential(Credential credential, string secret, string protectedSecret)
{
    public Credential Credential { get; } = credential;

    public string Secret { get; } = secret;

    public string ProtectedSecret { get; } = protectedSecret;
}
