using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Background.Jobs;
using Stagedoor.Storage;
using Xunit;

namespace Stagedoor.Background.Tests.Jobs;

public sealed class JobRunnerTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly JobDatabase.Sqlite _database = new();
    private readonly JobRunnerOptions _options = new() { MaxConcurrency = 2, MaxAttempts = 3 };
    private readonly Handler _handler = new();
    private readonly List<JobRunner> _runners = [];
    private readonly GatedDatabase _gate;
    private readonly Db _db;
    private readonly JobStore _jobs;

    public JobRunnerTests()
    {
        _gate = new(_database.Engine.Open(_database.ModuleName));
        _db = new(_gate);
        _jobs = new(_db, new());
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() =>
        await MigrationRunner.RunAsync(_db, typeof(JobRunnerTests).Assembly, TimeProvider.System, Cancellation);

    public async ValueTask DisposeAsync()
    {
        _gate.IsDead = false;
        _handler.Release();
        foreach (var runner in _runners)
        {
            await StopAsync(runner);
            runner.Dispose();
        }

        await _gate.DisposeAsync();
        await _db.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_job_is_done_and_its_progress_and_result_are_kept()
    {
        _handler.Work = async (run, token) =>
        {
            await run.ReportAsync("half done", token);
            return $"built {run.Job.WorkKey}";
        };
        await StartAsync("one");
        var id = await AddAsync("a");

        var job = await EndAsync(id);

        Assert.Equal((JobState.Succeeded, "built a", "half done", 1L), (job.State, job.Result, job.Progress, job.Attempts));
    }

    [Fact]
    public async Task Jobs_that_wait_for_another_leave_it_their_places()
    {
        var isThere = false;
        _handler.Work = (run, _) =>
        {
            isThere |= run.Job.WorkKey is "beneath";
            return isThere ? Task.FromResult<string?>(run.Job.WorkKey) : throw new JobPostponedException(TimeSpan.FromMilliseconds(20));
        };
        var above = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            above.Add(await AddAsync($"above {i}"));
        }

        var beneath = await AddAsync("beneath");
        await StartAsync("one");

        Assert.Equal("beneath", (await EndAsync(beneath)).Result);
        foreach (var id in above)
        {
            var job = await EndAsync(id);
            Assert.Equal((JobState.Succeeded, 1L), (job.State, job.Attempts));
        }
    }

    [Fact]
    public async Task A_job_that_fails_is_tried_again_after_longer_and_longer_pauses_and_then_given_up()
    {
        var begun = new ConcurrentQueue<DateTimeOffset>();
        _handler.Work = (_, _) =>
        {
            begun.Enqueue(_database.Time.GetUtcNow());
            throw new InvalidDataException("no such file");
        };
        await StartAsync("one");
        var id = await AddAsync("a");

        var job = await EndAsync(id);

        Assert.Equal((JobState.Failed, "no such file", 3L), (job.State, job.Error, job.Attempts));
        var times = begun.ToArray();
        Assert.Equal(3, times.Length);
        Assert.True(times[1] - times[0] >= TimeSpan.FromSeconds(1), $"{times[1] - times[0]}");
        Assert.True(times[2] - times[1] >= TimeSpan.FromSeconds(2), $"{times[2] - times[1]}");
    }

    [Fact]
    public async Task No_more_jobs_run_at_a_time_than_are_allowed()
    {
        var (now, most) = (0, 0);
        _handler.Work = async (_, token) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            await Task.Yield();
            await _jobs.FindAsync("any", token);
            Interlocked.Decrement(ref now);
            return null;
        };
        var ids = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            ids.Add(await AddAsync($"{i}"));
        }

        await StartAsync("one");
        foreach (var id in ids)
        {
            Assert.Equal(JobState.Succeeded, (await EndAsync(id)).State);
        }

        Assert.InRange(most, 1, 2);
    }

    [Fact]
    public async Task A_job_that_is_cancelled_while_it_runs_is_stopped_when_its_lease_is_renewed()
    {
        _handler.Work = (_, token) => _handler.HangAsync(token);
        await StartAsync("one");
        var id = await AddAsync("a");
        await _handler.Begun.WaitAsync(s_patience, Cancellation);

        await _jobs.CancelAsync(id, Cancellation);

        Assert.Equal(JobState.Cancelled, (await EndAsync(id)).State);
    }

    [Fact]
    public async Task A_process_that_stops_gives_its_jobs_back_and_another_does_them_at_once()
    {
        _handler.Work = (_, token) => _handler.HangAsync(token);
        var first = await StartAsync("one");
        var id = await AddAsync("a");
        await _handler.Begun.WaitAsync(s_patience, Cancellation);

        await first.StopAsync(Cancellation).WaitAsync(s_patience, Cancellation);

        var waiting = (await _jobs.FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Waiting, 0L, 1L), (waiting.State, waiting.Attempts, waiting.Epoch));
        _handler.Work = static (_, _) => Task.FromResult<string?>("done elsewhere");
        await StartAsync("two");
        Assert.Equal("done elsewhere", (await EndAsync(id)).Result);
    }

    [Fact]
    public async Task A_job_that_does_not_heed_the_stop_neither_holds_it_nor_is_given_back()
    {
        _handler.Work = (_, _) => _handler.HangAsync(CancellationToken.None);
        var runner = await StartAsync("one");
        var id = await AddAsync("a");
        await _handler.Begun.WaitAsync(s_patience, Cancellation);
        using var deadline = new CancellationTokenSource();
        var stopping = runner.StopAsync(deadline.Token);
        await deadline.CancelAsync();

        await stopping.WaitAsync(s_patience, Cancellation);

        Assert.Equal((JobState.Running, "one"), (await _jobs.FindAsync(id, Cancellation) is { } job ? (job.State, job.Owner) : default));
    }

    [Fact]
    public async Task A_job_whose_renewals_do_not_come_through_is_stopped_and_taken_over()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _handler.Work = async (run, token) =>
        {
            if (run.Job.Epoch > 1)
            {
                return "taken over";
            }

            try
            {
                return await _handler.HangAsync(token);
            }
            finally
            {
                stopped.TrySetResult();
            }
        };
        await StartAsync("one");
        var id = await AddAsync("a");
        await _handler.Begun.WaitAsync(s_patience, Cancellation);

        _gate.IsDead = true;
        await UntilAsync(() => Task.FromResult(stopped.Task.IsCompleted));
        _gate.IsDead = false;

        var job = await EndAsync(id);
        Assert.Equal((JobState.Succeeded, "taken over"), (job.State, job.Result));
        Assert.True(job.Epoch >= 2);
    }

    [Fact]
    public async Task A_job_that_ends_every_process_that_begins_it_is_given_up()
    {
        var id = await AddAsync("a");
        for (var i = 0; i < 3; i++)
        {
            Assert.Single(await _jobs.ClaimAsync("build", $"dead {i}", 1, TimeSpan.FromSeconds(1), Cancellation));
            _database.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await StartAsync("one");

        var job = await EndAsync(id);
        Assert.Equal((JobState.Failed, false), (job.State, _handler.Begun.IsCompleted));
    }

    [Fact]
    public async Task Many_jobs_of_one_kind_do_not_hold_up_those_of_another()
    {
        _options.MaxConcurrency = 1;
        var done = new ConcurrentQueue<string>();
        _handler.Work = (run, _) => Note(run);
        var sync = new Handler("sync") { Work = (run, _) => Note(run) };
        Task<string?> Note(JobRun run)
        {
            done.Enqueue(run.Job.Kind);
            return Task.FromResult<string?>(null);
        }

        string last = "";
        for (var i = 0; i < 30; i++)
        {
            last = await AddAsync($"{i}");
        }

        _database.Time.Advance(TimeSpan.FromSeconds(1));
        var id = (await _jobs.AddAsync("sync", "a", null, TimeSpan.Zero, Cancellation)).Id;

        await StartAsync("one", _jobs, _handler, sync);
        await EndAsync(id);
        await EndAsync(last);

        Assert.InRange(done.ToList().IndexOf("sync"), 0, 1);
    }

    [Fact]
    public async Task A_job_that_always_fails_ends_with_its_error_and_the_others_are_done_meanwhile()
    {
        _options.MaxConcurrency = 1;
        var begun = new ConcurrentQueue<string>();
        _handler.Work = (run, _) =>
        {
            begun.Enqueue(run.Job.WorkKey);
            return run.Job.WorkKey is "poison" ? throw new InvalidDataException("odd \0 \ud800") : Task.FromResult<string?>(null);
        };
        var poison = await AddAsync("poison");
        var good = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            _database.Time.Advance(TimeSpan.FromMilliseconds(1));
            good.Add(await AddAsync($"{i}"));
        }

        await StartAsync("one");
        foreach (var id in good)
        {
            Assert.Equal(JobState.Succeeded, (await EndAsync(id)).State);
        }

        var job = await EndAsync(poison);
        Assert.Equal((JobState.Failed, 3L, "odd \uFFFD \uFFFD"), (job.State, job.Attempts, job.Error));
        Assert.Equal(["poison", "0", "1", "2", "3", "4", "poison", "poison"], begun);
    }

    [Fact]
    public async Task A_job_whose_end_cannot_be_written_at_once_is_not_done_again()
    {
        _options.MaxAttempts = 1;
        var begun = 0;
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _handler.Work = (_, _) =>
        {
            begun++;
            _gate.IsDead = true;
            failed.SetResult();
            return Task.FromResult<string?>("done");
        };
        await StartAsync("one");
        var id = await AddAsync("a");
        await UntilAsync(() => Task.FromResult(failed.Task.IsCompleted));

        // Less than the lease.
        _database.Time.Advance(TimeSpan.FromSeconds(10));
        await _jobs.FindAsync(id, Cancellation);
        _gate.IsDead = false;

        var job = await EndAsync(id);
        Assert.Equal((JobState.Succeeded, "done", 1L, 1), (job.State, job.Result, job.Epoch, begun));
    }

    [Fact]
    public async Task A_job_whose_owner_died_before_its_end_was_written_is_done_by_another_and_ends_once()
    {
        var (first, second) = (0, 0);
        _handler.Work = (_, _) =>
        {
            first++;
            _gate.IsDead = true;
            return Task.FromResult<string?>("the first");
        };
        await StartAsync("one");
        var id = await AddAsync("a");
        await UntilAsync(() => Task.FromResult(_gate.IsDead));
        await using var db = new Db(_database.Engine.Open(_database.ModuleName));
        var other = new Handler
        {
            Work = (_, _) =>
            {
                second++;
                return Task.FromResult<string?>("the second");
            },
        };
        var runner = await StartAsync("two", new(db, new()), other);

        await EndAsync(id);
        _gate.IsDead = false;
        await StopAsync(_runners[0]);
        await StopAsync(runner);

        var job = (await _jobs.FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Succeeded, "the second", 2L, 1, 1), (job.State, job.Result, job.Epoch, first, second));
    }

    [Fact]
    public async Task An_owner_that_works_on_after_its_lease_counts_for_nothing()
    {
        _handler.Work = async (_, _) =>
        {
            await _handler.HangAsync(CancellationToken.None);
            return "late";
        };
        await StartAsync("one");
        var id = await AddAsync("a");
        await _handler.Begun.WaitAsync(s_patience, Cancellation);
        _gate.IsDead = true;
        await using var db = new Db(_database.Engine.Open(_database.ModuleName));
        var runner = await StartAsync("two", new(db, new()), new Handler { Work = static (_, _) => Task.FromResult<string?>("in time") });

        await EndAsync(id);
        _gate.IsDead = false;
        _handler.Release();
        await StopAsync(_runners[0]);
        await StopAsync(runner);

        var job = (await _jobs.FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Succeeded, "in time", 2L), (job.State, job.Result, job.Epoch));
    }

    [Fact]
    public async Task A_job_that_fails_because_the_process_stops_is_given_back()
    {
        _handler.Work = async (_, token) =>
        {
            try
            {
                return await _handler.HangAsync(token);
            }
            catch (OperationCanceledException e)
            {
                throw new IOException("the connection was closed", e);
            }
        };
        var runner = await StartAsync("one");
        var id = await AddAsync("a");
        await _handler.Begun.WaitAsync(s_patience, Cancellation);

        await runner.StopAsync(Cancellation).WaitAsync(s_patience, Cancellation);

        var job = (await _jobs.FindAsync(id, Cancellation))!;
        Assert.Equal((JobState.Waiting, 0L, null), (job.State, job.Attempts, job.Error));
        Assert.Single(await _jobs.ClaimAsync("build", "another", 1, TimeSpan.FromMinutes(1), Cancellation));
    }

    [Fact]
    public async Task A_job_whose_renewals_fail_in_an_odd_way_is_stopped_too()
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _handler.Work = async (_, token) =>
        {
            try
            {
                return await _handler.HangAsync(token);
            }
            finally
            {
                stopped.TrySetResult();
            }
        };
        await StartAsync("one");
        var id = await AddAsync("a");
        await _handler.Begun.WaitAsync(s_patience, Cancellation);

        _gate.Fault = new InvalidOperationException("odd");
        await UntilAsync(() => Task.FromResult(stopped.Task.IsCompleted));

        Assert.Equal(JobState.Running, (await _jobs.FindAsync(id, Cancellation))!.State);
    }

    [Fact]
    public async Task What_is_asked_for_is_begun_when_that_is_committed_and_not_at_the_next_look()
    {
        _options.PollInterval = TimeSpan.FromHours(1);
        await StartAsync("one");
        await _jobs.AddAsync("sync", "others are not woken", null, TimeSpan.Zero, Cancellation);

        await _jobs.AddAsync("build", "a", null, TimeSpan.Zero, Cancellation);

        // No time passes by this clock.
        await _handler.Begun.WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task A_lane_that_hangs_leaves_room_for_others_and_the_rest_of_it_waits_its_turn()
    {
        (_options.MaxConcurrency, _options.MaxPerLane) = (3, 2);
        var begun = new ConcurrentQueue<string>();
        _handler.Work = (run, token) =>
        {
            begun.Enqueue(run.Job.WorkKey);
            return run.Job.Lane is "slow" ? _handler.HangAsync(token) : Task.FromResult<string?>("done");
        };
        for (var i = 0; i < 20; i++)
        {
            await _jobs.AddAsync("build", $"slow {i}", null, TimeSpan.Zero, Cancellation, "slow");
        }

        await StartAsync("one");
        string[] ids = new string[10];
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = (await _jobs.AddAsync("build", $"fast {i}", null, TimeSpan.Zero, Cancellation, i < 5 ? "fast" : null)).Id;
        }

        foreach (var id in ids)
        {
            Assert.Equal("done", (await EndAsync(id)).Result);
        }

        Assert.Equal(2, begun.Count(static k => k.StartsWith("slow", StringComparison.Ordinal)));
        _handler.Release();
        await UntilAsync(() => Task.FromResult(begun.Count == 30));
    }

    [Fact]
    public async Task Who_stops_a_lane_hears_when_nobody_does_anything_in_it()
    {
        _options.MaxPerLane = 1;
        var ended = 0;
        _handler.Work = async (_, token) =>
        {
            try
            {
                return await _handler.HangAsync(token);
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        };
        await StartAsync("one");
        var id = (await _jobs.AddAsync("build", "a", null, TimeSpan.Zero, Cancellation, "gone")).Id;
        await _handler.Begun.WaitAsync(s_patience, Cancellation);

        // The owner hears at once, long before it would renew; no time passes by this clock.
        await _jobs.StopLaneAsync("build", "gone", TimeProvider.System, Cancellation).WaitAsync(s_patience, Cancellation);

        Assert.Equal((JobState.Cancelled, 1), ((await _jobs.FindAsync(id, Cancellation))!.State, ended));
        await _jobs.StopLaneAsync("build", "never was", TimeProvider.System, Cancellation);
    }

    [Fact]
    public async Task Who_keeps_what_became_of_a_job_hears_of_its_failure_before_it_is_written()
    {
        var heard = new ConcurrentQueue<(string Key, string Error, JobState State)>();
        _handler.Failed = async (job, error) =>
        {
            heard.Enqueue((job.WorkKey, error, (await _jobs.FindAsync(job.Id, Cancellation))!.State));
            if (heard.Count == 1)
            {
                throw new StorageException(StorageSource.Database, StorageFault.Unavailable, "away");
            }
        };
        _handler.Work = static (_, _) => throw new InvalidDataException("no such file");
        var dead = (await _jobs.AddAsync("build", "dead", null, TimeSpan.Zero, Cancellation)).Id;
        for (var i = 0; i < 3; i++)
        {
            Assert.Single(await _jobs.ClaimAsync("build", $"dead {i}", 1, TimeSpan.FromSeconds(1), Cancellation));
            _database.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await StartAsync("one");
        await EndAsync(dead);
        await EndAsync(await AddAsync("failing"));

        // The first could not be kept and was told again when the lease was over.
        const string Died = "Every process that began it ended before it was done.";
        Assert.Equal(
            [("dead", Died, JobState.Running), ("dead", Died, JobState.Running), ("failing", "no such file", JobState.Running)],
            heard);
    }

    private Task<JobRunner> StartAsync(string owner) => StartAsync(owner, _jobs, _handler);

    private async Task<JobRunner> StartAsync(string owner, JobStore jobs, params IJobHandler[] handlers)
    {
        var runner = new JobRunner(jobs, handlers, _options, owner, _database.Time, NullLogger.Instance);
        _runners.Add(runner);
        await runner.StartAsync(Cancellation);
        return runner;
    }

    private async Task<string> AddAsync(string key)
    {
        var added = await _jobs.AddAsync("build", key, null, TimeSpan.Zero, Cancellation);
        _runners.ForEach(static runner => runner.Wake());
        return added.Id;
    }

    private async Task<Job> EndAsync(string id)
    {
        Job? job = null;
        await UntilAsync(async () => (job = await _jobs.FindAsync(id, Cancellation))!.FinishedAt is not null);
        return job!;
    }

    // The clock goes on in small steps, so that whoever waits for a moment of it meets that moment.
    // An end that could not be written waits by the clock before it is tried again.
    private async Task StopAsync(JobRunner runner)
    {
        var stopping = runner.StopAsync(Cancellation);
        await UntilAsync(() => Task.FromResult(stopping.IsCompleted));
        await stopping;
    }

    private async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(s_patience);

        // Leases are short: a busy machine must get some work done in each step of their time.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!await isSo())
        {
            await pace.WaitForNextTickAsync(patience.Token);
            await _jobs.FindUnfinishedAsync("build", "none", Cancellation);
            _database.Time.Advance(TimeSpan.FromMilliseconds(50));
        }
    }

    private sealed class Handler(string kind = "build") : IJobHandler
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<string?> _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Kind => kind;

        internal Func<JobRun, CancellationToken, Task<string?>> Work { get; set; } = static (_, _) => Task.FromResult<string?>(null);

        internal Func<Job, string, Task> Failed { get; set; } = static (_, _) => Task.CompletedTask;

        internal Task Begun => _begun.Task;

        public Task HearFailureAsync(Job job, string reason, CancellationToken cancellationToken) => Failed(job, reason);

        public Task<string?> RunAsync(JobRun run, CancellationToken cancellationToken)
        {
            _begun.TrySetResult();
            return Work(run, cancellationToken);
        }

        internal Task<string?> HangAsync(CancellationToken cancellationToken) => _released.Task.WaitAsync(cancellationToken);

        internal void Release() => _released.TrySetResult(null);
    }
}
