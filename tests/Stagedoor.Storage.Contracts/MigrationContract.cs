using System.Reflection;
using Xunit;

namespace Stagedoor.Storage.Contracts;

/// <summary>What migrations promise on every database engine.</summary>
public abstract class MigrationContract : IAsyncLifetime
{
    private static readonly Assembly s_migrations = typeof(MigrationContract).Assembly;
    private readonly List<Db> _opened = [];

    /// <summary>Opens the test's own database, each time anew and as another process would.</summary>
    protected abstract IDatabase Open();

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Closes what the test has opened; an engine's own removes what was stored, after that.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var db in _opened)
        {
            await db.DisposeAsync();
        }
    }

    [Fact]
    public virtual async Task Each_is_applied_once()
    {
        var db = OpenAnother();

        Assert.Equal(2, await RunAsync(db));
        Assert.Equal(0, await RunAsync(db));
        Assert.Equal(0, await RunAsync(OpenAnother()));
    }

    [Fact]
    public virtual async Task Replicas_that_start_together_apply_each_once()
    {
        var replicas = Enumerable.Range(0, 4).Select(_ => OpenAnother()).ToList();

        var applied = await Task.WhenAll(replicas.Select(db => Task.Run(() => RunAsync(db), Stop))).SoonAsync("every replica's start");

        Assert.Equal(2, applied.Sum());
        Assert.Equal([1L, 2L], await replicas[0].QueryAsync<long>("SELECT version FROM schema_migration ORDER BY version", null, Stop));
    }

    [Fact]
    public virtual async Task An_engines_own_file_stands_in_for_the_common_one()
    {
        var db = OpenAnother();

        await RunAsync(db);

        Assert.Equal(db.Engine, await db.FindAsync<string>("SELECT name FROM dialect", null, Stop));
    }

    [Fact]
    public virtual async Task A_schema_of_a_newer_program_is_refused()
    {
        var db = OpenAnother();
        await RunAsync(db);
        await db.ExecuteAsync("INSERT INTO schema_migration (version, name, applied_at) VALUES (9999, 'later', 0)", null, Stop);

        var fault = await Assert.ThrowsAsync<StorageException>(() => RunAsync(db));

        Assert.Contains("newer version", fault.Message, StringComparison.Ordinal);
        Assert.Contains(db.Location, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public virtual async Task The_time_of_each_is_kept()
    {
        var db = OpenAnother();

        await RunAsync(db);

        Assert.True(await db.FindAsync<long>("SELECT min(applied_at) FROM schema_migration", null, Stop) > 0);
    }

    protected Db OpenAnother()
    {
        var db = new Db(Open());
        _opened.Add(db);
        return db;
    }

    private static Task<int> RunAsync(Db db) => MigrationRunner.RunAsync(db, s_migrations, TimeProvider.System, Stop);
}
