using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Templates;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Instances;

/// <summary>
/// Instances, their revisions and what happened to them. Whoever begins an operation holds the cluster's row, so that what an add-on requires of others and
/// whether it is there already are decided by one at a time; whoever works for an operation changes the instance only while it is still under way.
/// </summary>
internal sealed class InstanceStore(AddonsDb db, AddonsJobs jobs, IdSource ids, TimeProvider clock, IOptions<OperationOptions> options)
{
    private const int MaxMessage = 4_000;
    private const int KeptEvents = 200;

    private const string Columns = """
        id, domain_id, cluster_id, project_id, template, version, values_json, annotations, status, reason, message, previous_version, revision, operation,
        target_version, generation, created_at, updated_at
        """;

    private const string RevisionColumns = "instance_id, revision AS number, version, values_json, manifest, status, description, created_at";

    private static readonly TimeSpan s_tokenLife = TimeSpan.FromHours(24);

    public long Now => clock.GetUtcNow().ToUnixTimeMilliseconds();

    public Task<Instance?> FindAsync(string projectId, string id, CancellationToken cancellationToken) => Text.IsStorable(id)
        ? db.FindAsync<Instance>($"SELECT {Columns} FROM addon_instance WHERE project_id = @projectId AND id = @id", new { projectId, id }, cancellationToken)
        : Task.FromResult<Instance?>(null);

    /// <summary>An instance of whatever project; null where it is gone.</summary>
    public Task<Instance?> FindAnyAsync(string id, CancellationToken cancellationToken) =>
        db.FindAsync<Instance>($"SELECT {Columns} FROM addon_instance WHERE id = @id", new { id }, cancellationToken);

    /// <summary>What is installed in a cluster, by the templates' names.</summary>
    public Task<IReadOnlyList<Instance>> ListAsync(string clusterId, CancellationToken cancellationToken) =>
        db.QueryAsync<Instance>($"SELECT {Columns} FROM addon_instance WHERE cluster_id = @clusterId ORDER BY template", new { clusterId }, cancellationToken);

    /// <summary>The same in a session.</summary>
    public static Task<IReadOnlyList<Instance>> ListAsync(DbSession session, string clusterId) =>
        session.QueryAsync<Instance>($"SELECT {Columns} FROM addon_instance WHERE cluster_id = @clusterId ORDER BY template", new { clusterId });

    /// <summary>Instances with nothing under way that may be asked how they are.</summary>
    public Task<IReadOnlyList<Instance>> ListSteadyAsync(CancellationToken cancellationToken) => db.QueryAsync<Instance>(
        $"SELECT {Columns} FROM addon_instance WHERE operation = '' AND status IN ('running', 'available', 'abnormal') ORDER BY cluster_id, id", null, cancellationToken);

    /// <summary>The instance, as long as this operation of it is under way.</summary>
    public Task<Instance?> FindOperationAsync(string id, long generation, CancellationToken cancellationToken) => db.FindAsync<Instance>(
        $"SELECT {Columns} FROM addon_instance WHERE id = @id AND generation = @generation AND operation <> ''", new { id, generation }, cancellationToken);

    public Task<Revision?> FindRevisionAsync(string instanceId, long revision, CancellationToken cancellationToken) => db.FindAsync<Revision>(
        $"SELECT {RevisionColumns} FROM addon_revision WHERE instance_id = @instanceId AND revision = @revision", new { instanceId, revision }, cancellationToken);

    /// <summary>The latest revision that was planned, whatever became of it.</summary>
    public Task<Revision?> FindPlannedAsync(string instanceId, CancellationToken cancellationToken) => db.FindAsync<Revision>(
        $"SELECT {RevisionColumns} FROM addon_revision WHERE instance_id = @instanceId AND manifest <> '' ORDER BY revision DESC LIMIT 1", new { instanceId }, cancellationToken);

    /// <summary>The latest revision of a version that was brought to the cluster.</summary>
    public Task<Revision?> FindDeployedAsync(string instanceId, string version, CancellationToken cancellationToken) => db.FindAsync<Revision>(
        $"""
        SELECT {RevisionColumns} FROM addon_revision
        WHERE instance_id = @instanceId AND version = @version AND status IN ('deployed', 'superseded') AND manifest <> '' ORDER BY revision DESC LIMIT 1
        """,
        new { instanceId, version },
        cancellationToken);

    /// <summary>The revisions that are kept, the latest first, without their manifests.</summary>
    public Task<IReadOnlyList<Revision>> ListRevisionsAsync(string instanceId, CancellationToken cancellationToken) => db.QueryAsync<Revision>(
        "SELECT instance_id, revision AS number, version, values_json, '' AS manifest, status, description, created_at FROM addon_revision WHERE instance_id = @instanceId ORDER BY revision DESC",
        new { instanceId },
        cancellationToken);

    /// <summary>What happened, the latest first.</summary>
    public Task<IReadOnlyList<InstanceEvent>> ListEventsAsync(string instanceId, CancellationToken cancellationToken) => db.QueryAsync<InstanceEvent>(
        "SELECT kind, reason, message, created_at FROM addon_event WHERE instance_id = @instanceId ORDER BY created_at DESC, id DESC", new { instanceId }, cancellationToken);

    /// <summary>The ids of those of these instances that can be rolled back: to a version that is still published and was brought to the cluster, and not twice.</summary>
    public async Task<IReadOnlySet<string>> FindRollbackableAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken)
    {
        var sql = $"""
            SELECT i.id FROM addon_instance i
            WHERE {db.In("i.id", "these")} AND i.previous_version <> ''
            AND EXISTS (
                SELECT 1 FROM addon_revision r
                WHERE r.instance_id = i.id AND r.version = i.previous_version AND r.status IN ('deployed', 'superseded') AND r.manifest <> '')
            AND EXISTS (
                SELECT 1 FROM addon_version v WHERE v.domain_id = i.domain_id AND v.template = i.template AND v.version = i.previous_version AND v.removing = 0)
            AND NOT EXISTS (
                SELECT 1 FROM addon_revision r
                WHERE r.instance_id = i.id AND r.description = 'rollback' AND r.status <> 'failed'
                AND r.revision = (SELECT MAX(revision) FROM addon_revision WHERE instance_id = i.id))
            """;
        return instanceIds.Count == 0
            ? new HashSet<string>(StringComparer.Ordinal)
            : (await db.QueryAsync<string>(sql, new { these = instanceIds.ToArray() }, cancellationToken)).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The instance that was answered to the same request before; <c>null</c> where there is none.</summary>
    public async Task<TokenAnswer?> FindTokenAsync(string projectId, string token, CancellationToken cancellationToken) => await db.FindAsync<TokenAnswer>(
        "SELECT instance_id, body_sha256 FROM client_token WHERE project_id = @projectId AND token = @token AND created_at > @since",
        new { projectId, token, since = Now - (long)s_tokenLife.TotalMilliseconds },
        cancellationToken);

    /// <summary>Begins an install.</summary>
    /// <param name="instance">The instance to be.</param>
    /// <param name="token">What makes the request the same as another one.</param>
    /// <param name="refuse">Looks at what is installed in the cluster this moment, and of which versions, and says what speaks against it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<BegunOperation> InstallAsync(
        Instance instance, ClientToken? token, Func<IReadOnlyList<Instance>, IReadOnlyList<AddonVersion>, string?> refuse, CancellationToken cancellationToken)
    {
        var row = Begun(instance);
        return db.TransactAsync<BegunOperation>(
            async session =>
            {
                if (await HoldClusterAsync(session, row.ClusterId) is not Cluster.Available and var phase)
                {
                    return NotInto(phase);
                }

                // Behind the lock: the same request that came a moment before has been committed by now.
                if (token is not null && await FindTokenAsync(session, row, token) is { } answered)
                {
                    return answered;
                }

                if (await HoldVersionAsync(session, row, row.Version) is { } other)
                {
                    return new(other, Message: row.Version);
                }

                var (installed, versions) = await ListInstalledAsync(session, row);
                if (refuse(installed, versions) is { } reason)
                {
                    return new(BegunOutcome.Refused, Message: reason);
                }

                if (installed.FirstOrDefault(i => string.Equals(i.Template, row.Template, StringComparison.Ordinal)) is { } present)
                {
                    return new(BegunOutcome.Present, present);
                }

                if (await FindOwnerAsync(session, row) is { } owner)
                {
                    return new(BegunOutcome.Refused, Message: $"{owner} has the release in the cluster that {row.Template} {row.Version} would be");
                }

                // One that is taken by another request, for another cluster, is answered with what that made.
                if (token is not null && await TakeTokenAsync(session, row, token) is { } taken)
                {
                    return taken;
                }

                await AddAsync(session, row);
                return new(BegunOutcome.Begun, row);
            },
            cancellationToken);
    }

    /// <summary>Begins the installs in a cluster that the same session adds, so that nobody else can put anything into it.</summary>
    /// <exception cref="ApiException">A version is gone.</exception>
    public async Task AddAsync(DbSession session, IReadOnlyList<Instance> instances)
    {
        // All who hold several versions take them in one order.
        foreach (var row in instances.OrderBy(static i => i.Template, StringComparer.Ordinal).Select(Begun))
        {
            if (await HoldVersionAsync(session, row, row.Version) is { } outcome)
            {
                throw outcome is BegunOutcome.VersionGone ? AddonsError.VersionNotFound(row.Template, row.Version) : AddonsError.Busy($"{row.Template} {row.Version} was published anew a moment ago");
            }

            await AddAsync(session, row);
        }
    }

    /// <summary>Begins an operation of an instance that is there, unless it is not any more as <paramref name="seen"/> says.</summary>
    /// <param name="seen">The instance as it was read.</param>
    /// <param name="next">What it shall be: status, reason, version, values, operation and target.</param>
    /// <param name="refuse">Looks at what is installed in the cluster this moment, and of which versions, and says what speaks against it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<BegunOperation> BeginAsync(Instance seen, Instance next, Func<IReadOnlyList<Instance>, IReadOnlyList<AddonVersion>, string?> refuse, CancellationToken cancellationToken)
    {
        var row = next with { Generation = seen.Generation + 1, UpdatedAt = Math.Max(Now, seen.CreatedAt) };
        return db.TransactAsync<BegunOperation>(
            async session =>
            {
                // One that is going is left by what is in it, and takes nothing else.
                var phase = await HoldClusterAsync(session, row.ClusterId);
                if (phase is null || (phase is not Cluster.Available && row.Operation is not InstanceOperation.Delete))
                {
                    return NotInto(phase);
                }

                // A rollback takes nothing out of the package, but the version is the instance's again.
                if (row.Operation is not InstanceOperation.Delete && await HoldVersionAsync(session, row, row.TargetVersion) is { } outcome)
                {
                    return new(outcome, Message: row.TargetVersion);
                }

                var (installed, versions) = await ListInstalledAsync(session, row);
                if (refuse(installed, versions) is { } reason)
                {
                    return new(BegunOutcome.Refused, Message: reason);
                }

                return await WriteAsync(session, seen, row) ? new(BegunOutcome.Begun, row)
                    : new(installed.Any(i => string.Equals(i.Id, row.Id, StringComparison.Ordinal)) ? BegunOutcome.Changed : BegunOutcome.Gone);
            },
            cancellationToken);
    }

    /// <summary>Begins to remove one of the instances of a cluster that goes, whose row the session holds. What is under way for it is stopped.</summary>
    public Task BeginDeleteAsync(DbSession session, RemovalTurn turn, string actor)
    {
        var seen = turn.Instance;
        return WriteAsync(session, seen, seen.ToDelete(actor) with
        {
            Behind = turn.Behind,
            Turn = turn.Number,
            Generation = seen.Generation + 1,
            UpdatedAt = Math.Max(Now, seen.CreatedAt),
        });
    }

    /// <summary>Forgets an instance, and leaves in the cluster what is there. What was under way ends before its next change.</summary>
    public async Task<BegunOperation> ForgetAsync(Instance seen, Func<IReadOnlyList<Instance>, IReadOnlyList<AddonVersion>, string?> refuse, CancellationToken cancellationToken)
    {
        var begun = await db.TransactAsync<BegunOperation>(
            async session =>
            {
                await HoldClusterAsync(session, seen.ClusterId);
                var (installed, versions) = await ListInstalledAsync(session, seen);
                if (refuse(installed, versions) is { } reason)
                {
                    return new(BegunOutcome.Refused, Message: reason);
                }

                return await RemoveAsync(session, seen) ? new(BegunOutcome.Begun, seen)
                    : new(installed.Any(i => string.Equals(i.Id, seen.Id, StringComparison.Ordinal)) ? BegunOutcome.Changed : BegunOutcome.Gone);
            },
            cancellationToken);
        if (begun.Outcome is BegunOutcome.Begun && seen.IsBusy && await jobs.Store.FindUnfinishedAsync(OperationJob.Name, WorkKey(seen), cancellationToken) is { } job)
        {
            await jobs.Store.CancelAsync(job.Id, cancellationToken);
        }

        return begun;
    }

    /// <summary>Keeps what an operation is about to bring to the cluster. What was kept before stays, and is answered: begun again it brings the same.</summary>
    public Task<Revision?> PlanAsync(Instance instance, string record, string status, CancellationToken cancellationToken)
    {
        var images = RunImage.Of(ReleaseCodec.Decode(record));
        return db.TransactAsync<Revision?>(
            async session =>
            {
                var values = new
                {
                    instance.Id,
                    instance.Generation,
                    revision = instance.Revision,
                    version = instance.TargetVersion,
                    instance.ValuesJson,
                    record,
                    status,
                    instance.Operation,
                    now = Now,
                };
                if (!await HoldOperationAsync(session, instance))
                {
                    return null;
                }

                var isNew = await session.ExecuteAsync(
                    """
                    INSERT INTO addon_revision (instance_id, revision, version, values_json, manifest, status, description, created_at)
                    VALUES (@Id, @revision, @version, @ValuesJson, @record, @status, @Operation, @now)
                    ON CONFLICT (instance_id, revision) DO NOTHING
                    """,
                    values) == 1;
                foreach (var image in isNew ? images : [])
                {
                    await session.ExecuteAsync(
                        "INSERT INTO addon_image (instance_id, revision, repository, tag, digest) VALUES (@Id, @Revision, @Repository, @Tag, @Digest)",
                        new { instance.Id, instance.Revision, image.Repository, image.Tag, image.Digest });
                }

                return await session.FindAsync<Revision>($"SELECT {RevisionColumns} FROM addon_revision WHERE instance_id = @Id AND revision = @revision", values);
            },
            cancellationToken);
    }

    /// <summary>Tells how far an operation is; false when it is not under way any more.</summary>
    public Task<bool> ReportAsync(Instance instance, string message, CancellationToken cancellationToken) => db.TransactAsync(
        async session => await HoldOperationAsync(session, instance)
            && await session.ExecuteAsync("UPDATE addon_instance SET message = @message WHERE id = @Id", new { instance.Id, message = Kept(message) }) == 1,
        cancellationToken);

    /// <summary>Whether an operation is still under way, and its job still the one that works for it.</summary>
    public async Task<bool> IsUnderWayAsync(Instance instance, CancellationToken cancellationToken) =>
        await FindOperationAsync(instance.Id, instance.Generation, cancellationToken) is not null
        && (instance.Job is null || await jobs.Store.IsHeldAsync(instance.Job, cancellationToken));

    /// <summary>An operation has brought a revision to the cluster; false when it is not under way any more.</summary>
    public Task<bool> SucceedAsync(Instance instance, string status, string message, CancellationToken cancellationToken)
    {
        const string Update = """
            UPDATE addon_instance SET status = @status, reason = '', message = @message, version = @version, values_json = @valuesJson, previous_version = @previous, operation = '',
                target_version = '', generation = generation + 1, updated_at = @now
            WHERE id = @Id AND generation = @Generation
            """;

        return db.TransactAsync(
            async session =>
            {
                var values = new
                {
                    instance.Id,
                    instance.Generation,
                    instance.Revision,
                    status,
                    message = Kept(message),
                    version = instance.TargetVersion,
                    valuesJson = instance.ValuesJson,
                    previous = instance.PreviousVersion,
                    now = Math.Max(Now, instance.CreatedAt),
                    oldest = instance.Revision - options.Value.KeptRevisions,
                };
                if (!await HoldOperationAsync(session, instance) || await session.ExecuteAsync(Update, values) == 0)
                {
                    return false;
                }

                await session.ExecuteAsync("UPDATE addon_revision SET status = 'superseded' WHERE instance_id = @Id AND status = 'deployed' AND revision <> @Revision", values);
                await session.ExecuteAsync("UPDATE addon_revision SET status = 'deployed' WHERE instance_id = @Id AND revision = @Revision", values);
                await session.ExecuteAsync(
                    "DELETE FROM addon_revision WHERE instance_id = @Id AND revision <= @oldest AND version <> @previous AND status <> 'deployed'", values);
                await TellAsync(session, instance.Id, "Normal", "Succeeded", $"{instance.Operation} of version {instance.TargetVersion}: {status}");
                return true;
            },
            cancellationToken);
    }

    /// <summary>An operation has failed; false when it is not under way any more.</summary>
    public Task<bool> FailAsync(Instance instance, string reason, string message, CancellationToken cancellationToken)
    {
        const string Update = """
            UPDATE addon_instance SET status = @status, reason = @reason, message = @message, operation = '', target_version = '', generation = generation + 1, updated_at = @now
            WHERE id = @Id AND generation = @Generation
            """;

        return db.TransactAsync(
            async session =>
            {
                // Before the instance, as everybody does.
                if (instance.Operation is InstanceOperation.Delete)
                {
                    await HoldClusterAsync(session, instance.ClusterId);
                }

                var values = new
                {
                    instance.Id,
                    instance.Generation,
                    instance.Revision,
                    status = InstanceOperation.FailedStatus(instance.Operation),
                    reason,
                    message = Kept(message),
                    version = instance.TargetVersion,
                    instance.ValuesJson,
                    instance.Operation,
                    now = Math.Max(Now, instance.CreatedAt),
                };
                if (!await HoldOperationAsync(session, instance) || await session.ExecuteAsync(Update, values) == 0)
                {
                    return false;
                }

                if (instance.Operation is not InstanceOperation.Delete)
                {
                    await session.ExecuteAsync(
                        """
                        INSERT INTO addon_revision (instance_id, revision, version, values_json, manifest, status, description, created_at)
                        VALUES (@Id, @Revision, @version, @ValuesJson, '', 'failed', @Operation, @now)
                        ON CONFLICT (instance_id, revision) DO UPDATE SET status = 'failed'
                        """,
                        values);
                }

                await TellAsync(session, instance.Id, "Warning", reason, Kept(message));
                if (instance.Operation is InstanceOperation.Delete)
                {
                    await ClusterEnd.SettleAsync(session, instance.ClusterId);
                }

                return true;
            },
            cancellationToken);
    }

    /// <summary>What an instance has been removed from has nothing of it any more; false when the removal is not under way any more.</summary>
    public Task<bool> EndAsync(Instance instance, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // Of two that end at once the later one has to see that it is the last.
            await HoldClusterAsync(session, instance.ClusterId);
            return await HoldOperationAsync(session, instance) && await RemoveAsync(session, instance);
        },
        cancellationToken);

    /// <summary>Keeps how a steady instance is; false when nothing has changed, or something is under way.</summary>
    public Task<bool> ObserveAsync(Instance instance, string status, string message, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            var values = new { instance.Id, instance.Generation, status, message = Kept(message), now = Math.Max(Now, instance.CreatedAt) };
            var changed = await session.ExecuteAsync(
                """
                UPDATE addon_instance SET status = @status, reason = '', message = @message, updated_at = @now
                WHERE id = @Id AND generation = @Generation AND operation = '' AND (status <> @status OR message <> @message)
                """,
                values) == 1;
            if (changed && !string.Equals(instance.Status, status, StringComparison.Ordinal))
            {
                await TellAsync(session, instance.Id, status is InstanceStatus.Running ? "Normal" : "Warning", CultureInfo.InvariantCulture.TextInfo.ToTitleCase(status), message);
            }

            return changed;
        },
        cancellationToken);

    /// <summary>Asks again for the work of operations that nobody has, which there should be none of; answers how many there were.</summary>
    public async Task<int> AskAgainAsync(CancellationToken cancellationToken)
    {
        var left = await db.QueryAsync<Instance>(
            $"""
            SELECT {Columns} FROM addon_instance WHERE operation <> '' AND NOT EXISTS (
                SELECT 1 FROM job WHERE kind = @kind AND work_key = addon_instance.id || '/' || CAST(addon_instance.generation AS TEXT) AND finished_at IS NULL)
            """,
            new { kind = OperationJob.Name },
            cancellationToken);
        foreach (var instance in left)
        {
            await db.TransactAsync(
                async session =>
                {
                    // It may have ended since.
                    var row = await session.FindAsync<Instance>(
                        $"SELECT {Columns} FROM addon_instance WHERE id = @Id AND generation = @Generation AND operation <> ''{db.ForUpdate}", instance);
                    return row is not null && await AskAsync(session, row, null);
                },
                cancellationToken);
        }

        return left.Count;
    }

    /// <summary>What the job of an operation is found by.</summary>
    public static string WorkKey(Instance instance) => string.Create(CultureInfo.InvariantCulture, $"{instance.Id}/{instance.Generation}");

    private async Task<bool> AskAsync(DbSession session, Instance row, string? after)
    {
        var work = JsonSerializer.Serialize(new OperationWork(row.Id, row.Generation, after, row.Behind.Count > 0 ? row.Behind : null, row.Turn), InstancesJson.Wire.OperationWork);
        return (await jobs.Store.AddAsync(session, OperationJob.Name, WorkKey(row), work, TimeSpan.Zero, row.ClusterId)).IsNew;
    }

    private Instance Begun(Instance instance) => instance with
    {
        Status = InstanceStatus.Installing,
        Revision = 1,
        Operation = InstanceOperation.Install,
        TargetVersion = instance.Version,
        Generation = 1,
        CreatedAt = Now,
        UpdatedAt = Now,
    };

    private async Task AddAsync(DbSession session, Instance row)
    {
        const string Insert = """
            INSERT INTO addon_instance (
                id, domain_id, cluster_id, project_id, template, version, values_json, annotations, status, reason, message, previous_version, revision, operation,
                target_version, generation, created_at, updated_at)
            VALUES (
                @Id, @DomainId, @ClusterId, @ProjectId, @Template, @Version, @ValuesJson, @Annotations, 'installing', '', '', '', 1, 'install', @Version, 1, @CreatedAt,
                @UpdatedAt)
            """;

        await session.ExecuteAsync(Insert, row);
        await TellAsync(session, row.Id, "Normal", "Installing", $"version {row.Version}{AskedBy(row)}");
        await AskAsync(session, row, null);
    }

    // False where the instance is not any more as it was seen.
    private async Task<bool> WriteAsync(DbSession session, Instance seen, Instance row)
    {
        const string Update = """
            UPDATE addon_instance SET status = @Status, reason = @Reason, message = @Message, version = @Version, values_json = @ValuesJson, annotations = @Annotations,
                previous_version = @PreviousVersion, revision = @Revision, operation = @Operation, target_version = @TargetVersion, generation = @Generation,
                updated_at = @UpdatedAt
            WHERE id = @Id AND generation = @Generation - 1
            """;

        if (await session.ExecuteAsync(Update, row) == 0)
        {
            return false;
        }

        await TellAsync(session, row.Id, "Normal", CultureInfo.InvariantCulture.TextInfo.ToTitleCase(row.Status), $"version {row.TargetVersion}{AskedBy(row)}");
        await AskAsync(session, row, seen.IsBusy ? WorkKey(seen) : null);
        if (row.Operation is InstanceOperation.Delete)
        {
            await ClusterEnd.SettleAsync(session, row.ClusterId);
        }

        return true;
    }

    private static BegunOperation NotInto(string? phase) => phase is null ? new(BegunOutcome.ClusterGone) : new(BegunOutcome.Refused, Message: $"the cluster is {phase}");

    // Whoever works for an operation changes the instance only while that is under way and the work is its own: a process that stood still may come back when another has taken
    // the work over. The instance first and then the job, as whoever asks for work again does.
    private async Task<bool> HoldOperationAsync(DbSession session, Instance instance) =>
        await session.FindAsync<string>($"SELECT id FROM addon_instance WHERE id = @Id AND generation = @Generation{db.ForUpdate}", new { instance.Id, instance.Generation }) is not null
        && (instance.Job is null || await jobs.Store.HoldAsync(session, instance.Job));

    // Its phase; null where it is gone.
    private Task<string?> HoldClusterAsync(DbSession session, string clusterId) =>
        session.FindAsync<string>($"SELECT phase FROM cluster WHERE id = @clusterId{db.ForNoKeyUpdate}", new { clusterId });

    private static string AskedBy(Instance row) => row.Actor.Length > 0 ? $", asked for by {row.Actor}" : "";

    // Who has the release that an add-on would be: another add-on, or a chart of a user. Two that bring their objects under one name would take them from one another.
    private static Task<string?> FindOwnerAsync(DbSession session, Instance row) => session.FindAsync<string>(
        """
        SELECT o.template FROM addon_version v
        JOIN addon_version ov ON ov.namespace = v.namespace AND ov.release_name = v.release_name
        JOIN addon_instance o ON o.domain_id = ov.domain_id AND o.template = ov.template AND o.version = ov.version AND o.cluster_id = @ClusterId
        WHERE v.domain_id = @DomainId AND v.template = @Template AND v.version = @Version
        UNION ALL
        SELECT r.namespace || '/' || r.name FROM addon_version v JOIN chart_release r ON r.cluster_id = @ClusterId AND r.namespace = v.namespace AND r.name = v.release_name
        WHERE v.domain_id = @DomainId AND v.template = @Template AND v.version = @Version
        LIMIT 1
        """,
        row);

    // What is installed, and what its versions demand, as they are behind the cluster's lock: of what was read before, something may have been installed since that nobody knew then.
    private static async Task<(IReadOnlyList<Instance> Installed, IReadOnlyList<AddonVersion> Versions)> ListInstalledAsync(DbSession session, Instance row) => (
        await session.QueryAsync<Instance>($"SELECT {Columns} FROM addon_instance WHERE cluster_id = @ClusterId", row),
        await session.QueryAsync<AddonVersion>(
            """
            SELECT v.domain_id, v.template, v.version, v.support_versions, v.requires, v.conflicts, v.kube_version, v.removing, v.library_id, v.digest, v.input
            FROM addon_instance i JOIN addon_version v ON v.domain_id = i.domain_id AND v.template = i.template AND v.version = i.version WHERE i.cluster_id = @ClusterId
            """,
            row));

    // Whoever deletes a version, or puts another package in its place, holds its row alone, and then looks for instances: either it sees this one, or this finds no version, or another
    // package. Null where the version is what it was.
    private async Task<BegunOutcome?> HoldVersionAsync(DbSession session, Instance row, string version) => await session.FindAsync<string>(
        $"SELECT digest FROM addon_version WHERE domain_id = @DomainId AND template = @Template AND version = @version AND removing = 0{db.ForNoKeyUpdate}",
        new { row.DomainId, row.Template, version }) is not { } digest ? BegunOutcome.VersionGone
        : row.Digest.Length > 0 && !string.Equals(row.Digest, digest, StringComparison.Ordinal) ? BegunOutcome.VersionChanged
        : null;

    private static async Task<BegunOperation?> FindTokenAsync(DbSession session, Instance row, ClientToken token)
    {
        await session.ExecuteAsync("DELETE FROM client_token WHERE created_at <= @since", new { since = row.CreatedAt - (long)s_tokenLife.TotalMilliseconds });
        return await session.FindAsync<TokenAnswer>(
            "SELECT instance_id, body_sha256 FROM client_token WHERE project_id = @ProjectId AND token = @Token", new { row.ProjectId, token.Token }) is { } answer
            ? string.Equals(answer.BodySha256, token.BodySha256, StringComparison.Ordinal) ? new(BegunOutcome.Answered, AnsweredId: answer.InstanceId) : new(BegunOutcome.TokenTaken)
            : null;
    }

    private static async Task<BegunOperation?> TakeTokenAsync(DbSession session, Instance row, ClientToken token)
    {
        var values = new { row.ProjectId, token.Token, token.BodySha256, row.Id, row.CreatedAt };
        var taken = await session.ExecuteAsync(
            """
            INSERT INTO client_token (project_id, token, body_sha256, instance_id, created_at) VALUES (@ProjectId, @Token, @BodySha256, @Id, @CreatedAt)
            ON CONFLICT (project_id, token) DO NOTHING
            """,
            values);
        return taken == 1 ? null : await FindTokenAsync(session, row, token);
    }

    private static async Task<bool> RemoveAsync(DbSession session, Instance instance)
    {
        if (await session.ExecuteAsync("DELETE FROM addon_instance WHERE id = @Id AND generation = @Generation", instance) == 0)
        {
            return false;
        }

        await session.ExecuteAsync("DELETE FROM addon_revision WHERE instance_id = @Id", instance);
        await session.ExecuteAsync("DELETE FROM addon_event WHERE instance_id = @Id", instance);
        await session.ExecuteAsync("DELETE FROM client_token WHERE instance_id = @Id", instance);

        await ClusterEnd.SettleAsync(session, instance.ClusterId);
        return true;
    }

    private async Task TellAsync(DbSession session, string instanceId, string kind, string reason, string message)
    {
        var values = new { id = ids.NewId(), instanceId, kind, reason, message = Kept(message), now = Now, kept = KeptEvents };
        await session.ExecuteAsync(
            "INSERT INTO addon_event (id, instance_id, kind, reason, message, created_at) VALUES (@id, @instanceId, @kind, @reason, @message, @now)", values);
        await session.ExecuteAsync(
            "DELETE FROM addon_event WHERE instance_id = @instanceId AND id NOT IN (SELECT id FROM addon_event WHERE instance_id = @instanceId ORDER BY created_at DESC, id DESC LIMIT @kept)",
            values);
    }

    private static string Kept(string message) => Text.Repair(Text.Cut(message, MaxMessage));
}

/// <summary>What became of the beginning of an operation.</summary>
internal enum BegunOutcome
{
    Begun,

    /// <summary>The same request was answered before.</summary>
    Answered,

    ClusterGone,

    VersionGone,

    /// <summary>The version has another package than it was looked at with.</summary>
    VersionChanged,

    /// <summary>The token was sent with another body before.</summary>
    TokenTaken,

    /// <summary>The add-on is installed already.</summary>
    Present,

    /// <summary>What else is installed speaks against it.</summary>
    Refused,

    /// <summary>The instance has changed since it was read.</summary>
    Changed,

    Gone,
}

/// <summary>What became of the beginning of an operation, and the instance.</summary>
internal readonly record struct BegunOperation(BegunOutcome Outcome, Instance? Instance = null, string Message = "", string AnsweredId = "");

/// <summary>What makes a request the same as another one.</summary>
internal sealed record ClientToken(string Token, string BodySha256);

/// <summary>What a token was answered with.</summary>
internal sealed record TokenAnswer
{
    public string InstanceId { get; init; } = "";

    public string BodySha256 { get; init; } = "";
}
