using Microsoft.Extensions.Options;
using Stagedoor.Addons.Packages;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Clusters;

/// <summary>The clusters that are registered.</summary>
internal sealed class ClusterStore(AddonsDb db, LibraryStore libraries, TimeProvider clock, IOptions<AddonsOptions> options)
{
    private const string Columns = """
        id, domain_id, project_id, name, alias, labels, annotations, type, category, version, spec, driver, driver_config, kubeconfig, endpoint, phase, reason, message,
        generation, created_at, updated_at
        """;

    /// <summary>Adds a cluster, unless its name is taken or the project has as many as it may.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="fill">Adds what is installed in it from the beginning: both are committed, or neither.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<ClusterChange> AddAsync(Cluster cluster, Func<DbSession, Task> fill, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO cluster (
                id, domain_id, project_id, name, alias, labels, annotations, type, category, version, spec, driver, driver_config, kubeconfig, endpoint, phase, reason,
                message, generation, created_at, updated_at)
            VALUES (
                @Id, @DomainId, @ProjectId, @Name, @Alias, @Labels, @Annotations, @Type, @Category, @Version, @Spec, @Driver, @DriverConfig, @Kubeconfig, @Endpoint, @Phase,
                @Reason, @Message, 1, @CreatedAt, @UpdatedAt)
            ON CONFLICT (project_id, name) DO NOTHING
            """;

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var row = cluster with { Generation = 1, CreatedAt = now, UpdatedAt = now };
        return db.TransactAsync<ClusterChange>(
            async session =>
            {
                // Whoever adds one holds the project, so that the count is of all there are.
                await libraries.HoldAsync(session, row.DomainId, row.ProjectId);
                if (await session.FindAsync<long>("SELECT COUNT(*) FROM cluster WHERE project_id = @ProjectId", row) >= options.Value.MaxClustersPerProject)
                {
                    return new(ClusterOutcome.TooMany);
                }

                if (await session.ExecuteAsync(Insert, row) == 0)
                {
                    return new(ClusterOutcome.Present);
                }

                await fill(session);
                return new(ClusterOutcome.Done, row);
            },
            cancellationToken);
    }

    public Task<Cluster?> FindAsync(string projectId, string id, CancellationToken cancellationToken) => db.FindAsync<Cluster>(
        $"SELECT {Columns} FROM cluster WHERE project_id = @projectId AND id = @id", new { projectId, id }, cancellationToken);

    /// <summary>A cluster of whatever project of an account.</summary>
    public Task<Cluster?> FindOfAccountAsync(string domainId, string id, CancellationToken cancellationToken) => db.FindAsync<Cluster>(
        $"SELECT {Columns} FROM cluster WHERE domain_id = @domainId AND id = @id", new { domainId, id }, cancellationToken);

    /// <summary>A cluster, which nobody else puts anything into or takes away until the session ends.</summary>
    public Task<Cluster?> HoldAsync(DbSession session, string projectId, string id) => session.FindAsync<Cluster>(
        $"SELECT {Columns} FROM cluster WHERE project_id = @projectId AND id = @id{db.ForUpdate}", new { projectId, id });

    /// <summary>All clusters of a project, by name.</summary>
    public Task<IReadOnlyList<Cluster>> ListAsync(string projectId, CancellationToken cancellationToken) => db.QueryAsync<Cluster>(
        $"SELECT {Columns} FROM cluster WHERE project_id = @projectId ORDER BY name", new { projectId }, cancellationToken);

    /// <summary>Changes a cluster, under its row: what is made of it is made of what it is now. How things get into it stays while something is in it.</summary>
    public Task<ClusterChange> ChangeAsync(string projectId, string id, Func<Cluster, Cluster> change, CancellationToken cancellationToken)
    {
        const string Update = """
            UPDATE cluster SET alias = @Alias, labels = @Labels, annotations = @Annotations, type = @Type, category = @Category, version = @Version, spec = @Spec,
                driver = @Driver, driver_config = @DriverConfig, kubeconfig = @Kubeconfig, endpoint = @Endpoint, generation = generation + 1, updated_at = @UpdatedAt
            WHERE id = @Id
            """;

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return db.TransactAsync<ClusterChange>(
            async session =>
            {
                if (await HoldAsync(session, projectId, id) is not { } old)
                {
                    return new(ClusterOutcome.Absent);
                }

                var row = change(old) with { UpdatedAt = Math.Max(now, old.CreatedAt), Generation = old.Generation + 1 };
                var isMoved = !string.Equals(old.Driver, row.Driver, StringComparison.Ordinal) || !string.Equals(old.DriverConfig, row.DriverConfig, StringComparison.Ordinal);
                if (isMoved && await session.FindAsync<long>(
                    "SELECT (SELECT COUNT(*) FROM addon_instance WHERE cluster_id = @id) + (SELECT COUNT(*) FROM chart_release WHERE cluster_id = @id)", new { id }) > 0)
                {
                    return new(ClusterOutcome.InUse, old);
                }

                await session.ExecuteAsync(Update, row);
                return new(ClusterOutcome.Done, row);
            },
            cancellationToken);
    }

    /// <summary>Clusters of which no version is known, and that can be asked.</summary>
    public Task<IReadOnlyList<Cluster>> ListVersionlessAsync(CancellationToken cancellationToken) => db.QueryAsync<Cluster>(
        $"SELECT {Columns} FROM cluster WHERE version = '' AND driver = '{Cluster.Kubernetes}' AND phase = '{Cluster.Available}' ORDER BY id", null, cancellationToken);

    /// <summary>Keeps the version that a cluster says, unless it was changed since it was read: it may be another one by now.</summary>
    /// <param name="cluster">The cluster as it was read, with its version.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<bool> KeepVersionAsync(Cluster cluster, CancellationToken cancellationToken) => await db.ExecuteAsync(
        "UPDATE cluster SET version = @Version, spec = @Spec, generation = generation + 1, updated_at = @now WHERE id = @Id AND generation = @Generation AND version = ''",
        new { cluster.Id, cluster.Generation, cluster.Version, cluster.Spec, now = Math.Max(clock.GetUtcNow().ToUnixTimeMilliseconds(), cluster.CreatedAt) },
        cancellationToken) == 1;

    /// <summary>
    /// Removes a cluster, unless something is installed in it. Whoever installs holds its row (<c>FOR KEY SHARE</c>) until the instance is committed, so that
    /// either this sees the instance, or the install finds no cluster.
    /// </summary>
    /// <param name="projectId">The project.</param>
    /// <param name="id">The cluster.</param>
    /// <param name="forgets">Whether what is installed is forgotten, and left where it is; not while something is done to it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<ClusterChange> RemoveAsync(string projectId, string id, bool forgets, CancellationToken cancellationToken) => db.TransactAsync<ClusterChange>(
        async session =>
        {
            if (await HoldAsync(session, projectId, id) is not { } row)
            {
                return new(ClusterOutcome.Absent);
            }

            var blocking = forgets ? " AND operation <> ''" : "";
            if (await session.FindAsync<long>($"SELECT COUNT(*) FROM addon_instance WHERE cluster_id = @id{blocking}", new { id }) > 0)
            {
                return new(ClusterOutcome.InUse, row);
            }

            // Releases of users stay where they are, but not half-way.
            if (await session.FindAsync<long>("SELECT COUNT(*) FROM chart_release WHERE cluster_id = @id AND operation <> ''", new { id }) > 0)
            {
                return new(ClusterOutcome.InUse, row);
            }

            await ClusterEnd.ForgetAsync(session, id);
            return new(ClusterOutcome.Done, row);
        },
        cancellationToken);

    /// <summary>What is installed in a cluster.</summary>
    public Task<IReadOnlyList<InstalledAddon>> ListInstalledAsync(string id, CancellationToken cancellationToken) => db.QueryAsync<InstalledAddon>(
        "SELECT template AS addon_template_name, version, status FROM addon_instance WHERE cluster_id = @id ORDER BY template", new { id }, cancellationToken);
}

/// <summary>What became of a change of a cluster.</summary>
internal enum ClusterOutcome
{
    Done,
    Absent,

    /// <summary>Its name is taken.</summary>
    Present,

    /// <summary>The project has as many as it may.</summary>
    TooMany,

    /// <summary>Something is installed in it.</summary>
    InUse,
}

/// <summary>What became of a change, and the cluster.</summary>
internal readonly record struct ClusterChange(ClusterOutcome Outcome, Cluster? Cluster = null);

/// <summary>What is installed in a cluster, in a few words.</summary>
internal sealed record InstalledAddon
{
    public string AddonTemplateName { get; init; } = "";

    public string Version { get; init; } = "";

    public string Status { get; init; } = "";
}
