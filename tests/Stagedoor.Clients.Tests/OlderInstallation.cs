using System.Reflection;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stagedoor.Serve;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Storage.Sqlite;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Databases that only the first migration of each module was applied to, with a few rows, and a way to hold whoever applies a later one.</summary>
internal abstract class OlderInstallation : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>What a start with this installation is told.</summary>
    internal abstract IEnumerable<(string Key, string Value)> Settings { get; }

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The migrations of each module that are not its first.</summary>
    internal static IEnumerable<(string Module, long Version)> Later => Modules.All
        .Select(static m => m.Traits.Database).OfType<Stagedoor.Http.ModuleDatabase>()
        .SelectMany(static d => Versions(d.Migrations).Skip(1).Select(version => (d.Name, version)));

    /// <summary>Makes a data directory that no start has come to its end with.</summary>
    internal static void MakeFolder(string data)
    {
        Directory.CreateDirectory(data);
        File.WriteAllText(Path.Combine(data, "stagedoor.json"), """{"product":"stagedoor","format":1}""");
    }

    /// <summary>Makes it: tables as the first version had them, and rows that have to be there afterwards.</summary>
    internal async Task MakeAsync()
    {
        await MigrateAsync(OpenEngine(), isWhole: false);
        await ExecuteAsync("images", "INSERT INTO organizations (id, name, domain_id, domain_name, creator_id, creator_name, created_at, updated_at) VALUES (7, 'kept', 'd', 'd', 'c', 'c', 1, 1)");
        await ExecuteAsync("discovery", "UPDATE head SET revision = 7");
        await ExecuteAsync("gateway", "INSERT INTO revoked_token (id, expires_at) VALUES ('kept', 9000000000000000)");
    }

    /// <summary>Everything is as a new installation has it, and nothing of what was there is lost.</summary>
    internal async Task ShouldBeWholeAsync()
    {
        foreach (var database in Modules.All.Select(static m => m.Traits.Database).OfType<Stagedoor.Http.ModuleDatabase>())
        {
            Assert.Equal(
                Versions(database.Migrations).Select(static v => $"{v}"), await QueryAsync(database.Name, "SELECT version FROM schema_migration ORDER BY version"));
            Assert.Equal(await NewColumnsAsync(database.Name), await ColumnsAsync(database.Name));
        }

        Assert.Equal(["kept"], await QueryAsync("images", "SELECT name FROM organizations WHERE id = 7"));
        Assert.Equal(["kept"], await QueryAsync("gateway", "SELECT id FROM revoked_token"));
        Assert.InRange(long.Parse((await QueryAsync("discovery", "SELECT revision FROM head"))[0], System.Globalization.CultureInfo.InvariantCulture), 7, long.MaxValue);
    }

    /// <summary>The versions that are in.</summary>
    internal async Task<IReadOnlyList<string>> AppliedAsync(string module) => await QueryAsync(module, "SELECT version FROM schema_migration ORDER BY version");

    /// <summary>Whoever applies this migration stops when its statements are done and nothing is committed.</summary>
    internal abstract Task HoldAsync(string module, long version);

    /// <summary>Lets it go on.</summary>
    internal abstract Task ReleaseAsync(string module);

    /// <summary>Answers when so many are held, or wait for one that is.</summary>
    internal async Task ReachedAsync(string module, int count = 1)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(s_patience);
        while (!await IsReachedAsync(module, count))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
        }
    }

    public abstract ValueTask DisposeAsync();

    private protected abstract IDatabaseEngine OpenEngine();

    private protected abstract Task<bool> IsReachedAsync(string module, int count);

    private protected abstract Task<IReadOnlyList<string>> ColumnsAsync(string module);

    private protected abstract Task<IReadOnlyList<string>> NewColumnsAsync(string module);

    private protected abstract Task ExecuteAsync(string module, string sql);

    private protected abstract Task<IReadOnlyList<string>> QueryAsync(string module, string sql);

    private static async Task MigrateAsync(IDatabaseEngine engine, bool isWhole)
    {
        foreach (var database in Modules.All.Select(static m => m.Traits.Database).OfType<Stagedoor.Http.ModuleDatabase>())
        {
            await using var db = new Db(engine.Open(database.Name));
            await MigrationRunner.RunAsync(db, isWhole ? database.Migrations : new First(database.Migrations), TimeProvider.System, Cancellation);
        }

        await (engine is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask);
    }

    private static IEnumerable<long> Versions(Assembly migrations) => migrations.GetManifestResourceNames()
        .Where(static n => n.EndsWith(".sql", StringComparison.Ordinal))
        .Select(static n => long.Parse(n.AsSpan(0, n.IndexOf('_', StringComparison.Ordinal)), System.Globalization.CultureInfo.InvariantCulture))
        .Distinct().Order();

    internal sealed class Sqlite : OlderInstallation
    {
        private readonly string _data;
        private readonly TemporaryFolder _fresh = new();

        // Whoever closes a file last tidies it up, and nobody else may open it meanwhile.
        private SqliteConnection? _watch;

        internal Sqlite(string data)
        {
            _data = data;
            MakeFolder(data);
        }

        internal override IEnumerable<(string Key, string Value)> Settings => [];

        // Counts what takes years, inside the transaction.
        internal override async Task HoldAsync(string module, long version)
        {
            _watch ??= Connect(Path.Combine(_data, module + ".db") + ";Default Timeout=1");
            await ExecuteAsync(
                module,
                $"""
                CREATE TRIGGER held BEFORE INSERT ON schema_migration WHEN new.version = {version} BEGIN
                    SELECT COUNT(*) FROM {string.Join(", ", Enumerable.Range(0, 24).Select(static i => $"sqlite_master AS m{i}"))};
                END
                """);
        }

        internal override Task ReleaseAsync(string module) => ExecuteAsync(module, "DROP TRIGGER held");

        public override ValueTask DisposeAsync()
        {
            _watch?.Dispose();
            _fresh.Dispose();
            return ValueTask.CompletedTask;
        }

        private protected override IDatabaseEngine OpenEngine() => new SqliteEngine(_data, NullLogger.Instance);

        // Other writes are over in a moment.
        private protected override Task<bool> IsReachedAsync(string module, int count)
        {
            try
            {
                using var transaction = _watch!.BeginTransaction(deferred: false);
                return Task.FromResult(false);
            }
            catch (SqliteException e) when (e.SqliteErrorCode == 5)
            {
                return Task.FromResult(true);
            }
        }

        private protected override Task<IReadOnlyList<string>> ColumnsAsync(string module) => ColumnsAsync(_data, module);

        private protected override async Task<IReadOnlyList<string>> NewColumnsAsync(string module)
        {
            if (!File.Exists(Path.Combine(_fresh.Path, "gateway.db")))
            {
                await MigrateAsync(new SqliteEngine(_fresh.Path, NullLogger.Instance), isWhole: true);
            }

            return await ColumnsAsync(_fresh.Path, module);
        }

        private protected override Task ExecuteAsync(string module, string sql)
        {
            new Sabotage(Path.Combine(_data, module + ".db")).Execute(sql);
            return Task.CompletedTask;
        }

        private protected override Task<IReadOnlyList<string>> QueryAsync(string module, string sql) => Query(Path.Combine(_data, module + ".db"), sql);

        private static Task<IReadOnlyList<string>> ColumnsAsync(string folder, string module) => Query(Path.Combine(folder, module + ".db"), """
            SELECT m.name || '.' || c.name || ' ' || c.type FROM sqlite_master m, pragma_table_info(m.name) c
            WHERE m.type = 'table' AND m.name NOT LIKE 'installation%' ORDER BY 1
            """);

        private static Task<IReadOnlyList<string>> Query(string file, string sql)
        {
            using var connection = Connect(file);
            using var command = connection.CreateCommand();
#pragma warning disable CA2100 // The tests' own.
            command.CommandText = sql;
#pragma warning restore CA2100
            using var reader = command.ExecuteReader();
            var values = new List<string>();
            while (reader.Read())
            {
                values.Add(reader.GetString(0));
            }

            return Task.FromResult<IReadOnlyList<string>>(values);
        }

        private static SqliteConnection Connect(string file)
        {
            var connection = new SqliteConnection($"Data Source={file};Pooling=False");
            connection.Open();
            return connection;
        }
    }

    internal sealed class PostgreSql : OlderInstallation
    {
        private const string Key = "4711";
        private readonly OwnDatabase _database;
        private readonly OwnDatabase _fresh;
        private bool _isFreshMade;
        private NpgsqlConnection? _hold;

        private PostgreSql(OwnDatabase database, OwnDatabase fresh) => (_database, _fresh) = (database, fresh);

        internal override IEnumerable<(string Key, string Value)> Settings => _database.Settings;

        internal static async Task<PostgreSql> CreateAsync() => new(await OwnDatabase.CreateAsync(), await OwnDatabase.CreateAsync());

        internal override async Task HoldAsync(string module, long version)
        {
            // Not of a pool, which would keep the lock.
            _hold = new(new NpgsqlConnectionStringBuilder(_database.ConnectionString) { Pooling = false }.ToString());
            await _hold.OpenAsync(Cancellation);
            await using var take = new NpgsqlCommand($"SELECT pg_advisory_lock({Key})", _hold);
            await take.ExecuteNonQueryAsync(Cancellation);
            await ExecuteAsync(module, $"""
                CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF NEW.version = {version} THEN PERFORM pg_advisory_xact_lock({Key}); END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER held BEFORE INSERT ON schema_migration FOR EACH ROW EXECUTE FUNCTION held()
                """);
        }

        // Waits for the transaction of one that was killed, whose end the server has not seen yet.
        internal override async Task ReleaseAsync(string module)
        {
            await _hold!.DisposeAsync();
            _hold = null;
            await ExecuteAsync(module, "DROP FUNCTION held() CASCADE");
        }

        public override async ValueTask DisposeAsync()
        {
            if (_hold is not null)
            {
                await _hold.DisposeAsync();
            }

            await _database.DisposeAsync();
            await _fresh.DisposeAsync();
        }

        private protected override IDatabaseEngine OpenEngine() => new PostgreSqlEngine(_database.ConnectionString, NullLogger.Instance);

        private protected override async Task<bool> IsReachedAsync(string module, int count) =>
            await _database.QueryAsync("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") is [var waiting]
            && string.Equals(waiting, $"{count}", StringComparison.Ordinal);

        private protected override Task<IReadOnlyList<string>> ColumnsAsync(string module) => ColumnsAsync(_database, module);

        private protected override async Task<IReadOnlyList<string>> NewColumnsAsync(string module)
        {
            if (!_isFreshMade)
            {
                await MigrateAsync(new PostgreSqlEngine(_fresh.ConnectionString, NullLogger.Instance), isWhole: true);
                _isFreshMade = true;
            }

            return await ColumnsAsync(_fresh, module);
        }

        private protected override Task ExecuteAsync(string module, string sql) => _database.QueryAsync($"SET search_path = \"{module}\"; {sql}");

        private protected override Task<IReadOnlyList<string>> QueryAsync(string module, string sql) =>
            _database.QueryAsync($"SET search_path = \"{module}\"; {sql}");

        private static Task<IReadOnlyList<string>> ColumnsAsync(OwnDatabase database, string module) => database.QueryAsync($"""
            SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || COALESCE(collation_name, '') FROM information_schema.columns
            WHERE table_schema = '{module}' AND table_name NOT LIKE 'installation%' ORDER BY 1
            """);
    }

    /// <summary>The first migration of a module alone.</summary>
    private sealed class First(Assembly all) : Assembly
    {
        public override string[] GetManifestResourceNames()
        {
            var names = all.GetManifestResourceNames().Where(static n => n.EndsWith(".sql", StringComparison.Ordinal)).ToList();
            var first = names.Min(StringComparer.Ordinal)!.Split('_')[0] + "_";
            return [.. names.Where(n => n.StartsWith(first, StringComparison.Ordinal))];
        }

        public override Stream? GetManifestResourceStream(string name) => all.GetManifestResourceStream(name);
    }
}
