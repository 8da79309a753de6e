using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Storage;

namespace Stagedoor.Addons.UserReleases;

/// <summary>
/// Releases that were asked for here, and their revisions. Whoever begins an operation holds the cluster's row, so that of two at one moment the second sees the first;
/// whoever works for an operation changes the release only while it is still under way.
/// </summary>
internal sealed class ReleaseStore(AddonsDb db, AddonsJobs jobs, IdSource ids, TimeProvider clock, IOptions<OperationOptions> options)
{
    private const int MaxMessage = 4_000;

    private const string Columns = "id, domain_id, project_id, cluster_id, namespace, name, operation, status, message, revision, generation, created_at, updated_at";

    private const string RevisionColumns = """
        release_id, revision AS number, chart_id, chart_name, chart_version, parameters, values_json, record, description, status, created_at
        """;

    private static readonly string s_listed = RevisionColumns.Replace("record", "'' AS record", StringComparison.Ordinal);

    private long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<UserRelease?> FindAsync(string clusterId, ReleaseKey key, CancellationToken cancellationToken) => db.FindAsync<UserRelease>(
        $"SELECT {Columns} FROM chart_release WHERE cluster_id = @clusterId AND namespace = @Namespace AND name = @Name", new { clusterId, key.Namespace, key.Name }, cancellationToken);

    /// <summary>The releases of a cluster, or of one of its namespaces.</summary>
    public Task<IReadOnlyList<UserRelease>> ListAsync(string clusterId, string? @namespace, CancellationToken cancellationToken) => db.QueryAsync<UserRelease>(
        $"SELECT {Columns} FROM chart_release WHERE cluster_id = @clusterId{(@namespace is null ? "" : " AND namespace = @namespace")}", new { clusterId, @namespace }, cancellationToken);

    /// <summary>The latest revisions of the releases of a cluster, without their records.</summary>
    public Task<IReadOnlyList<UserRevision>> ListLatestAsync(string clusterId, CancellationToken cancellationToken) => db.QueryAsync<UserRevision>(
        $"""
        SELECT {s_listed} FROM chart_release_revision
        WHERE (release_id, revision) IN (SELECT id, revision FROM chart_release WHERE cluster_id = @clusterId)
        """,
        new { clusterId },
        cancellationToken);

    public Task<UserRevision?> FindRevisionAsync(string releaseId, long revision, CancellationToken cancellationToken) => db.FindAsync<UserRevision>(
        $"SELECT {RevisionColumns} FROM chart_release_revision WHERE release_id = @releaseId AND revision = @revision", new { releaseId, revision }, cancellationToken);

    /// <summary>The revisions that are kept, the oldest first, without their records.</summary>
    public Task<IReadOnlyList<UserRevision>> ListRevisionsAsync(string releaseId, CancellationToken cancellationToken) => db.QueryAsync<UserRevision>(
        $"SELECT {s_listed} FROM chart_release_revision WHERE release_id = @releaseId ORDER BY revision", new { releaseId }, cancellationToken);

    /// <summary>The release, as long as this operation of it is under way.</summary>
    public Task<UserRelease?> FindOperationAsync(string id, long generation, CancellationToken cancellationToken) => db.FindAsync<UserRelease>(
        $"SELECT {Columns} FROM chart_release WHERE id = @id AND generation = @generation AND operation <> ''", new { id, generation }, cancellationToken);

    /// <summary>Begins an operation, unless the release is not any more as it was seen.</summary>
    /// <param name="seen">The release as it was read; null where there was none.</param>
    /// <param name="next">What it shall be: operation, status and revision.</param>
    /// <param name="revision">What shall be brought to the cluster; null for a removal.</param>
    /// <param name="runsHooks">Whether its hooks are run.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<BegunRelease> BeginAsync(UserRelease? seen, UserRelease next, UserRevision? revision, bool runsHooks, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO chart_release (id, domain_id, project_id, cluster_id, namespace, name, operation, status, message, revision, generation, created_at, updated_at)
            VALUES (@Id, @DomainId, @ProjectId, @ClusterId, @Namespace, @Name, @Operation, @Status, @Message, @Revision, @Generation, @CreatedAt, @UpdatedAt)
            ON CONFLICT (cluster_id, namespace, name) DO NOTHING
            """;

        const string Addon = """
            SELECT i.id FROM addon_instance i JOIN addon_version v ON v.domain_id = i.domain_id AND v.template = i.template AND v.version = i.version
            WHERE i.cluster_id = @ClusterId AND v.namespace = @Namespace AND v.release_name = @Name LIMIT 1
            """;

        const string Update = """
            UPDATE chart_release SET operation = @Operation, status = @Status, message = @Message, revision = @Revision, generation = @Generation, created_at = @CreatedAt,
                updated_at = @UpdatedAt
            WHERE id = @Id AND generation = @Generation - 1
            """;

        var now = Now;
        var row = next with
        {
            Id = seen?.Id ?? ids.NewId(),
            Generation = (seen?.Generation ?? 0) + 1,
            CreatedAt = next.CreatedAt > 0 ? next.CreatedAt : now,
            UpdatedAt = Math.Max(now, next.CreatedAt),
        };
        return db.TransactAsync<BegunRelease>(
            async session =>
            {
                var phase = await session.FindAsync<string>($"SELECT phase FROM cluster WHERE id = @ClusterId AND project_id = @ProjectId{db.ForNoKeyUpdate}", row);
                if (phase is null)
                {
                    return new(ReleaseOutcome.ClusterGone);
                }

                if (phase is not Cluster.Available && row.Operation is not InstanceOperation.Delete)
                {
                    return new(ReleaseOutcome.ClusterGoing);
                }

                if (await session.FindAsync<string>(Addon, row) is { } addon)
                {
                    return new(ReleaseOutcome.OfAddon, OwnerId: addon);
                }

                if (await session.ExecuteAsync(seen is null ? Insert : Update, row) == 0)
                {
                    return new(ReleaseOutcome.Changed);
                }

                if (revision is not null)
                {
                    await WriteAsync(session, row, revision);
                }

                var work = JsonSerializer.Serialize(new ReleaseWork(row.Id, row.Generation, runsHooks, seen is { IsBusy: true } ? seen.WorkKey : null), ReleasesJson.Wire.ReleaseWork);
                await jobs.Store.AddAsync(session, ReleaseJob.Name, row.WorkKey, work, TimeSpan.Zero, row.ClusterId);
                return new(ReleaseOutcome.Begun, row);
            },
            cancellationToken);
    }

    /// <summary>Tells how far an operation is; false when it is not under way any more.</summary>
    public Task<bool> ReportAsync(UserRelease release, string message, CancellationToken cancellationToken) => db.TransactAsync(
        async session => await HoldOperationAsync(session, release)
            && await session.ExecuteAsync("UPDATE chart_release SET message = @message WHERE id = @Id", new { release.Id, message = Kept(message) }) == 1,
        cancellationToken);

    /// <summary>Whether an operation is still under way, and its job still the one that works for it.</summary>
    public async Task<bool> IsUnderWayAsync(UserRelease release, CancellationToken cancellationToken) =>
        await FindOperationAsync(release.Id, release.Generation, cancellationToken) is not null
        && (release.Job is null || await jobs.Store.IsHeldAsync(release.Job, cancellationToken));

    /// <summary>An operation has brought a revision to the cluster; false when it is not under way any more.</summary>
    public Task<bool> SucceedAsync(UserRelease release, string message, CancellationToken cancellationToken) => EndAsync(
        release,
        ReleaseStatus.Deployed,
        message,
        async (session, values) =>
        {
            await session.ExecuteAsync("UPDATE chart_release_revision SET status = 'superseded' WHERE release_id = @Id AND status = 'deployed' AND revision <> @Revision", values);
            await session.ExecuteAsync("UPDATE chart_release_revision SET status = 'deployed' WHERE release_id = @Id AND revision = @Revision", values);
            await session.ExecuteAsync("DELETE FROM chart_release_revision WHERE release_id = @Id AND revision <= @oldest AND status <> 'deployed'", values);
        },
        cancellationToken);

    /// <summary>An operation has failed; false when it is not under way any more.</summary>
    public Task<bool> FailAsync(UserRelease release, string message, CancellationToken cancellationToken) => EndAsync(
        release,
        ReleaseStatus.Failed,
        message,
        (session, values) => release.Operation is InstanceOperation.Delete
            ? Task.CompletedTask
            : session.ExecuteAsync("UPDATE chart_release_revision SET status = 'failed', description = @message WHERE release_id = @Id AND revision = @Revision", values),
        cancellationToken);

    /// <summary>A release is not in its cluster any more: it is forgotten. False when its removal is not under way any more.</summary>
    public Task<bool> ForgetAsync(UserRelease release, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await HoldClusterAsync(session, release);
            if (!await HoldOperationAsync(session, release) || await session.ExecuteAsync("DELETE FROM chart_release WHERE id = @Id", new { release.Id }) == 0)
            {
                return false;
            }

            await session.ExecuteAsync("DELETE FROM chart_release_revision WHERE release_id = @Id", release);
            await ClusterEnd.SettleAsync(session, release.ClusterId);
            return true;
        },
        cancellationToken);

    private static Task<int> WriteAsync(DbSession session, UserRelease row, UserRevision revision) => session.ExecuteAsync(
        """
        INSERT INTO chart_release_revision (release_id, revision, chart_id, chart_name, chart_version, parameters, values_json, record, description, status, created_at)
        VALUES (@Id, @Revision, @ChartId, @ChartName, @ChartVersion, @Parameters, @ValuesJson, @Record, @Description, @Status, @UpdatedAt)
        """,
        new
        {
            row.Id,
            row.Revision,
            revision.ChartId,
            revision.ChartName,
            revision.ChartVersion,
            revision.Parameters,
            revision.ValuesJson,
            revision.Record,
            revision.Description,
            row.Status,
            row.UpdatedAt,
        });

    private Task<bool> EndAsync(UserRelease release, string status, string message, Func<DbSession, object, Task> then, CancellationToken cancellationToken)
    {
        const string Update = """
            UPDATE chart_release SET status = @status, message = @message, operation = '', generation = generation + 1, updated_at = @now
            WHERE id = @Id AND generation = @Generation AND operation <> ''
            """;

        var values = new
        {
            release.Id,
            release.Generation,
            release.Revision,
            status,
            message = Kept(message),
            now = Math.Max(Now, release.CreatedAt),
            oldest = release.Revision - options.Value.KeptRevisions,
        };
        return db.TransactAsync(
            async session =>
            {
                await HoldClusterAsync(session, release);
                if (!await HoldOperationAsync(session, release) || await session.ExecuteAsync(Update, values) == 0)
                {
                    return false;
                }

                await then(session, values);
                await ClusterEnd.SettleAsync(session, release.ClusterId);
                return true;
            },
            cancellationToken);
    }

    // Before the release, as everybody does: a cluster that goes waits for what is under way in it.
    private Task HoldClusterAsync(DbSession session, UserRelease release) =>
        session.FindAsync<string>($"SELECT id FROM cluster WHERE id = @ClusterId{db.ForNoKeyUpdate}", release);

    // Only while the operation is under way and the work is the caller's own: another may have taken it over. The release first and then the job.
    private async Task<bool> HoldOperationAsync(DbSession session, UserRelease release) =>
        await session.FindAsync<string>(
            $"SELECT id FROM chart_release WHERE id = @Id AND generation = @Generation AND operation <> ''{db.ForUpdate}", new { release.Id, release.Generation }) is not null
        && (release.Job is null || await jobs.Store.HoldAsync(session, release.Job));

    private static string Kept(string message) => Text.Repair(Text.Cut(message, MaxMessage));
}

/// <summary>What became of the beginning of an operation.</summary>
internal enum ReleaseOutcome
{
    Begun,
    ClusterGone,

    /// <summary>The cluster is being deregistered, and takes nothing in any more.</summary>
    ClusterGoing,

    /// <summary>The release has changed since it was read.</summary>
    Changed,

    /// <summary>The release is an add-on's.</summary>
    OfAddon,
}

/// <summary>What became of the beginning of an operation, and the release.</summary>
internal readonly record struct BegunRelease(ReleaseOutcome Outcome, UserRelease? Release = null, string OwnerId = "");
