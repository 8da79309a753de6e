using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Tests.Charts;
using Stagedoor.Addons.Tests.Drivers;
using Stagedoor.Background.Jobs;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Storage.Sqlite;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Instances;

/// <summary>Instances in a database of one of the engines, and a cluster of files.</summary>
internal sealed class InstanceRig : IAddonCatalog, IClusterAccess, IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly List<JobRunner> _runners = [];
    private readonly AddonsDb _db;
    private OwnDatabase? _database;

    private InstanceRig(IDatabaseEngine engine, TemporaryFolder folder)
    {
        _folder = folder;
        _db = new(engine);
        Jobs = new(_db, new());
        Store = new(_db, Jobs, new(), TimeProvider.System, Options.Create(Settings));
        Images = new AddonImages(_db);
        Driver = Files.Driver();
    }

    public OperationOptions Settings { get; } = new() { UnreachableSeconds = 0 };

    public GitOpsRig Files { get; } = new();

    public AddonsJobs Jobs { get; }

    public InstanceStore Store { get; }

    public IImageHolders Images { get; }

    public IClusterDriver Driver { get; set; }

    /// <summary>The charts of the versions.</summary>
    public Dictionary<string, Chart> Charts { get; } = new(StringComparer.Ordinal);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<InstanceRig> StartAsync(string engine)
    {
        var database = engine is "postgresql" ? await OwnDatabase.CreateAsync() : null;
        var folder = new TemporaryFolder();
        IDatabaseEngine opened = database is null ? new SqliteEngine(folder.Path, NullLogger.Instance) : new PostgreSqlEngine(database.ConnectionString, NullLogger.Instance);
        var rig = new InstanceRig(opened, folder) { _database = database };
        await MigrationRunner.RunAsync(rig._db, typeof(AddonsModule).Assembly, TimeProvider.System, Cancellation);
        await rig._db.ExecuteAsync(
            """
            INSERT INTO cluster (id, domain_id, project_id, name, alias, labels, annotations, type, category, version, spec, driver, driver_config, endpoint, phase, reason, message,
                generation, created_at, updated_at)
            VALUES ('c9', 'd', 'p', 'demo', '', '{}', '{}', 'VirtualMachine', 'CCE', 'v1.25', '{}', 'gitops', '{}', '', 'Available', '', '', 1, 0, 0)
            """,
            null,
            Cancellation);
        await rig.PublishAsync("1.0.0", GitOpsRig.ConfigMap("a", "1"));
        await rig.PublishAsync("2.0.0", GitOpsRig.ConfigMap("a", "2"));
        return rig;
    }

    public async Task PublishAsync(string version, string templates)
    {
        Charts[version] = new ChartBuilder("probe").Add("templates/all.yaml", templates).Load();
        await _db.ExecuteAsync(
            """
            INSERT INTO addon_version (domain_id, template, version, library_id, digest, size, file_name, stable, input, translate, support_versions, requires, conflicts, crds,
                kube_version, namespace, release_name, values_schema, uploaded_by, removing, created_at, updated_at)
            VALUES ('d', 'probe', @version, 1, 'x', 1, 'x', 1, '{}', '{}', '[]', '[]', '[]', '{}', '', 'kube-system', 'cceaddon-probe', '', 'u', 0, 0, 0)
            """,
            new { version },
            Cancellation);
    }

    public static Instance New(string id = "i1", string version = "1.0.0", string template = "probe") => new()
    {
        Id = id,
        DomainId = "d",
        ClusterId = "c9",
        ProjectId = "p",
        Template = template,
        Version = version,
        ValuesJson = "{\"custom\":{}}",
    };

    public Task<BegunOperation> InstallAsync(Instance? instance = null, ClientToken? token = null) =>
        Store.InstallAsync(instance ?? New(), token, static (_, _) => null, Cancellation);

    public async Task<Instance?> FindAsync(string id = "i1") => await Store.FindAsync("p", id, Cancellation);

    public async Task<BegunOperation> BeginAsync(string operation)
    {
        var seen = (await FindAsync())!;
        return await Store.BeginAsync(seen, Next(seen, operation), static (_, _) => null, Cancellation);
    }

    public static Instance Next(Instance seen, string operation) => operation switch
    {
        InstanceOperation.Upgrade => seen with
        {
            Status = InstanceStatus.Upgrading,
            Version = "2.0.0",
            TargetVersion = "2.0.0",
            PreviousVersion = seen.Version,
            Operation = operation,
            Revision = seen.Revision + 1,
        },
        InstanceOperation.Rollback => seen with { Status = InstanceStatus.RollingBack, TargetVersion = seen.PreviousVersion, Operation = operation, Revision = seen.Revision + 1 },
        _ => seen with { Status = InstanceStatus.Deleting, Operation = operation, TargetVersion = seen.Version },
    };

    /// <summary>Takes a version away as its removal does: the row alone first, then a look for instances.</summary>
    public Task<bool> DeleteVersionAsync(string version, Func<Task>? meanwhile = null) => _db.TransactAsync(
        async session =>
        {
            await session.FindAsync<string>($"SELECT version FROM addon_version WHERE version = @version{_db.ForUpdate}", new { version });
            if (await session.FindAsync<long>("SELECT COUNT(*) FROM addon_instance WHERE version = @version OR target_version = @version", new { version }) > 0)
            {
                return false;
            }

            if (meanwhile is not null)
            {
                await meanwhile();
            }

            return await session.ExecuteAsync("UPDATE addon_version SET removing = 1 WHERE version = @version", new { version }) == 1;
        },
        Cancellation);

    public OperationJob Handler() => new(
        Store, this, this, new(this, new(TimeProvider.System, new RenderLimits()), TimeProvider.System), new(Jobs, _db, TimeProvider.System, Options.Create(Settings)), TimeProvider.System);

    /// <summary>Another replica begins to work.</summary>
    public async Task WorkAsync()
    {
        var runner = new JobRunner(
            Jobs.Store, [Handler()], new() { PollInterval = TimeSpan.FromMilliseconds(100), FirstRetry = TimeSpan.FromMilliseconds(100), MaxAttempts = 3 }, Guid.NewGuid().ToString("n"),
            TimeProvider.System, NullLogger.Instance);
        _runners.Add(runner);
        await runner.StartAsync(Cancellation);
    }

    /// <summary>Waits until an instance is as it should be.</summary>
    public async Task<Instance?> WaitAsync(Func<Instance?, bool> isSo, string what)
    {
        Instance? found = null;
        for (var i = 0; i < 300; i++)
        {
            found = await FindAsync();
            if (isSo(found))
            {
                return found;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, Cancellation);
        }

        Assert.Fail($"{what} did not come; it is {found?.Status} {found?.Reason} {found?.Message}");
        return null;
    }

    public Task<PackagedAddon?> FindAsync(string domainId, string template, string version, CancellationToken cancellationToken) =>
        Task.FromResult(Charts.TryGetValue(version, out var chart) ? new PackagedAddon(chart, GitOpsRig.Key, false) : null);

    public Task<ReachableCluster?> FindAsync(string projectId, string clusterId, CancellationToken cancellationToken) =>
        Task.FromResult<ReachableCluster?>(new(Driver, Files.Cluster));

    public async ValueTask DisposeAsync()
    {
        foreach (var runner in _runners)
        {
            await runner.StopAsync(CancellationToken.None);
            runner.Dispose();
        }

        await _db.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        Files.Dispose();
        _folder.Dispose();
    }
}
