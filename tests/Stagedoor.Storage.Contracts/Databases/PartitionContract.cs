using Xunit;

namespace Stagedoor.Storage.Contracts.Databases;

/// <summary>Parts of a module's data that come and go whole, on every engine.</summary>
public abstract class PartitionContract : IAsyncLifetime
{
    private static readonly MigrationFiles s_tables = new(("0001_span.sql", "CREATE TABLE span (id BIGINT PRIMARY KEY); CREATE TABLE page (id BIGINT PRIMARY KEY)"));

    private static readonly MigrationFiles s_newerTables = new(
        ("0001_span.sql", "CREATE TABLE span (id BIGINT PRIMARY KEY); CREATE TABLE page (id BIGINT PRIMARY KEY)"),
        ("0002_note.sql", "CREATE TABLE note (id BIGINT PRIMARY KEY)"));

    private readonly List<IAsyncDisposable> _owned = [];
    private DatabaseFixture? _fixture;
    private Partitions? _days;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected DatabaseFixture Fixture => _fixture!;

    protected Partitions Days => _days!;

    public virtual async ValueTask InitializeAsync()
    {
        _fixture = await CreateAsync();
        _days = Open(_fixture.OpenEngine());
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var owned in _owned)
        {
            await owned.DisposeAsync();
        }

        if (_days is not null)
        {
            await _days.DisposeAsync();
        }

        if (_fixture is not null)
        {
            await _fixture.DisposeAsync();
        }
    }

    [Fact]
    public virtual async Task Partitions_are_listed_by_their_names_and_only_those_of_the_module()
    {
        Assert.Empty(await Days.ListAsync(Cancellation));
        foreach (var day in (string[])["2026-11-28", "2026-11-27", "today_1"])
        {
            await MakeAsync(Days, day);
        }

        var other = Own(new Partitions(Fixture.OpenEngine(), Fixture.ModuleName[..^1], s_tables, Durability.Full, TimeProvider.System));
        Assert.Equal(["2026-11-27", "2026-11-28", "today_1"], await Days.ListAsync(Cancellation));
        Assert.Empty(await Fixture.OpenEngine().Partitions.ListAsync(Fixture.ModuleName[..^1], Cancellation));
        Assert.NotNull(other);
    }

    [Fact]
    public virtual async Task What_is_written_to_a_partition_is_there_alone_and_for_every_instance()
    {
        var first = await MakeAsync(Days, "2026-11-27");
        var second = await MakeAsync(Days, "2026-11-28");
        await AddAsync(first, 1);

        var again = await FindAsync(Open(Fixture.OpenEngine()), "2026-11-27");

        Assert.Equal(1, await CountAsync(again!));
        Assert.Equal(0, await CountAsync(second));
        Assert.Null(await FindAsync(Days, "2026-11-29"));
        Assert.Equal(["2026-11-27", "2026-11-28"], await Days.ListAsync(Cancellation));
    }

    [Fact]
    public virtual async Task A_partition_gets_the_tables_of_a_newer_program_when_it_is_opened()
    {
        await AddAsync(await MakeAsync(Days, "a"), 1);

        var newer = Own(new Partitions(Fixture.OpenEngine(), Fixture.ModuleName, s_newerTables, Durability.Full, TimeProvider.System));
        var db = await FindAsync(newer, "a");

        Assert.Equal(1, await CountAsync(db!));
        Assert.Equal(0, await db!.FindAsync<long>("SELECT COUNT(*) FROM note", null, Cancellation));
        var fault = await Assert.ThrowsAsync<StorageException>(() => Days.FindAsync("a", Cancellation));
        Assert.Contains("newer version", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public virtual async Task Making_a_partition_that_is_there_changes_nothing()
    {
        await AddAsync(await MakeAsync(Days, "a"), 1);

        Assert.Equal(1, await CountAsync(await MakeAsync(Days, "a")));
    }

    [Fact]
    public virtual async Task A_dropped_partition_is_gone_with_all_that_it_held()
    {
        var kept = await MakeAsync(Days, "kept");
        await AddAsync(kept, 7);
        await AddAsync(await MakeAsync(Days, "a"), 1);

        Assert.True(await Days.DropAsync("a", Cancellation));

        Assert.False(await Days.DropAsync("a", Cancellation));
        Assert.Equal(["kept"], await Days.ListAsync(Cancellation));
        Assert.Null(await FindAsync(Days, "a"));
        Assert.Equal(1, await CountAsync(kept));
        Assert.Equal(0, await CountAsync(await MakeAsync(Days, "a")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public virtual async Task Who_comes_late_is_told_so_and_does_not_make_it_again(bool byAnother)
    {
        var (used, unused) = (await MakeAsync(Days, "a"), await MakeAsync(Days, "a"));
        await AddAsync(used, 1);
        Assert.Equal(1, await CountAsync(used));

        await (byAnother ? Open(Fixture.OpenEngine()) : Days).DropAsync("a", Cancellation);

        foreach (var db in (Db[])[used, unused])
        {
            Func<Task>[] late =
            [
                () => AddAsync(db, 2),
                () => CountAsync(db),
                () => db.ExecuteAsync("CREATE TABLE IF NOT EXISTS late (id BIGINT)", null, Cancellation),
                () => db.BulkInsertAsync(new("span", new BulkColumn("id", BulkType.Number)), [[3L]], Cancellation),
                () => db.CheckWritableAsync(Cancellation),
            ];
            foreach (var use in late)
            {
                var fault = await Assert.ThrowsAsync<StorageException>(() => use().WithinAMinuteAsync("a late user"));
                Assert.Equal((StorageSource.Database, StorageFault.Gone), (fault.Store, fault.Fault));
            }
        }

        Assert.Empty(await Days.ListAsync(Cancellation));
    }

    [Fact]
    public virtual async Task A_partition_that_was_never_made_is_gone_too()
    {
        await MakeAsync(Days, "another");
        await using var db = new Db(Fixture.OpenEngine().Partitions.Open(new(Fixture.ModuleName, "never"), Durability.Full));

        Assert.Equal(StorageFault.Gone, (await Assert.ThrowsAsync<StorageException>(() => CountAsync(db))).Fault);
        Assert.Equal(StorageFault.Gone, (await Assert.ThrowsAsync<StorageException>(() => AddAsync(db, 1))).Fault);
        Assert.Equal(["another"], await Days.ListAsync(Cancellation));
    }

    [Fact]
    public virtual async Task Those_at_work_beside_a_drop_end_whole_or_are_told_that_it_is_gone()
    {
        var db = await MakeAsync(Days, "a");
        var other = (await FindAsync(Open(Fixture.OpenEngine()), "a"))!;
        using var enough = new CancellationTokenSource();
        var begun = NewSignal();
        var users = Enumerable.Range(0, 12).Select(u => Task.Run(
            async () =>
            {
                for (var i = 0L; i < 100_000; i++)
                {
                    var id = (u * 1_000_000L) + i;
                    await (u % 2 == 0 ? db : other).TransactAsync(
                        async session =>
                        {
                            await session.ExecuteAsync("INSERT INTO span (id) VALUES (@id)", new { id });
                            return await session.ExecuteAsync("INSERT INTO page (id) VALUES (@id)", new { id });
                        },
                        Cancellation);
                    var (spans, pages) = await db.ReadAsync(
                        async session => (await session.FindAsync<long>("SELECT COUNT(*) FROM span"), await session.FindAsync<long>("SELECT COUNT(*) FROM page")), Cancellation);
                    Assert.True(pages >= 0 && spans > 0);
                    begun.TrySetResult();
                }
            },
            Cancellation)).ToList();
        await begun.Task.WithinAMinuteAsync("the first row");

        Assert.True(await Days.DropAsync("a", Cancellation).WithinAMinuteAsync("the drop"));

        var faults = await Task.WhenAll(users.Select(u => Record.ExceptionAsync(() => u).AsTask())).WithinAMinuteAsync("those at work");
        Assert.All(faults, static fault => Assert.Equal(StorageFault.Gone, Assert.IsType<StorageException>(fault).Fault));
        Assert.Empty(await Days.ListAsync(Cancellation));
        Assert.Equal(0, await CountAsync(await MakeAsync(Days, "a")));
    }

    [Fact]
    public virtual async Task Of_two_replicas_one_makes_and_drops_when_the_other_is_done()
    {
        var gate = new Gate(Fixture.OpenEngine());
        var (slow, quick) = (Open(gate), Open(Fixture.OpenEngine()));
        var making = slow.MakeAsync("a", Cancellation);
        await gate.Reached.WithinAMinuteAsync("the one who makes it");

        // The partition is there, and has no tables yet.
        var (dropping, finding) = (quick.DropAsync("a", Cancellation), quick.FindAsync("b", Cancellation));
        await Task.WhenAny(dropping, finding, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancellation));
        Assert.False(dropping.IsCompleted || finding.IsCompleted);
        gate.Release();

        var made = Own(await making.WithinAMinuteAsync("the one who makes it"));
        Assert.True(await dropping.WithinAMinuteAsync("the one who drops it"));
        Assert.Null(await finding);
        Assert.Equal(StorageFault.Gone, (await Assert.ThrowsAsync<StorageException>(() => AddAsync(made, 1))).Fault);
        Assert.Empty(await Days.ListAsync(Cancellation));
    }

    [Fact]
    public virtual async Task Replicas_that_make_and_drop_at_once_leave_whole_partitions()
    {
        var replicas = Enumerable.Range(0, 4).Select(_ => Open(Fixture.OpenEngine())).ToList();

        await Task.WhenAll(replicas.Select(async (replica, r) =>
        {
            for (var i = 0; i < 6; i++)
            {
                await using var db = await replica.MakeAsync("a", Cancellation);
                var fault = await Record.ExceptionAsync(() => AddAsync(db, (r * 100) + i));
                Assert.True(fault is null or StorageException { Fault: StorageFault.Gone }, $"{fault}");
                if (i % 2 == r % 2)
                {
                    await replica.DropAsync("a", Cancellation);
                }
            }
        })).WithinAMinuteAsync("four replicas");

        await AddAsync(await MakeAsync(Days, "a"), 10_000);
        Assert.Equal(["a"], await Days.ListAsync(Cancellation));
    }

    [Fact]
    public virtual async Task A_partition_that_was_left_half_made_is_completed()
    {
        var engine = Fixture.OpenEngine();
        await engine.Partitions.MakeAsync(new(Fixture.ModuleName, "a"), Cancellation);

        Assert.Equal(0, await CountAsync((await FindAsync(Days, "a"))!));
        await engine.Partitions.MakeAsync(new(Fixture.ModuleName, "b"), Cancellation);
        Assert.Equal(0, await CountAsync(await MakeAsync(Days, "b")));
    }

    [Fact]
    public virtual async Task A_partition_of_another_installation_is_refused()
    {
        await using var module = Fixture.Open();
        await Installations.MarkAsync(module, "first", Cancellation);
        Assert.Equal("first", (await Installations.FindAsync(await MakeAsync(Days, "a"), Cancellation))!.Id);
        await module.ExecuteAsync("UPDATE installation SET id = 'second'", null, Cancellation);

        var find = await Assert.ThrowsAsync<StorageException>(() => Days.FindAsync("a", Cancellation));
        var make = await Assert.ThrowsAsync<StorageException>(() => Days.MakeAsync("a", Cancellation));

        Assert.All([find, make], static fault => Assert.Equal(StorageFault.Unavailable, fault.Fault));
        Assert.Contains("another installation", find.Message, StringComparison.Ordinal);
    }

    [Fact]
    public virtual async Task Those_that_are_as_they_were_written_are_well()
    {
        await using var module = Fixture.Open();
        await Installations.MarkAsync(module, "first", Cancellation);
        await AddAsync(await MakeAsync(Days, "a"), 1);
        await MakeAsync(Days, "b");

        var report = await ExamineAsync();

        Assert.Empty(report.Problems);
        Assert.Equal(2, report.Count);
    }

    [Fact]
    public virtual async Task One_that_is_gone_without_a_drop_is_told_of_until_somebody_says_that_it_is_lost()
    {
        await MakeAsync(Days, "a");
        await MakeAsync(Days, "b");
        await LoseAsync("a");

        Assert.StartsWith($"The partition {Fixture.ModuleName}/a was not dropped and is gone.", Assert.Single((await ExamineAsync()).Problems), StringComparison.Ordinal);
        Assert.Null(await FindAsync(Days, "a"));

        // What comes is kept, and what was is missed all the same.
        await AddAsync(await MakeAsync(Days, "a"), 1);
        await MakeAsync(Days, "a");
        Assert.Contains("was gone; it began anew", Assert.Single((await ExamineAsync()).Problems), StringComparison.Ordinal);

        Assert.True(await ForgetAsync("a"));
        Assert.False(await ForgetAsync("a"));
        Assert.Empty((await ExamineAsync()).Problems);
        Assert.Equal(1, await CountAsync((await FindAsync(Days, "a"))!));
    }

    [Fact]
    public virtual async Task A_loss_that_is_accepted_or_dropped_is_none_any_more()
    {
        await MakeAsync(Days, "a");
        await MakeAsync(Days, "b");
        await LoseAsync("a");
        await LoseAsync("b");
        Assert.Equal(2, (await ExamineAsync()).Problems.Count);

        Assert.True(await ForgetAsync("a"));
        Assert.False(await Days.DropAsync("b", Cancellation));

        Assert.Empty((await ExamineAsync()).Problems);
        Assert.False(await ForgetAsync("never"));
    }

    [Fact]
    public virtual async Task One_that_was_emptied_is_told_of_also_when_it_was_filled_since()
    {
        await MakeAsync(Days, "a");
        await LoseAsync("a");
        await Fixture.OpenEngine().Partitions.MakeAsync(new(Fixture.ModuleName, "a"), Cancellation);

        Assert.Contains("/a was not dropped and is empty", Assert.Single((await ExamineAsync()).Problems), StringComparison.Ordinal);
        Assert.Equal(0, await CountAsync((await FindAsync(Days, "a"))!));
        Assert.Contains("was gone; it began anew", Assert.Single((await ExamineAsync()).Problems), StringComparison.Ordinal);
    }

    [Fact]
    public virtual async Task A_dropped_or_half_made_one_is_no_loss()
    {
        await MakeAsync(Days, "a");
        await Days.DropAsync("a", Cancellation);
        await Fixture.OpenEngine().Partitions.MakeAsync(new(Fixture.ModuleName, "b"), Cancellation);
        var gate = new Gate(Fixture.OpenEngine());
        var making = Open(gate).MakeAsync("c", Cancellation);
        await gate.Reached.WithinAMinuteAsync("the one who makes it");

        var report = await ExamineAsync();
        gate.Release();
        Own(await making);

        Assert.Empty(report.Problems);
        Assert.Equal(2, report.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public virtual async Task One_whose_drop_was_cut_off_is_there_whole_or_gone_and_no_loss(bool whenDone)
    {
        await AddAsync(await MakeAsync(Days, "a"), 1);

        await Assert.ThrowsAsync<OperationCanceledException>(() => Open(new CutOff(Fixture.OpenEngine(), whenDone)).DropAsync("a", Cancellation));

        Assert.Empty((await ExamineAsync()).Problems);
        Assert.Equal(!whenDone, await Days.DropAsync("a", Cancellation));
        Assert.Empty(await Days.ListAsync(Cancellation));
        Assert.Empty((await ExamineAsync()).Problems);
    }

    [Fact]
    public virtual async Task Of_two_who_drop_at_once_one_has_dropped_it()
    {
        await AddAsync(await MakeAsync(Days, "a"), 1);
        var gate = new Gate(Fixture.OpenEngine());
        var first = Open(gate).DropAsync("a", Cancellation);
        await gate.Reached.WithinAMinuteAsync("the one who drops it");

        var second = Open(Fixture.OpenEngine()).DropAsync("a", Cancellation);
        var making = Open(Fixture.OpenEngine()).MakeAsync("a", Cancellation);
        await Task.WhenAny(second, making, Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, Cancellation));
        Assert.False(second.IsCompleted || making.IsCompleted);
        gate.Release();

        // Whoever makes it comes before the second who drops, or after.
        Assert.True(await first.WithinAMinuteAsync("the first"));
        var again = await second.WithinAMinuteAsync("the second");
        Own(await making.WithinAMinuteAsync("the one who makes it"));
        Assert.Equal(again ? [] : ["a"], await Days.ListAsync(Cancellation));
        Assert.Empty((await ExamineAsync()).Problems);
    }

    [Fact]
    public virtual async Task Of_several_each_is_told_of_by_itself()
    {
        await using var module = Fixture.Open();
        await Installations.MarkAsync(module, "first", Cancellation);
        await AddAsync(await MakeAsync(Days, "good"), 1);
        var foreign = await MakeAsync(Days, "foreign");
        await foreign.ExecuteAsync("UPDATE installation SET id = 'second'", null, Cancellation);
        Own(await Own(new Partitions(Fixture.OpenEngine(), Fixture.ModuleName, s_newerTables, Durability.Full, TimeProvider.System)).MakeAsync("newer", Cancellation));
        await MakeAsync(Days, "lost");
        await LoseAsync("lost");

        var problems = (await ExamineAsync()).Problems;

        Assert.Collection(
            problems.Order(StringComparer.Ordinal),
            p => Assert.StartsWith($"The partition {Fixture.ModuleName}/foreign bears the mark of another installation (second, not first)", p, StringComparison.Ordinal),
            p => Assert.StartsWith($"The partition {Fixture.ModuleName}/lost was not dropped and is gone.", p, StringComparison.Ordinal),
            p => Assert.Contains("was written by a newer version of stagedoor (schema 2)", p, StringComparison.Ordinal));
        Assert.Equal(1, await CountAsync((await FindAsync(Days, "good"))!));
    }

    [Theory]
    [InlineData(Durability.Full)]
    [InlineData(Durability.Normal)]
    public virtual async Task A_partition_has_the_durability_that_was_asked_for(Durability durability)
    {
        var days = Own(new Partitions(Fixture.OpenEngine(), Fixture.ModuleName, s_tables, durability, TimeProvider.System));
        var db = await MakeAsync(days, "a");
        var sql = db.Engine is "sqlite" ? "PRAGMA synchronous" : "SHOW synchronous_commit";

        var value = await db.TransactAsync(session => session.FindAsync<string>(sql), Cancellation);

        Assert.Equal((db.Engine, durability) switch
        {
            ("sqlite", Durability.Full) => "2",
            ("sqlite", _) => "1",
            (_, Durability.Full) => "on",
            _ => "off",
        }, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../module")]
    [InlineData("a/b")]
    [InlineData("a$b")]
    [InlineData("a\"; DROP SCHEMA public; --")]
    [InlineData("A")]
    [InlineData("-a")]
    [InlineData("a\n")]
    [InlineData("a.db")]
    [InlineData("123456789012345678901234567890123")]
    public virtual async Task A_name_that_is_none_is_refused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Days.MakeAsync(name, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Days.FindAsync(name, Cancellation));
        await Assert.ThrowsAsync<ArgumentException>(() => Days.DropAsync(name, Cancellation));
        Assert.Throws<ArgumentException>(() => new PartitionName("Tracing", "a"));
    }

    [Fact]
    public virtual async Task A_dropped_partition_takes_no_room()
    {
        var db = await MakeAsync(Days, "a");
        await AddAsync(db, 1);
        await CountAsync(db);

        await Days.DropAsync("a", Cancellation);

        Assert.Empty(await LeftAsync());
    }

    /// <summary>What the engine still keeps of the partitions that were dropped, in its own words.</summary>
    protected abstract Task<IReadOnlyList<string>> LeftAsync();

    /// <summary>The engine with a place of this test's own.</summary>
    protected abstract Task<DatabaseFixture> CreateAsync();

    /// <summary>What is to be seen of the partitions from outside.</summary>
    protected Task<PartitionReport> ExamineAsync() =>
        PartitionCheck.ExamineAsync(Fixture.OpenEngine(), Fixture.ModuleName, s_tables, Cancellation).WithinAMinuteAsync("the check");

    private Task<bool> ForgetAsync(string name) => PartitionCheck.ForgetLossAsync(Fixture.OpenEngine(), Fixture.ModuleName, name, Cancellation);

    // As somebody who knows nothing of partitions removes it.
    private Task<bool> LoseAsync(string name) => Fixture.OpenEngine().Partitions.DropAsync(new(Fixture.ModuleName, name), Cancellation);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static Task<int> AddAsync(Db db, long id) => db.ExecuteAsync("INSERT INTO span (id) VALUES (@id)", new { id }, Cancellation);

    private static Task<long> CountAsync(Db db) => db.FindAsync<long>("SELECT COUNT(*) FROM span", null, Cancellation);

    private async Task<Db> MakeAsync(Partitions partitions, string name) => Own(await partitions.MakeAsync(name, Cancellation));

    private async Task<Db?> FindAsync(Partitions partitions, string name) => await partitions.FindAsync(name, Cancellation) is { } db ? Own(db) : null;

    private Partitions Open(IDatabaseEngine engine) => Own(new Partitions(engine, Fixture.ModuleName, s_tables, Durability.Full, TimeProvider.System));

    private T Own<T>(T owned)
        where T : IAsyncDisposable
    {
        _owned.Add(owned);
        return owned;
    }

    /// <summary>Whoever drops a partition is killed before it is gone, or after.</summary>
    private sealed class CutOff(IDatabaseEngine inner, bool whenDone) : IDatabaseEngine, IPartitionEngine
    {
        public IPartitionEngine Partitions => this;

        public IDatabase Open(string moduleName, Durability durability = Durability.Full) => inner.Open(moduleName, durability);

        public IDatabase Open(PartitionName partition, Durability durability) => inner.Partitions.Open(partition, durability);

        public Task MakeAsync(PartitionName partition, CancellationToken cancellationToken) => inner.Partitions.MakeAsync(partition, cancellationToken);

        public Task<IReadOnlyList<PartitionName>> ListAsync(string moduleName, CancellationToken cancellationToken) =>
            inner.Partitions.ListAsync(moduleName, cancellationToken);

        public async Task<bool> DropAsync(PartitionName partition, CancellationToken cancellationToken)
        {
            if (whenDone)
            {
                await inner.Partitions.DropAsync(partition, cancellationToken);
            }

            throw new OperationCanceledException("killed");
        }
    }

    /// <summary>Stops the first who makes or drops a partition: it is made and has no tables, or it is about to go.</summary>
    private sealed class Gate(IDatabaseEngine inner) : IDatabaseEngine, IPartitionEngine
    {
        private readonly TaskCompletionSource _reached = NewSignal();
        private readonly TaskCompletionSource _released = NewSignal();

        public IPartitionEngine Partitions => this;

        internal Task Reached => _reached.Task;

        public IDatabase Open(string moduleName, Durability durability = Durability.Full) => inner.Open(moduleName, durability);

        public IDatabase Open(PartitionName partition, Durability durability) => inner.Partitions.Open(partition, durability);

        public async Task MakeAsync(PartitionName partition, CancellationToken cancellationToken)
        {
            await inner.Partitions.MakeAsync(partition, cancellationToken);
            _reached.TrySetResult();
            await _released.Task.WaitAsync(cancellationToken);
        }

        public Task<IReadOnlyList<PartitionName>> ListAsync(string moduleName, CancellationToken cancellationToken) =>
            inner.Partitions.ListAsync(moduleName, cancellationToken);

        public async Task<bool> DropAsync(PartitionName partition, CancellationToken cancellationToken)
        {
            _reached.TrySetResult();
            await _released.Task.WaitAsync(cancellationToken);
            return await inner.Partitions.DropAsync(partition, cancellationToken);
        }

        internal void Release() => _released.TrySetResult();
    }
}
