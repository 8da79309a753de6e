using Xunit;

namespace Stagedoor.Storage.Contracts.Databases;

/// <summary>How tables come to their newest state, on every engine.</summary>
public abstract class MigrationContract : IAsyncLifetime
{
    private static readonly (string Name, string Sql) s_first =
        ("0001_trace.sql", "CREATE TABLE trace (step TEXT NOT NULL); INSERT INTO trace (step) VALUES ('first');");

    private static readonly (string Name, string Sql) s_second = ("0002_more.sql", "INSERT INTO trace (step) VALUES ('second')");

    private DatabaseFixture? _fixture;
    private Db? _db;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected DatabaseFixture Fixture => _fixture!;

    protected Db Db => _db!;

    public virtual async ValueTask InitializeAsync()
    {
        _fixture = await CreateAsync();
        _db = _fixture.Open();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_db is not null)
        {
            await _db.DisposeAsync();
        }

        if (_fixture is not null)
        {
            await _fixture.DisposeAsync();
        }
    }

    [Fact]
    public virtual async Task Files_are_applied_in_their_order_and_only_once()
    {
        Assert.Equal(2, await RunAsync(Db, s_second, s_first));
        Assert.Equal(0, await RunAsync(Db, s_second, s_first));

        Assert.Equal(["first", "second"], await StepsAsync());
    }

    [Fact]
    public virtual async Task A_later_version_applies_what_is_new()
    {
        Assert.Equal(1, await RunAsync(Db, s_first));
        Assert.Equal(1, await RunAsync(Db, s_first, s_second));

        Assert.Equal(["first", "second"], await StepsAsync());
        Assert.Equal([1, 2], await Db.QueryAsync<long>("SELECT version FROM schema_migration ORDER BY version", null, Cancellation));
    }

    [Fact]
    public virtual async Task Runners_at_the_same_time_apply_each_file_once()
    {
        var others = Enumerable.Range(0, 4).Select(_ => Fixture.Open()).ToList();

        var applied = await Task.WhenAll(others.Select(db => RunAsync(db, s_first, s_second))).WithinAMinuteAsync("four runners");

        Assert.Equal(2, applied.Sum());
        Assert.Equal(["first", "second"], await StepsAsync());
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }
    }

    [Fact]
    public virtual async Task A_newer_schema_is_refused()
    {
        await RunAsync(Db, s_first, s_second);

        var fault = await Assert.ThrowsAsync<StorageException>(() => RunAsync(Db, s_first));

        Assert.Equal((StorageSource.Database, StorageFault.Failed), (fault.Store, fault.Fault));
        Assert.Contains("newer version", fault.Message, StringComparison.Ordinal);
        Assert.Contains("schema 2", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public virtual async Task A_file_for_one_engine_replaces_the_common_one_there()
    {
        await RunAsync(
            Db,
            s_first,
            ("0002_own.sql", "INSERT INTO trace (step) VALUES ('the common one')"),
            ("0002_own.sqlite.sql", "INSERT INTO trace (step) VALUES ('the sqlite one')"));

        Assert.Equal(["first", Db.Engine is "sqlite" ? "the sqlite one" : "the common one"], await StepsAsync());
    }

    [Fact]
    public virtual async Task A_file_that_fails_half_way_leaves_nothing_and_can_be_run_again()
    {
        (string, string) broken = ("0002_more.sql", "INSERT INTO trace (step) VALUES ('half'); INSERT INTO absent (step) VALUES ('other half')");

        var fault = await Assert.ThrowsAsync<StorageException>(() => RunAsync(Db, s_first, broken));
        Assert.Equal(StorageFault.Failed, fault.Fault);
        Assert.Equal(["first"], await StepsAsync());

        Assert.Equal(1, await RunAsync(Db, s_first, s_second));
        Assert.Equal(["first", "second"], await StepsAsync());
    }

    [Fact]
    public virtual async Task The_time_of_each_file_is_kept()
    {
        await RunAsync(Db, s_first);

        var at = await Db.FindAsync<long>("SELECT applied_at FROM schema_migration", null, Cancellation);

        Assert.InRange(at, 1_700_000_000_000, 4_000_000_000_000);
    }

    /// <summary>The engine with a place of this test's own.</summary>
    protected abstract Task<DatabaseFixture> CreateAsync();

    /// <summary>Applies these files.</summary>
    protected static Task<int> RunAsync(Db db, params (string Name, string Sql)[] files) =>
        MigrationRunner.RunAsync(db, new MigrationFiles(files), TimeProvider.System, Cancellation);

    private Task<IReadOnlyList<string>> StepsAsync() =>
        Db.QueryAsync<string>("SELECT step FROM trace ORDER BY step", null, Cancellation);
}
