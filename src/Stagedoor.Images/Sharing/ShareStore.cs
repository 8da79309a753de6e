using Stagedoor.Images.Requests;
using Stagedoor.Storage;

namespace Stagedoor.Images.Sharing;

/// <summary>What became of a new share.</summary>
internal enum AddedShare
{
    Added,

    /// <summary>It is shared with the account already, though that share may have run out.</summary>
    Present,

    /// <summary>It is shared with as many accounts as it may be.</summary>
    Full,

    /// <summary>Everybody may pull it.</summary>
    Public,
    RepositoryGone,
}

/// <summary>Which accounts repositories are shared with.</summary>
internal sealed class ShareStore(ImagesDb db, TimeProvider clock)
{
    /// <summary>The most accounts that one repository can be shared with, those whose deadline is over among them.</summary>
    public const int MaxAccounts = 500;

    /// <summary>What <see cref="FindEndAsync"/> answers for a share without an end.</summary>
    public const long Never = long.MaxValue;

    private const string Columns =
        "access_domain, deadline, expires_at, description, creator_id, creator_name, created_at, updated_at";

    /// <summary>When the share of a repository with an account ends or has ended, in Unix milliseconds; 0 when there is none.</summary>
    public async Task<long> FindEndAsync(long repositoryId, string domainId, CancellationToken cancellationToken) => await db.FindAsync<long>(
        $"SELECT COALESCE(expires_at, {Never}) FROM share_domains WHERE repository_id = @repositoryId AND domain_id = @domainId",
        new { repositoryId, domainId },
        cancellationToken);

    /// <summary>All shares of a repository, in the order in which they were made.</summary>
    public async Task<IReadOnlyList<Share>> ListAsync(long repositoryId, string organization, string repository, CancellationToken cancellationToken)
    {
        var rows = await db.QueryAsync<Row>(
            $"SELECT {Columns} FROM share_domains WHERE repository_id = @repositoryId ORDER BY created_at, access_domain", new { repositoryId }, cancellationToken);
        return [.. rows.Select(row => ShareOf(row, organization, repository))];
    }

    /// <summary>The share with an account; null when there is none.</summary>
    public async Task<Share?> FindAsync(long repositoryId, string organization, string repository, string account, CancellationToken cancellationToken) =>
        await db.FindAsync<Row>(
            $"SELECT {Columns} FROM share_domains WHERE repository_id = @repositoryId AND access_domain = @account", new { repositoryId, account }, cancellationToken) is { } row
            ? ShareOf(row, organization, repository)
            : null;

    /// <summary>Shares a private repository with an account.</summary>
    public Task<AddedShare> AddAsync(
        long repositoryId, string accountId, string account, ShareTerms terms, Caller creator, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO share_domains (
                repository_id, domain_id, access_domain, deadline, expires_at, description, creator_id, creator_name, created_at, updated_at)
            VALUES (@repositoryId, @accountId, @account, @deadline, @expiresAt, @description, @creatorId, @creatorName, @now, @now)
            """;

        var values = new
        {
            repositoryId,
            accountId,
            account,
            deadline = terms.Deadline.Text,
            expiresAt = terms.Deadline.ExpiresAt,
            description = terms.Description ?? "",
            creatorId = creator.UserId,
            creatorName = creator.UserName,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        return db.TransactAsync(
            async session =>
            {
                var isPublic = await TakeAsync(session, repositoryId);
                if (isPublic is null)
                {
                    return AddedShare.RepositoryGone;
                }

                var known = await session.QueryAsync<string>("SELECT domain_id FROM share_domains WHERE repository_id = @repositoryId", values);
                if (known.Contains(accountId, StringComparer.Ordinal))
                {
                    return AddedShare.Present;
                }

                if (isPublic == 1 || known.Count >= MaxAccounts)
                {
                    return isPublic == 1 ? AddedShare.Public : AddedShare.Full;
                }

                await session.ExecuteAsync(Insert, values);
                return AddedShare.Added;
            },
            cancellationToken);
    }

    /// <summary>Changes a share; false when there is none.</summary>
    public Task<bool> UpdateAsync(long repositoryId, string account, ShareTerms terms, CancellationToken cancellationToken) => ChangeAsync(
        """
        UPDATE share_domains SET deadline = @deadline, expires_at = @expiresAt, description = COALESCE(@description, description), updated_at = @now
        WHERE repository_id = @repositoryId AND access_domain = @account
        """,
        repositoryId,
        new
        {
            repositoryId,
            account,
            deadline = terms.Deadline.Text,
            expiresAt = terms.Deadline.ExpiresAt,
            description = terms.Description,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        },
        cancellationToken);

    /// <summary>Ends a share; false when there is none.</summary>
    public Task<bool> DeleteAsync(long repositoryId, string account, CancellationToken cancellationToken) => ChangeAsync(
        "DELETE FROM share_domains WHERE repository_id = @repositoryId AND access_domain = @account", repositoryId, new { repositoryId, account }, cancellationToken);

    // Shares of one repository wait for one another, for its publication and its deletion.
    private Task<long?> TakeAsync(DbSession session, long repositoryId) => session.FindAsync<long?>(
        $"SELECT is_public FROM repositories WHERE id = @repositoryId{db.ForNoKeyUpdate}", new { repositoryId });

    private Task<bool> ChangeAsync(string sql, long repositoryId, object values, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await TakeAsync(session, repositoryId);
            return await session.ExecuteAsync(sql, values) == 1;
        },
        cancellationToken);

    private Share ShareOf(Row row, string organization, string repository) => new(
        organization,
        repository,
        row.AccessDomain,
        Share.Read,
        row.Deadline,
        row.Description,
        row.CreatorId,
        row.CreatorName,
        WireTime.Of(row.CreatedAt),
        WireTime.Of(row.UpdatedAt),
        row.ExpiresAt is null || row.ExpiresAt > clock.GetUtcNow().ToUnixTimeMilliseconds());

    private sealed record Row
    {
        public string AccessDomain { get; init; } = "";

        public string Deadline { get; init; } = "";

        public long? ExpiresAt { get; init; }

        public string Description { get; init; } = "";

        public string CreatorId { get; init; } = "";

        public string CreatorName { get; init; } = "";

        public long CreatedAt { get; init; }

        public long UpdatedAt { get; init; }
    }
}
