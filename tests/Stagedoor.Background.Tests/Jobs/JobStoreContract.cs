using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Stagedoor.Background.Jobs;
using Stagedoor.Storage;
using Xunit;

namespace Stagedoor.Background.Tests.Jobs;

/// <summary>What jobs are on every engine.</summary>
public abstract class JobStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan s_lease = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private JobDatabase? _database;
    private GatedDatabase? _gate;
    private Db? _db;
    private Db? _otherDb;
    private JobStore? _jobs;
    private JobStore? _other;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private JobStore Jobs => _jobs!;

    private JobStore Other => _other!;

    private Db Db => _db!;

    private protected JobDatabase Database => _database!;

    public async ValueTask InitializeAsync()
    {
        _database = Create();
        _gate = new(_database.Engine.Open(_database.ModuleName));
        (_db, _otherDb) = (new(_gate), new(_database.Engine.Open(_database.ModuleName)));
        (_jobs, _other) = (new(_db, new()), new(_otherDb, new()));
        await MigrationRunner.RunAsync(_db, typeof(JobStoreContract).Assembly, TimeProvider.System, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var db in new[] { _db, _otherDb }.OfType<Db>())
        {
            await db.DisposeAsync();
        }

        if (_gate is not null)
        {
            await _gate.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("half \ud800 a character")]
    [InlineData("a NUL \0 in it")]
    public async Task A_result_that_no_database_can_hold_ends_the_job_all_the_same(string result)
    {
        await Jobs.AddAsync("odd", result.Length.ToString(System.Globalization.CultureInfo.InvariantCulture), null, TimeSpan.Zero, Cancellation);
        var job = Assert.Single(await Jobs.ClaimAsync("odd", "one", 10, s_lease, Cancellation));

        Assert.True(await Jobs.SucceedAsync(job, result, Cancellation));

        Assert.Equal(Text.Repair(result), (await Jobs.FindAsync(job.Id, Cancellation))!.Result);
    }

    [Fact]
    public async Task The_same_work_asked_for_twice_is_one_job_until_it_is_finished()
    {
        var first = await Jobs.AddAsync("build", "a", "argument", TimeSpan.Zero, Cancellation);
        var again = await Other.AddAsync("build", "a", "another", TimeSpan.Zero, Cancellation);
        var different = await Jobs.AddAsync("sync", "a", null, TimeSpan.Zero, Cancellation);

        Assert.Equal((true, false, true), (first.IsNew, again.IsNew, different.IsNew));
        Assert.Equal(first.Id, again.Id);
        var job = await ClaimOneAsync(Jobs, "me");
        Assert.Equal(("argument", JobState.Running, 1L, 1L, "me"), (job.Argument, job.State, job.Epoch, job.Attempts, job.Owner));
        Assert.False((await Jobs.AddAsync("build", "a", null, TimeSpan.Zero, Cancellation)).IsNew);
        Assert.True(await Jobs.SucceedAsync(job, "done", Cancellation));

        Assert.True((await Jobs.AddAsync("build", "a", null, TimeSpan.Zero, Cancellation)).IsNew);
        var finished = (await Jobs.FindAsync(first.Id, Cancellation))!;
        Assert.Equal((JobState.Succeeded, "done", null), (finished.State, finished.Result, finished.Owner));
        Assert.NotEqual(first.Id, (await Jobs.FindUnfinishedAsync("build", "a", Cancellation))!.Id);
    }

    [Fact]
    public async Task Of_many_who_ask_for_the_same_work_one_makes_the_job()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 24).Select(i =>
            (i % 2 == 0 ? Jobs : Other).AddAsync("build", "a", null, TimeSpan.Zero, Cancellation))).WaitAsync(s_patience, Cancellation);

        Assert.Single(added, static a => a.IsNew);
        Assert.Single(added.DistinctBy(static a => a.Id));
    }

    [Fact]
    public async Task Work_is_asked_for_with_the_transaction_or_not_at_all()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => Db.TransactAsync<int>(
            async session =>
            {
                await Jobs.AddAsync(session, "build", "a", null, TimeSpan.Zero);
                throw new InvalidDataException("changed my mind");
            },
            Cancellation));

        Assert.Null(await Jobs.FindUnfinishedAsync("build", "a", Cancellation));
    }

    [Fact]
    public async Task Jobs_are_claimed_when_their_time_has_come_and_the_longest_due_first()
    {
        await AddAsync("late", TimeSpan.FromHours(1));
        await AddAsync("third", TimeSpan.FromSeconds(3));
        await AddAsync("first", TimeSpan.FromSeconds(1));
        await AddAsync("second", TimeSpan.FromSeconds(2));
        Assert.Empty(await Jobs.ClaimAsync("sync", "me", 10, s_lease, Cancellation));
        await PassAsync(TimeSpan.FromMinutes(1));

        var two = await Jobs.ClaimAsync("build", "me", 2, s_lease, Cancellation);
        var rest = await Other.ClaimAsync("build", "other", 10, s_lease, Cancellation);

        Assert.Equal(["first", "second"], two.Select(static j => j.WorkKey).Order(StringComparer.Ordinal));
        Assert.Equal(["third"], rest.Select(static j => j.WorkKey));
    }

    [Fact]
    public async Task Two_who_claim_at_the_same_moment_get_different_jobs()
    {
        await AddAsync("a", TimeSpan.Zero);
        await AddAsync("b", TimeSpan.Zero);
        var reached = _gate!.HoldNext();
        var first = Jobs.ClaimAsync("build", "one", 1, s_lease, Cancellation);
        await reached.WaitAsync(s_patience, Cancellation);

        // PostgreSQL passes over the row that the first has in its hands, SQLite has one writer.
        var second = Other.ClaimAsync("build", "two", 2, s_lease, Cancellation);
        if (Db.Engine is "postgresql")
        {
            Assert.Single(await second.WaitAsync(s_patience, Cancellation));
        }

        _gate.Release();
        var claimed = (await first.WaitAsync(s_patience, Cancellation)).Concat(await second.WaitAsync(s_patience, Cancellation)).ToList();
        Assert.Equal(["a", "b"], claimed.Select(static j => j.WorkKey).Order(StringComparer.Ordinal));
        Assert.Equal(["one", "two"], claimed.Select(static j => j.Owner!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Many_who_claim_get_each_job_once()
    {
        for (var i = 0; i < 60; i++)
        {
            await AddAsync($"{i:00}", TimeSpan.Zero);
        }

        var claims = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            var mine = new List<Job>();
            while (await (i % 2 == 0 ? Jobs : Other).ClaimAsync("build", $"{i}", 3, s_lease, Cancellation) is { Count: > 0 } some)
            {
                mine.AddRange(some);
            }

            return mine;
        })).WaitAsync(s_patience, Cancellation);

        Assert.Equal(60, claims.Sum(static c => c.Count));
        Assert.Equal(60, claims.SelectMany(static c => c).DistinctBy(static j => j.Id).Count());
    }

    [Fact]
    public async Task A_job_whose_owner_died_is_taken_over_and_the_late_owner_can_change_nothing()
    {
        await AddAsync("a", TimeSpan.Zero);
        var lost = await ClaimOneAsync(Jobs, "first");
        Assert.Empty(await Other.ClaimAsync("build", "second", 1, s_lease, Cancellation));
        await PassAsync(s_lease);

        var taken = await ClaimOneAsync(Other, "second");

        Assert.Equal((lost.Id, 2L, 2L), (taken.Id, taken.Epoch, taken.Attempts));
        Assert.Equal(JobHold.Lost, await Jobs.RenewAsync(lost, s_lease, "late", Cancellation));
        Assert.False(await Jobs.SucceedAsync(lost, "late", Cancellation));
        Assert.False(await Jobs.FailAsync(lost, "late", Cancellation));
        Assert.False(await Jobs.RetryAsync(lost, "late", TimeSpan.Zero, Cancellation));
        Assert.False(await Jobs.GiveBackAsync(lost, Cancellation));
        Assert.False(await Jobs.EndCancelledAsync(lost, Cancellation));
        Assert.Equal(taken, await Jobs.FindAsync(taken.Id, Cancellation));
        Assert.True(await Other.SucceedAsync(taken, null, Cancellation));
    }

    [Fact]
    public async Task The_same_owner_that_takes_its_job_again_is_another_owner()
    {
        await AddAsync("a", TimeSpan.Zero);
        var lost = await ClaimOneAsync(Jobs, "me");
        await PassAsync(s_lease);
        var taken = await ClaimOneAsync(Jobs, "me");

        Assert.False(await Jobs.SucceedAsync(lost, null, Cancellation));
        Assert.True(await Jobs.SucceedAsync(taken, null, Cancellation));
    }

    [Fact]
    public async Task A_job_that_is_renewed_stays_its_owners_and_shows_its_progress()
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");
        for (var i = 0; i < 4; i++)
        {
            await PassAsync(s_lease / 2);
            Assert.Equal(JobHold.Held, await Jobs.RenewAsync(job, s_lease, i == 1 ? "half \0done" : null, Cancellation));
            Assert.Empty(await Other.ClaimAsync("build", "other", 1, s_lease, Cancellation));
        }

        Assert.Equal("half \uFFFDdone", (await Other.FindAsync(job.Id, Cancellation))!.Progress);
        await PassAsync(s_lease + TimeSpan.FromSeconds(1));
        Assert.Equal(JobHold.Held, await Jobs.RenewAsync(job, s_lease, null, Cancellation));
        Assert.Empty(await Other.ClaimAsync("build", "other", 1, s_lease, Cancellation));
    }

    [Fact]
    public async Task A_job_is_finished_once()
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");

        var ends = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            i % 2 == 0 ? Jobs.SucceedAsync(job, "done", Cancellation) : Other.FailAsync(job, "failed", Cancellation))).WaitAsync(s_patience, Cancellation);

        Assert.Single(ends, static ended => ended);
        Assert.Equal(JobHold.Lost, await Jobs.RenewAsync(job, s_lease, null, Cancellation));
        await PassAsync(s_lease);
        Assert.Empty(await Jobs.ClaimAsync("build", "me", 1, s_lease, Cancellation));
    }

    [Fact]
    public async Task A_job_that_nobody_has_is_cancelled_at_once()
    {
        var waiting = await AddAsync("a", TimeSpan.FromHours(1));

        Assert.True(await Jobs.CancelAsync(waiting, Cancellation));

        Assert.Equal(JobState.Cancelled, (await Jobs.FindAsync(waiting, Cancellation))!.State);
        Assert.False(await Jobs.CancelAsync(waiting, Cancellation));
        Assert.False(await Jobs.CancelAsync("none", Cancellation));
        await PassAsync(TimeSpan.FromHours(2));
        Assert.Empty(await Jobs.ClaimAsync("build", "me", 1, s_lease, Cancellation));
    }

    [Fact]
    public async Task The_owner_of_a_job_hears_that_it_shall_be_cancelled_when_it_renews()
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");

        Assert.True(await Other.CancelAsync(job.Id, Cancellation));

        Assert.Equal(JobState.Running, (await Jobs.FindAsync(job.Id, Cancellation))!.State);
        Assert.Equal(JobHold.CancelRequested, await Jobs.RenewAsync(job, s_lease, null, Cancellation));
        Assert.True(await Jobs.EndCancelledAsync(job, Cancellation));
        Assert.Equal(JobState.Cancelled, (await Jobs.FindAsync(job.Id, Cancellation))!.State);
    }

    [Fact]
    public async Task A_job_that_was_cancelled_beside_its_end_has_one_of_the_two_ends()
    {
        for (var i = 0; i < 20; i++)
        {
            await AddAsync($"{i}", TimeSpan.Zero);
            var job = await ClaimOneAsync(Jobs, "me");

            var (done, cancelled) = (Jobs.SucceedAsync(job, "done", Cancellation), Other.CancelAsync(job.Id, Cancellation));
            await Task.WhenAll(done, cancelled).WaitAsync(s_patience, Cancellation);

            // Its owner had it, so the request is only a request.
            Assert.True(await done);
            var end = (await Jobs.FindAsync(job.Id, Cancellation))!;
            Assert.Equal((JobState.Succeeded, await cancelled), (end.State, end.CancelRequestedAt is not null));
        }
    }

    [Fact]
    public async Task A_job_whose_owner_died_is_cancelled_at_once_and_stays_so()
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");
        await PassAsync(s_lease);

        Assert.True(await Other.CancelAsync(job.Id, Cancellation));

        Assert.False(await Jobs.SucceedAsync(job, null, Cancellation));
        Assert.Equal(JobState.Cancelled, (await Jobs.FindAsync(job.Id, Cancellation))!.State);
    }

    [Fact]
    public async Task An_attempt_that_failed_is_followed_by_another_after_the_pause()
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");

        Assert.True(await Jobs.RetryAsync(job, "odd \0 " + new string('x', 10_000), TimeSpan.FromSeconds(30), Cancellation));

        var waiting = (await Jobs.FindAsync(job.Id, Cancellation))!;
        Assert.Equal((JobState.Waiting, null, 4_000), (waiting.State, waiting.Owner, waiting.Error!.Length));
        Assert.Empty(await Jobs.ClaimAsync("build", "me", 1, s_lease, Cancellation));
        await PassAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((2L, 2L), (await ClaimOneAsync(Jobs, "me") is var next ? (next.Epoch, next.Attempts) : default));
    }

    [Fact]
    public async Task An_attempt_that_was_given_back_does_not_count_and_is_there_at_once()
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");

        Assert.True(await Jobs.GiveBackAsync(job, Cancellation));

        var next = await ClaimOneAsync(Other, "other");
        Assert.Equal((2L, 1L), (next.Epoch, next.Attempts));
        Assert.False(await Jobs.SucceedAsync(job, null, Cancellation));
    }

    [Fact]
    public async Task Finished_jobs_are_removed_when_they_are_old()
    {
        var old = await AddAsync("old", TimeSpan.Zero);
        await Jobs.SucceedAsync(await ClaimOneAsync(Jobs, "me"), null, Cancellation);
        var waiting = await AddAsync("waiting", TimeSpan.Zero);
        await PassAsync(TimeSpan.FromDays(2));
        var young = await AddAsync("young", TimeSpan.FromDays(1));
        await Jobs.CancelAsync(young, Cancellation);

        Assert.Equal(1, await Jobs.RemoveFinishedAsync(TimeSpan.FromDays(1), Cancellation));

        Assert.Null(await Jobs.FindAsync(old, Cancellation));
        Assert.NotNull(await Jobs.FindAsync(young, Cancellation));
        Assert.NotNull(await Jobs.FindAsync(waiting, Cancellation));
    }

    [Fact]
    public async Task A_job_knows_the_request_that_asked_for_it()
    {
        using var activity = new Activity("request").Start();

        var id = await AddAsync("a", TimeSpan.Zero);

        Assert.Equal(activity.Id, (await Jobs.FindAsync(id, Cancellation))!.TraceParent);
    }

    public static TheoryData<string?, string?, string?> Refused() => new()
    {
        { "kind \0", null, null },
        { "kind \ud800", null, null },
        { new('k', 101), null, null },
        { null, "key \0", null },
        { null, "\udc00 key", null },
        { null, new('k', 501), null },
        { null, null, "argument \0" },
        { null, null, "argument \ud800" },
        { null, null, new('a', (1 << 20) + 1) },
    };

    [Theory(DisableDiscoveryEnumeration = true)]
    [MemberData(nameof(Refused))]
    public async Task Work_that_no_database_can_hold_is_refused_and_not_asked_for(string? kind, string? workKey, string? argument)
    {
        var fault = await Assert.ThrowsAsync<StorageException>(() => Jobs.AddAsync(kind ?? "build", workKey ?? "a", argument, TimeSpan.Zero, Cancellation));

        Assert.Equal(StorageFault.Refused, fault.Fault);
        Assert.Equal(0, await Db.FindAsync<long>("SELECT COUNT(*) FROM job", null, Cancellation));
    }

    [Fact]
    public async Task The_longest_texts_that_are_allowed_are_kept_whole()
    {
        // Incompressible, and three bytes each: what an index takes is counted in bytes, and PostgreSQL packs what repeats itself.
        string Text(int length) => string.Concat(Enumerable.Range(0, length).Select(static _ => (char)RandomNumberGenerator.GetInt32('\u4e00', '\u9fff')));
        var (kind, workKey, argument, result) = (Text(100), Text(500), Text(1 << 20), Text(1 << 20));

        var added = await Jobs.AddAsync(kind, workKey, argument, TimeSpan.Zero, Cancellation);
        var job = Assert.Single(await Jobs.ClaimAsync(kind, "me", 1, s_lease, Cancellation));
        Assert.True(await Jobs.SucceedAsync(job, result, Cancellation));

        job = (await Jobs.FindAsync(added.Id, Cancellation))!;
        Assert.Equal((kind, workKey, JobState.Succeeded), (job.Kind, job.WorkKey, job.State));
        Assert.True(job.Argument == argument && job.Result == result);
    }

    [Fact]
    public async Task A_result_that_is_too_long_ends_the_job_and_is_told_as_its_error()
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");

        Assert.True(await Jobs.SucceedAsync(job, new('x', (1 << 20) + 1), Cancellation));

        job = (await Jobs.FindAsync(job.Id, Cancellation))!;
        Assert.Equal((JobState.Failed, null), (job.State, job.Result));
        Assert.Contains("1048577", job.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_that_no_database_can_hold_ends_the_job_all_the_same()
    {
        await AddAsync("a", TimeSpan.Zero);

        Assert.True(await Jobs.FailAsync(await ClaimOneAsync(Jobs, "me"), "\0\udc00" + new string('x', 3_997) + "\ud83d\ude00", Cancellation));

        var id = (await Db.FindAsync<string>("SELECT id FROM job", null, Cancellation))!;
        Assert.Equal("\uFFFD\uFFFD" + new string('x', 3_997), (await Jobs.FindAsync(id, Cancellation))!.Error);
    }

    [Theory]
    [InlineData("odd \0")]
    [InlineData("odd \ud800")]
    public async Task What_no_job_can_be_called_is_not_there(string odd)
    {
        await AddAsync("a", TimeSpan.Zero);

        Assert.Null(await Jobs.FindAsync(odd, Cancellation));
        Assert.Null(await Jobs.FindUnfinishedAsync("build", odd, Cancellation));
        Assert.False(await Jobs.CancelAsync(odd, Cancellation));
    }

    [Fact]
    public async Task A_request_that_cannot_be_written_down_does_not_keep_its_work_from_being_done()
    {
        using var activity = new Activity("request").SetParentId("|odd \0 \ud800").Start();

        var id = await AddAsync("a", TimeSpan.Zero);

        Assert.Contains('\0', activity.Id!);
        Assert.Null((await Jobs.FindAsync(id, Cancellation))!.TraceParent);
    }

    [Fact]
    public async Task Two_who_claim_the_one_job_at_the_same_moment_do_not_both_get_it()
    {
        await AddAsync("a", TimeSpan.Zero);
        var (first, second) = await BesideAsync(
            () => Jobs.ClaimAsync("build", "one", 1, s_lease, Cancellation), () => Other.ClaimAsync("build", "two", 1, s_lease, Cancellation));

        Assert.Equal("one", Assert.Single(first).Owner);
        Assert.Empty(second);
    }

    [Fact]
    public async Task An_owner_that_ends_its_job_while_another_takes_it_over_comes_too_late()
    {
        await AddAsync("a", TimeSpan.Zero);
        var lost = await ClaimOneAsync(Other, "first");
        await PassAsync(s_lease);

        var (taken, (ended, hold)) = await BesideAsync(
            () => ClaimOneAsync(Jobs, "second"),
            async () => (await Other.SucceedAsync(lost, "late", Cancellation), await Other.RenewAsync(lost, s_lease, null, Cancellation)));

        Assert.Equal((false, JobHold.Lost), (ended, hold));
        Assert.True(await Jobs.SucceedAsync(taken, "second", Cancellation));
        Assert.Equal("second", (await Jobs.FindAsync(taken.Id, Cancellation))!.Result);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_owner_that_is_a_moment_earlier_than_who_takes_over_keeps_its_job(bool ends)
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "first");
        await PassAsync(s_lease);

        var (kept, taken) = await BesideAsync(
            async () => ends ? await Jobs.SucceedAsync(job, null, Cancellation) : await Jobs.RenewAsync(job, s_lease, null, Cancellation) is JobHold.Held,
            () => Other.ClaimAsync("build", "second", 1, s_lease, Cancellation));

        Assert.True(kept);
        Assert.Empty(taken);
    }

    [Fact]
    public async Task Who_claims_a_job_that_is_being_cancelled_does_not_get_it()
    {
        var id = await AddAsync("a", TimeSpan.Zero);

        var (cancelled, claimed) = await BesideAsync(
            () => Jobs.CancelAsync(id, Cancellation), () => Other.ClaimAsync("build", "me", 1, s_lease, Cancellation));

        Assert.True(cancelled);
        Assert.Empty(claimed);
        Assert.Equal(JobState.Cancelled, (await Jobs.FindAsync(id, Cancellation))!.State);
    }

    [Fact]
    public async Task Who_claims_a_job_a_moment_before_it_is_cancelled_hears_of_it()
    {
        var id = await AddAsync("a", TimeSpan.Zero);

        var (job, cancelled) = await BesideAsync(() => ClaimOneAsync(Jobs, "me"), () => Other.CancelAsync(id, Cancellation));

        Assert.True(cancelled);
        Assert.Equal(JobHold.CancelRequested, await Jobs.RenewAsync(job, s_lease, null, Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_that_shall_be_cancelled_is_not_tried_again(bool isGivenBack)
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");
        Assert.True(await Other.CancelAsync(job.Id, Cancellation));

        Assert.True(isGivenBack ? await Jobs.GiveBackAsync(job, Cancellation) : await Jobs.RetryAsync(job, "failed", TimeSpan.FromHours(1), Cancellation));

        var ended = (await Jobs.FindAsync(job.Id, Cancellation))!;
        Assert.Equal((JobState.Cancelled, isGivenBack ? null : "failed"), (ended.State, ended.Error));
        Assert.True((await Jobs.AddAsync("build", "a", null, TimeSpan.Zero, Cancellation)).IsNew);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_job_that_is_cancelled_beside_the_end_of_an_attempt_is_not_tried_again(bool cancelsFirst)
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");
        Task<bool> RetryAsync(JobStore jobs) => jobs.RetryAsync(job, "failed", TimeSpan.FromHours(1), Cancellation);

        var (first, second) = cancelsFirst
            ? await BesideAsync(() => Jobs.CancelAsync(job.Id, Cancellation), () => RetryAsync(Other))
            : await BesideAsync(() => RetryAsync(Jobs), () => Other.CancelAsync(job.Id, Cancellation));

        Assert.True(first && second);
        Assert.Equal(JobState.Cancelled, (await Jobs.FindAsync(job.Id, Cancellation))!.State);
    }

    [Fact]
    public async Task Work_that_is_asked_for_while_the_same_is_being_finished_is_new_work()
    {
        await AddAsync("a", TimeSpan.Zero);
        var job = await ClaimOneAsync(Jobs, "me");

        var (done, added) = await BesideAsync(
            () => Jobs.SucceedAsync(job, null, Cancellation), () => Other.AddAsync("build", "a", null, TimeSpan.Zero, Cancellation));

        Assert.True(done && added.IsNew);
        Assert.Equal(added.Id, (await ClaimOneAsync(Other, "me")).Id);
    }

    [Fact]
    public async Task Claiming_and_removing_look_at_the_jobs_in_question_alone()
    {
        await Db.TransactAsync(
            async session =>
            {
                for (var i = 0; i < 6_000; i++)
                {
                    await Jobs.AddAsync(session, i % 3 == 0 ? "sync" : "build", $"{i}", null, TimeSpan.FromSeconds(i), i % 5 == 0 ? null : $"lane {i % 5}");
                }

                await session.ExecuteAsync("UPDATE job SET finished_at = next_at, outcome = 'succeeded' WHERE kind = 'sync'");
                return await session.ExecuteAsync("ANALYZE job");
            },
            Cancellation);

        var due = await PlanAsync(Jobs.DueSql, new { kind = "build", limit = 4, perLane = 2, full = new[] { "a", "b" } });
        var claim = await PlanAsync(Jobs.ClaimSql, new { kind = "build", owner = "me", limit = 4, lease = 1_000L });
        var remove = await PlanAsync(Jobs.RemoveSql, new { olderThan = 0L, limit = 500 });

        Assert.Contains("job_due", claim, StringComparison.Ordinal);
        Assert.Contains("job_finished", remove, StringComparison.Ordinal);
        Assert.Contains("job_lane", due, StringComparison.Ordinal);
        Assert.All([claim, remove, due], static plan => Assert.DoesNotMatch("(?i)seq scan on job|scan job(?! using)", plan));
    }

    [Fact]
    public async Task Of_each_lane_a_few_are_due_at_a_time_and_the_longest_due_first()
    {
        var ago = 100_000;
        foreach (var (key, lane) in ((string, string?)[])
            [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("n1", null), ("n2", null), ("n3", null), ("c1", "c"), ("a4", "a"), ("c2", "c")])
        {
            await Jobs.AddAsync("build", key, null, TimeSpan.Zero, Cancellation, lane);
            await Db.ExecuteAsync("UPDATE job SET next_at = next_at - @ago WHERE work_key = @key", new { key, ago = ago -= 1_000 }, Cancellation);
        }

        await Jobs.AddAsync("build", "later", null, TimeSpan.FromHours(1), Cancellation, "d");
        await Jobs.AddAsync("sync", "other", null, TimeSpan.Zero, Cancellation, "e");

        Assert.Equal(["a1", "a2", "b1", "n1", "n2", "n3", "c1", "c2"], await DueAsync(100, 2));
        Assert.Equal(["a1", "b1", "n1", "n2"], await DueAsync(4, 1));
        Assert.Equal(["b1", "n1", "n2", "n3"], await DueAsync(100, 2, "a", "c"));
        Assert.Equal(["b1", "n1"], await DueAsync(2, 2, "a", "nobody's"));

        async Task<IReadOnlyList<string>> DueAsync(int limit, int perLane, params string[] full)
        {
            var keys = new List<string>();
            foreach (var due in await Jobs.ListDueAsync("build", limit, perLane, full, Cancellation))
            {
                var job = (await Jobs.FindAsync(due.Id, Cancellation))!;
                Assert.Equal(job.Lane, due.Lane);
                keys.Add(job.WorkKey);
            }

            return keys;
        }
    }

    [Fact]
    public async Task Many_finished_jobs_are_removed_a_portion_at_a_time()
    {
        await Db.TransactAsync(
            async session =>
            {
                for (var i = 0; i < 1_200; i++)
                {
                    await Jobs.AddAsync(session, "build", $"{i}", null, TimeSpan.Zero);
                }

                return await session.ExecuteAsync("UPDATE job SET finished_at = next_at, outcome = 'cancelled'");
            },
            Cancellation);
        await AddAsync("waiting", TimeSpan.Zero);

        Assert.Equal(1_200, await Jobs.RemoveFinishedAsync(TimeSpan.Zero, Cancellation));

        Assert.Equal(1, await Db.FindAsync<long>("SELECT COUNT(*) FROM job", null, Cancellation));
    }

    private protected abstract JobDatabase Create();

    private async Task<string> PlanAsync(string sql, object arguments) => string.Join(
        '\n',
        Db.Engine is "sqlite"
            ? (await Db.QueryAsync<Plan>("EXPLAIN QUERY PLAN " + sql, arguments, Cancellation)).Select(static step => step.Detail)
            : await Db.QueryAsync<string>("EXPLAIN " + sql, arguments, Cancellation));

    // The second begins when the first has done everything but commit. PostgreSQL lets it go on until it meets the first's rows, SQLite has one writer.
    private async Task<(TFirst First, TSecond Second)> BesideAsync<TFirst, TSecond>(Func<Task<TFirst>> first, Func<Task<TSecond>> second)
    {
        var reached = _gate!.HoldNext();
        var held = first();
        await reached.WaitAsync(s_patience, Cancellation);
        var beside = second();
        if (Db.Engine is "postgresql")
        {
            await UntilItWaitsAsync(beside);
        }

        _gate.Release();
        return (await held.WaitAsync(s_patience, Cancellation), await beside.WaitAsync(s_patience, Cancellation));
    }

    // The name of the module stands in no statement, but its tables are nobody else's.
    private async Task UntilItWaitsAsync(Task beside)
    {
        const string Waiting = """
            SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid IN (SELECT pid FROM pg_locks WHERE relation = 'job'::regclass)
            """;
        while (!beside.IsCompleted && await _otherDb!.FindAsync<long>(Waiting, null, Cancellation) == 0)
        {
            await Task.Yield();
        }
    }

    private async Task<string> AddAsync(string workKey, TimeSpan delay) => (await Jobs.AddAsync("build", workKey, null, delay, Cancellation)).Id;

    private static async Task<Job> ClaimOneAsync(JobStore jobs, string owner) =>
        Assert.Single(await jobs.ClaimAsync("build", owner, 1, s_lease, Cancellation));

    // One has a job, another cannot take it before the lease is over and can then.
    private protected async Task TakeTurnsAsync(JobStore owner, JobStore other, Db db)
    {
        var before = await Db.ReadClockAsync(Cancellation);
        var added = await owner.AddAsync("build", "clock", null, TimeSpan.Zero, Cancellation);
        var job = await ClaimOneAsync(owner, "owner");
        Assert.InRange(job.CreatedAt, before, await Db.ReadClockAsync(Cancellation));
        Assert.InRange(job.NextAt, before, await Db.ReadClockAsync(Cancellation) + (long)s_lease.TotalMilliseconds);
        Assert.Empty(await other.ClaimAsync("build", "other", 1, s_lease, Cancellation));
        Assert.Equal(JobHold.Held, await owner.RenewAsync(job, s_lease, null, Cancellation));

        await _database!.PassAsync(db, s_lease);

        Assert.True(await other.SucceedAsync(await ClaimOneAsync(other, "other"), "other", Cancellation));
        Assert.False(await owner.SucceedAsync(job, "owner", Cancellation));
        Assert.Equal("other", (await owner.FindAsync(added.Id, Cancellation))!.Result);
    }

    private Task PassAsync(TimeSpan time) => _database!.PassAsync(Db, time);
}

/// <summary>A step of a plan as SQLite tells it.</summary>
internal sealed class Plan
{
    public string Detail { get; set; } = "";
}

public sealed class SqliteJobStoreTests : JobStoreContract
{
    private protected override JobDatabase Create() => new JobDatabase.Sqlite();
}

public sealed class PostgreSqlJobStoreTests : JobStoreContract
{
    [Fact]
    public async Task A_replica_whose_clock_is_an_hour_off_neither_takes_jobs_nor_is_robbed_of_its_own()
    {
        var now = TimeProvider.System.GetUtcNow();
        foreach (var off in (TimeSpan[])[TimeSpan.FromHours(1), TimeSpan.FromHours(-1)])
        {
            await using var engine = ((JobDatabase.PostgreSql)Database).OpenEngine(new FakeTimeProvider(now + off));
            await using var odd = new Db(engine.Open(Database.ModuleName));
            await using var even = new Db(Database.Engine.Open(Database.ModuleName));
            await TakeTurnsAsync(new(odd, new()), new(even, new()), odd);
            await TakeTurnsAsync(new(even, new()), new(odd, new()), even);
        }
    }

    private protected override JobDatabase Create() => new JobDatabase.PostgreSql();
}
