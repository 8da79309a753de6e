using Microsoft.Extensions.Options;
using Stagedoor.Images.Jobs;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Triggers;

/// <summary>Triggers and what became of them.</summary>
internal sealed class TriggerStore(ImagesDb db, ImagesJobs jobs, TimeProvider clock, IOptions<TriggerOptions> options)
{
    private const string Columns = """
        id, repository_id, name, app_type, application, cluster_id, cluster_name, cluster_ns, container, tag_condition, enabled, trigger_mode, trigger_type, host,
        creator_name, created_at
        """;

    private const int MaxDetail = 1000;

    /// <summary>Adds a trigger, unless its name is taken or the repository has as many as it may.</summary>
    public Task<AddedTrigger> AddAsync(Trigger trigger, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO triggers (
                id, repository_id, name, app_type, application, cluster_id, cluster_name, cluster_ns, container, tag_condition, enabled, trigger_mode, trigger_type,
                host, creator_name, created_at)
            VALUES (
                @Id, @RepositoryId, @Name, @AppType, @Application, @ClusterId, @ClusterName, @ClusterNs, @Container, @TagCondition, @Enabled, @TriggerMode,
                @TriggerType, @Host, @CreatorName, @CreatedAt)
            """;

        var row = trigger with { CreatedAt = clock.GetUtcNow().ToUnixTimeMilliseconds() };
        return db.TransactAsync(
            async session =>
            {
                // Whoever adds one holds the repository, so that the count is of all there are.
                if (await LockedRepository.TakeAsync(db, session, row.RepositoryId) is null)
                {
                    return AddedTrigger.RepositoryGone;
                }

                if (await session.FindAsync<long>("SELECT COUNT(*) FROM triggers WHERE repository_id = @RepositoryId AND name = @Name", row) > 0)
                {
                    return AddedTrigger.Present;
                }

                if (await session.FindAsync<long>("SELECT COUNT(*) FROM triggers WHERE repository_id = @RepositoryId", row) >= options.Value.MaxPerRepository)
                {
                    return AddedTrigger.TooMany;
                }

                await session.ExecuteAsync(Insert, row);
                return AddedTrigger.Added;
            },
            cancellationToken);
    }

    public Task<Trigger?> FindAsync(long repositoryId, string name, CancellationToken cancellationToken) => db.FindAsync<Trigger>(
        $"SELECT {Columns} FROM triggers WHERE repository_id = @repositoryId AND name = @name", new { repositoryId, name }, cancellationToken);

    /// <summary>All triggers of a repository, in the order in which they were made.</summary>
    public Task<IReadOnlyList<Trigger>> ListAsync(long repositoryId, CancellationToken cancellationToken) => db.QueryAsync<Trigger>(
        $"SELECT {Columns} FROM triggers WHERE repository_id = @repositoryId ORDER BY created_at, name", new { repositoryId }, cancellationToken);

    /// <summary>What became of the triggers of a repository, or of one of them, the latest first.</summary>
    public async Task<ILookup<string, Firing>> ListFiringsAsync(long repositoryId, string? triggerId, CancellationToken cancellationToken) =>
        (await db.QueryAsync<Firing>(
            $"""
            SELECT trigger_id, tag, succeeded, detail, created_at FROM trigger_histories
            WHERE {(triggerId is null ? "repository_id = @repositoryId" : "trigger_id = @triggerId")} ORDER BY created_at DESC, id DESC
            """,
            new { repositoryId, triggerId },
            cancellationToken)).ToLookup(static f => f.TriggerId, StringComparer.Ordinal);

    /// <summary>Switches a trigger on or off; false when there is none.</summary>
    public async Task<bool> SetEnabledAsync(long repositoryId, string name, bool isEnabled, CancellationToken cancellationToken) => await db.ExecuteAsync(
        "UPDATE triggers SET enabled = @enabled WHERE repository_id = @repositoryId AND name = @name",
        new { repositoryId, name, enabled = isEnabled ? 1 : 0 },
        cancellationToken) == 1;

    /// <summary>Removes a trigger with its history; false when there is none. What it was about to do is not done any more, and what it does is stopped.</summary>
    public async Task<bool> DeleteAsync(long repositoryId, string name, CancellationToken cancellationToken)
    {
        var id = await db.TransactAsync(
            async session =>
            {
                var id = await session.FindAsync<string>(
                    "DELETE FROM triggers WHERE repository_id = @repositoryId AND name = @name RETURNING id", new { repositoryId, name });
                await session.ExecuteAsync("DELETE FROM trigger_histories WHERE trigger_id = @id", new { id });
                return id;
            },
            cancellationToken);
        if (id is not null)
        {
            await jobs.Store.StopLaneAsync(TriggerJob.Name, id, clock, cancellationToken);
        }

        return id is not null;
    }

    /// <summary>Stops what the triggers of a repository do that is gone.</summary>
    public async Task StopAllAsync(long repositoryId, CancellationToken cancellationToken)
    {
        foreach (var id in await db.QueryAsync<string>("SELECT id FROM triggers WHERE repository_id = @repositoryId", new { repositoryId }, cancellationToken))
        {
            await jobs.Store.StopLaneAsync(TriggerJob.Name, id, clock, cancellationToken);
        }
    }

    /// <summary>A trigger that is to fire, with what it fires for; null when it, or its repository, is gone.</summary>
    public Task<FiringTrigger?> FindFiringAsync(string id, CancellationToken cancellationToken) => db.FindAsync<FiringTrigger>(
        """
        SELECT t.id, t.repository_id, t.app_type, t.application, t.cluster_id, t.cluster_ns, t.container, t.enabled, t.trigger_mode, t.host, o.domain_id, r.path
        FROM triggers t JOIN repositories r ON r.id = t.repository_id JOIN organizations o ON o.id = r.organization_id
        WHERE t.id = @id
        """,
        new { id },
        cancellationToken);

    /// <summary>Keeps what became of a firing; a later attempt replaces what an earlier one said, unless that was a success. Of a trigger that is gone nothing is kept.</summary>
    public Task<bool> RecordAsync(string jobId, FiringTrigger trigger, string tag, bool succeeded, string detail, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO trigger_histories (id, trigger_id, repository_id, tag, succeeded, detail, created_at)
            SELECT @jobId, id, repository_id, @tag, @succeeded, @detail, @now FROM triggers WHERE id = @Id
            ON CONFLICT (id) DO UPDATE SET succeeded = excluded.succeeded, detail = excluded.detail WHERE trigger_histories.succeeded = 0
            """;
        const string Trim = """
            DELETE FROM trigger_histories WHERE trigger_id = @Id AND id NOT IN (
                SELECT id FROM trigger_histories WHERE trigger_id = @Id ORDER BY created_at DESC, id DESC LIMIT @kept)
            """;

        var values = new
        {
            jobId,
            trigger.Id,
            tag,
            succeeded = succeeded ? 1 : 0,
            detail = Text.Repair(Text.Cut(detail, MaxDetail)),
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
            kept = options.Value.HistoryEntries,
        };
        return db.TransactAsync(
            async session =>
            {
                // Whoever deletes the trigger waits, and takes this away with it; or has, and there is nothing to say any more.
                if (await session.FindAsync<string>($"SELECT id FROM triggers WHERE id = @Id{db.ForUpdate}", values) is null)
                {
                    return false;
                }

                await session.ExecuteAsync(Insert, values);
                await session.ExecuteAsync(Trim, values);
                return true;
            },
            cancellationToken);
    }
}

/// <summary>A trigger that is about to fire.</summary>
internal sealed record FiringTrigger
{
    public string Id { get; init; } = "";

    public long RepositoryId { get; init; }

    public string AppType { get; init; } = "";

    public string Application { get; init; } = "";

    public string ClusterId { get; init; } = "";

    public string ClusterNs { get; init; } = "";

    public string Container { get; init; } = "";

    public long Enabled { get; init; }

    public string TriggerMode { get; init; } = "";

    public string Host { get; init; } = "";

    public string DomainId { get; init; } = "";

    /// <summary>Organization and repository.</summary>
    public string Path { get; init; } = "";
}
