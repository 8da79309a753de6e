using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Testing;

/// <summary>The clock of the whole hosts of these tests. Times that must not come by themselves are hours away.</summary>
public sealed class RunningClockTests : IDisposable
{
    private static readonly TimeSpan s_hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly RunningClock _clock = new();
    private readonly List<string> _calls = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _clock.Dispose();

    [Fact]
    public void It_runs_with_the_systems_clock_and_as_far_ahead_as_it_was_set()
    {
        _clock.Advance(s_hour);

        var (low, now, high) = (TimeProvider.System.GetUtcNow(), _clock.GetUtcNow(), TimeProvider.System.GetUtcNow());

        Assert.InRange(now, low + s_hour, high + s_hour);
    }

    [Fact]
    public void The_time_of_day_and_the_time_that_passes_go_forward_together()
    {
        var (day, passing) = (_clock.GetUtcNow(), _clock.GetTimestamp());

        _clock.Advance(TimeSpan.FromDays(400));

        Assert.InRange(_clock.GetElapsedTime(passing), TimeSpan.FromDays(400), TimeSpan.FromDays(400) + s_patience);
        Assert.InRange(_clock.GetUtcNow() - day, TimeSpan.FromDays(400), TimeSpan.FromDays(400) + s_patience);
    }

    [Fact]
    public void Time_does_not_go_back()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.Advance(-TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void Another_time_of_day_lets_no_time_pass()
    {
        using var timer = Timer("late", s_hour);
        var passing = _clock.GetTimestamp();

        _clock.Turn(-s_hour * 3);
        var earlier = _clock.GetUtcNow();
        _clock.Turn(s_hour * 6);

        Assert.InRange(_clock.GetUtcNow() - earlier, s_hour * 6, (s_hour * 6) + s_patience);
        Assert.InRange(_clock.GetElapsedTime(passing), TimeSpan.Zero, s_patience);
        Assert.Empty(_calls);
    }

    [Fact]
    public async Task After_the_process_stood_still_what_came_due_rings_once_and_by_itself()
    {
        var rung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var times = 0;
        var start = _clock.GetUtcNow();
        await using var timer = _clock.CreateTimer(
            _ =>
            {
                Interlocked.Increment(ref times);
                rung.TrySetResult();
            },
            null,
            s_hour,
            s_hour);

        _clock.StandStill(s_hour * 10);
        await rung.Task.WaitAsync(s_patience, Cancellation);
        _clock.Advance(s_hour);

        Assert.Equal(2, times);
        Assert.InRange(_clock.GetUtcNow() - start, s_hour * 11, (s_hour * 11) + s_patience);
    }

    [Fact]
    public async Task A_timer_rings_by_itself_when_its_time_has_come()
    {
        var rung = new TaskCompletionSource<TimeSpan>(TaskCreationOptions.RunContinuationsAsynchronously);
        var since = _clock.GetTimestamp();

        await using var timer = _clock.CreateTimer(_ => rung.TrySetResult(_clock.GetElapsedTime(since)), null, TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan);

        Assert.InRange(await rung.Task.WaitAsync(s_patience, Cancellation), TimeSpan.FromMilliseconds(20), s_patience);
    }

    [Fact]
    public async Task A_timer_that_was_brought_near_rings_by_itself_for_the_rest()
    {
        var rung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var timer = _clock.CreateTimer(_ => rung.TrySetResult(), null, s_hour, Timeout.InfiniteTimeSpan);

        _clock.Advance(s_hour - TimeSpan.FromMilliseconds(20));

        await rung.Task.WaitAsync(s_patience, Cancellation);
    }

    [Fact]
    public async Task A_callback_that_blocks_keeps_no_other_timer_from_ringing()
    {
        using var go = new ManualResetEventSlim();
        var rung = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var blocking = _clock.CreateTimer(_ => go.Wait(Cancellation), null, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        await using var other = _clock.CreateTimer(_ => rung.TrySetResult(), null, TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);

        try
        {
            await rung.Task.WaitAsync(s_patience, Cancellation);
        }
        finally
        {
            go.Set();
        }
    }

    [Fact]
    public void What_is_not_due_yet_does_not_ring()
    {
        using var timer = Timer("late", s_hour);

        _clock.Advance(s_hour - s_patience);

        Assert.Empty(_calls);
    }

    [Fact]
    public void Timers_ring_in_the_order_of_their_times_each_at_its_time()
    {
        var start = _clock.GetUtcNow();
        var at = new List<double>();
        using var third = _clock.CreateTimer(_ => At(), null, s_hour * 3, Timeout.InfiniteTimeSpan);
        using var first = _clock.CreateTimer(_ => At(), null, s_hour, Timeout.InfiniteTimeSpan);
        using var second = _clock.CreateTimer(_ => At(), null, s_hour * 2, Timeout.InfiniteTimeSpan);

        _clock.Advance(s_hour * 5);

        Assert.Equal([1, 2, 3], at);
        Assert.InRange(_clock.GetUtcNow() - start, s_hour * 5, (s_hour * 5) + s_patience);

        void At() => at.Add(Math.Floor((_clock.GetUtcNow() - start).TotalHours));
    }

    [Fact]
    public void A_periodic_timer_rings_as_often_as_it_is_due()
    {
        using var timer = Timer("tick", s_hour, s_hour / 2);

        _clock.Advance(s_hour + s_patience);
        var first = _calls.Count;
        _clock.Advance(s_hour * 2);

        Assert.Equal((1, 5), (first, _calls.Count));
    }

    [Fact]
    public void A_timer_that_a_callback_sets_rings_in_the_same_advance()
    {
        ITimer? inner = null;
        using var outer = _clock.CreateTimer(
            _ => inner = Timer("inner", s_hour), null, s_hour, Timeout.InfiniteTimeSpan);
        using var between = Timer("between", s_hour * 1.5);
        using var after = Timer("after", s_hour * 2.5);

        _clock.Advance(s_hour * 3);

        inner!.Dispose();
        Assert.Equal(["between", "inner", "after"], _calls);
    }

    [Fact]
    public void A_timer_can_be_set_again_by_its_own_callback()
    {
        ITimer? timer = null;
        timer = _clock.CreateTimer(
            _ =>
            {
                _calls.Add("again");
                timer!.Change(s_hour, Timeout.InfiniteTimeSpan);
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        timer.Change(s_hour, Timeout.InfiniteTimeSpan);

        _clock.Advance(s_hour * 4.5);

        timer.Dispose();
        Assert.Equal(4, _calls.Count);
    }

    [Fact]
    public void A_timer_that_was_set_to_another_time_rings_at_that_one()
    {
        using var timer = Timer("moved", s_hour);
        using var other = Timer("other", s_hour * 2);

        var changed = timer.Change(s_hour * 3, Timeout.InfiniteTimeSpan);
        _clock.Advance(s_hour * 4);

        Assert.True(changed);
        Assert.Equal(["other", "moved"], _calls);
    }

    [Fact]
    public void A_timer_that_an_earlier_callback_stops_does_not_ring()
    {
        using var stopped = Timer("stopped", s_hour * 2, s_hour);
        using var disposed = Timer("disposed", s_hour * 2, s_hour);
        using var first = _clock.CreateTimer(
            _ =>
            {
                stopped.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                disposed.Dispose();
            },
            null,
            s_hour,
            Timeout.InfiniteTimeSpan);

        _clock.Advance(s_hour * 9);

        Assert.Empty(_calls);
        Assert.False(disposed.Change(s_hour, s_hour));
    }

    [Fact]
    public void A_periodic_timer_can_end_itself()
    {
        ITimer? timer = null;
        timer = _clock.CreateTimer(
            _ =>
            {
                _calls.Add("once");
                timer!.Dispose();
            },
            null,
            s_hour,
            s_hour);

        _clock.Advance(s_hour * 9);

        Assert.Equal(["once"], _calls);
    }

    [Fact]
    public async Task Who_waits_for_the_end_of_a_timer_waits_for_its_callback()
    {
        using var go = new ManualResetEventSlim();
        using var begun = new SemaphoreSlim(0);
        var timer = _clock.CreateTimer(
            _ =>
            {
                begun.Release();
                go.Wait(Cancellation);
            },
            null,
            s_hour,
            Timeout.InfiniteTimeSpan);
        var advancing = Task.Run(() => _clock.Advance(s_hour), Cancellation);
        Assert.True(await begun.WaitAsync(s_patience, Cancellation));

        var ended = timer.DisposeAsync().AsTask();
        var early = ended.IsCompleted;
        go.Set();
        await ended.WaitAsync(s_patience, Cancellation);
        await advancing.WaitAsync(s_patience, Cancellation);

        Assert.False(early);
        Assert.True(timer.DisposeAsync().AsTask().IsCompleted);
    }

    [Fact]
    public async Task While_a_callback_blocks_the_clock_can_be_read_timers_set_and_time_let_pass()
    {
        using var go = new ManualResetEventSlim();
        using var begun = new SemaphoreSlim(0);
        await using var blocking = _clock.CreateTimer(
            _ =>
            {
                begun.Release();
                go.Wait(Cancellation);
            },
            null,
            s_hour,
            Timeout.InfiniteTimeSpan);
        var start = _clock.GetUtcNow();
        var advancing = Task.Run(() => _clock.Advance(s_hour), Cancellation);
        Assert.True(await begun.WaitAsync(s_patience, Cancellation));

        using var other = Timer("other", s_hour);
        _clock.Advance(s_hour);
        var now = _clock.GetUtcNow();
        var returned = advancing.IsCompleted;
        go.Set();
        await advancing.WaitAsync(s_patience, Cancellation);

        Assert.Equal(["other"], _calls);
        Assert.False(returned);
        Assert.InRange(now - start, s_hour * 2, (s_hour * 2) + s_patience);
        Assert.InRange(_clock.GetUtcNow() - start, s_hour * 2, (s_hour * 2) + s_patience);
    }

    [Fact]
    public void A_callback_can_let_time_pass_itself()
    {
        var start = _clock.GetUtcNow();
        using var outer = _clock.CreateTimer(_ => _clock.Advance(s_hour * 2), null, s_hour, Timeout.InfiniteTimeSpan);
        using var inner = Timer("inner", s_hour * 2);
        using var last = Timer("last", s_hour * 3.5);

        _clock.Advance(s_hour * 2);

        Assert.Equal(["inner", "last"], _calls);
        Assert.InRange(_clock.GetUtcNow() - start, s_hour * 4, (s_hour * 4) + s_patience);
    }

    [Fact]
    public void A_callback_that_fails_takes_no_time_away()
    {
        var start = _clock.GetUtcNow();
        using var failing = _clock.CreateTimer(static _ => throw new InvalidOperationException("on purpose"), null, s_hour, Timeout.InfiniteTimeSpan);

        var failure = Assert.Throws<InvalidOperationException>(() => _clock.Advance(s_hour * 2));

        Assert.Equal("on purpose", failure.Message);
        Assert.InRange(_clock.GetUtcNow() - start, s_hour * 2, (s_hour * 2) + s_patience);
    }

    [Fact]
    public void Many_who_let_time_pass_at_once_let_all_of_it_pass_and_every_timer_rings_once()
    {
        var start = _clock.GetUtcNow();
        var rung = new int[1_000];
        using var timers = new Timers(
            [.. Enumerable.Range(0, rung.Length).Select(n => _clock.CreateTimer(_ => Interlocked.Increment(ref rung[n]), null, s_hour + (s_patience * n), Timeout.InfiniteTimeSpan))]);

        Parallel.For(0, 8, _ => _clock.Advance(s_hour * 5));

        Assert.All(rung, static times => Assert.Equal(1, times));
        Assert.InRange(_clock.GetUtcNow() - start, s_hour * 40, (s_hour * 40) + s_patience);
    }

    [Fact]
    public async Task Delays_and_timeouts_that_have_this_clock_end_with_it()
    {
        var delay = Task.Delay(s_hour, _clock, Cancellation);
        using var timeout = new CancellationTokenSource(s_hour * 2, _clock);
        var waiting = new TaskCompletionSource().Task.WaitAsync(s_hour * 3, _clock, Cancellation);
        using var periodic = new PeriodicTimer(s_hour * 4, _clock);
        var tick = periodic.WaitForNextTickAsync(Cancellation).AsTask();
        List<bool> ended = [];

        for (var hour = 0; hour < 5; hour++)
        {
            ended.AddRange(delay.IsCompleted, timeout.IsCancellationRequested, waiting.IsCompleted, tick.IsCompleted);
            _clock.Advance(s_hour);
        }

        Assert.Equal(
            [
                .. (bool[])[false, false, false, false],
                .. (bool[])[true, false, false, false],
                .. (bool[])[true, true, false, false],
                .. (bool[])[true, true, true, false],
                .. (bool[])[true, true, true, true],
            ],
            ended);
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        Assert.True(await tick);
    }

    [Fact]
    public void A_delay_after_a_delay_ends_in_the_same_advance()
    {
        var loop = LoopAsync();

        _clock.Advance(s_hour * 10.5);

        Assert.Equal(10, _calls.Count);
        Assert.False(loop.IsCompleted);

        async Task LoopAsync()
        {
            while (true)
            {
                await Task.Delay(s_hour, _clock, Cancellation);
                _calls.Add("round");
            }
        }
    }

    [Fact]
    public void A_callback_sees_what_flowed_to_its_timer_and_changes_nothing_of_its_caller()
    {
        var local = new AsyncLocal<string> { Value = "at the timer" };
        string? seen = null;
        using var timer = _clock.CreateTimer(
            _ =>
            {
                seen = local.Value;
                local.Value = "in the callback";
            },
            null,
            s_hour,
            Timeout.InfiniteTimeSpan);
        local.Value = "at the advance";

        _clock.Advance(s_hour);

        Assert.Equal(("at the timer", "at the advance"), (seen, local.Value));
    }

    [Theory]
    [InlineData(-2, 0)]
    [InlineData(0, -2)]
    [InlineData(4_294_967_295, 0)]
    [InlineData(0, 4_294_967_295)]
    public void A_time_that_the_systems_timers_do_not_take_is_refused(long due, long period)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _clock.CreateTimer(static _ => { }, null, TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period)));
        Assert.Throws<ArgumentOutOfRangeException>(() => TimeProvider.System.CreateTimer(static _ => { }, null, TimeSpan.FromMilliseconds(due), TimeSpan.FromMilliseconds(period)));
    }

    private ITimer Timer(string name, TimeSpan due) => Timer(name, due, Timeout.InfiniteTimeSpan);

    private ITimer Timer(string name, TimeSpan due, TimeSpan period) => _clock.CreateTimer(_ => _calls.Add(name), null, due, period);

    private sealed class Timers(List<ITimer> timers) : IDisposable
    {
        public void Dispose() => timers.ForEach(static t => t.Dispose());
    }
}
