namespace Stagedoor.Testing;

/// <summary>
/// The clock of a whole host: it runs with the system's, and a test can let more time pass. Its timers, and with them all delays and timeouts that
/// were given this clock, ring by its time.
/// </summary>
/// <remarks>
/// No callback runs under the clock's lock: one that blocks holds up the <see cref="Advance"/> that called it, and nothing else.
/// A callback that was taken for its time may still run when its timer is disposed or changed at that moment, as it is with the system's timers.
/// </remarks>
public sealed class RunningClock : TimeProvider, IDisposable
{
    // All times below are ticks of GetTimestamp.
    private readonly Lock _lock = new();
    private readonly SortedSet<Timer> _waiting = new(Timer.ByTime);
    private readonly ITimer _alarm;
    private long _alarmAt = long.MaxValue;
    private long _ahead;
    private long _goal;
    private long _turned;
    private long _order;

    public RunningClock() => _alarm = System.CreateTimer(static clock => ((RunningClock)clock!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    private static long SystemTimestamp => System.GetElapsedTime(0, System.GetTimestamp()).Ticks;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ahead) + Interlocked.Read(ref _turned));

    public override long GetTimestamp() => SystemTimestamp + Interlocked.Read(ref _ahead);

    /// <summary>
    /// Lets time pass. Every timer that this makes due is called before it returns, one after the other in order of their times, each at its time:
    /// also one that an earlier callback set, and a periodic one as often as it is due. Only what another thread was calling already may still run.
    /// </summary>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (_lock)
        {
            _goal += by.Ticks;
        }

        try
        {
            // The goal is everybody's: who advances the clock from a callback, or beside another, takes what is due for both.
            while (TakeBeforeGoal() is { } timer)
            {
                timer.Call();
            }
        }
        finally
        {
            lock (_lock)
            {
                _ahead = _goal;
                SetAlarm();
            }
        }
    }

    /// <summary>
    /// So much time has passed without the process, as when its machine sleeps. What came due meanwhile rings afterwards by itself, once each, and so
    /// perhaps after what else was waiting for the process.
    /// </summary>
    public void StandStill(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        lock (_lock)
        {
            _goal += by.Ticks;
            Interlocked.Add(ref _ahead, by.Ticks);
            SetAlarm();
        }
    }

    /// <summary>Sets the clock to another time of day, also an earlier one. No time passes by that, so that no timer rings.</summary>
    public void Turn(TimeSpan by) => Interlocked.Add(ref _turned, by.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>No timer rings by itself any more.</summary>
    public void Dispose() => _alarm.Dispose();

    private Timer? TakeBeforeGoal()
    {
        lock (_lock)
        {
            var now = SystemTimestamp;
            if (_waiting.Min is not { } timer || timer.Due > now + _goal)
            {
                return null;
            }

            Interlocked.Exchange(ref _ahead, Math.Max(_ahead, timer.Due - now));
            Take(timer);
            return timer;
        }
    }

    private void Ring()
    {
        lock (_lock)
        {
            _alarmAt = long.MaxValue;
            while (_waiting.Min is { } timer && timer.Due <= GetTimestamp())
            {
                Take(timer);
                ThreadPool.UnsafeQueueUserWorkItem(static timer => timer.Call(), timer, preferLocal: false);
            }

            SetAlarm();
        }
    }

    private void Take(Timer timer)
    {
        _waiting.Remove(timer);
        if (timer.Period > 0)
        {
            // Periods that were missed are not made up for: it rings once, and again when the next one is over.
            Set(timer, timer.Due + (timer.Period * (1 + ((GetTimestamp() - timer.Due) / timer.Period))));
        }

        SetAlarm();
    }

    private void Set(Timer timer, long due)
    {
        timer.Due = due;
        timer.Order = _order++;
        _waiting.Add(timer);
    }

    private void SetAlarm()
    {
        var at = _waiting.Min is { } first ? first.Due - _ahead : long.MaxValue;
        if (at == _alarmAt)
        {
            return;
        }

        _alarmAt = at;
        var wait = at == long.MaxValue ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, TimeSpan.FromTicks(at - SystemTimestamp).TotalMilliseconds)));
        _alarm.Change(wait, Timeout.InfiniteTimeSpan);
    }

    private sealed class Timer(RunningClock clock, TimerCallback callback, object? state) : ITimer
    {
        /// <summary>The longest time that the system's timers take.</summary>
        private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

#pragma warning disable CA2213 // What was captured is shared, and disposing it does nothing.
        private readonly ExecutionContext? _context = ExecutionContext.Capture();
#pragma warning restore CA2213
        private TaskCompletionSource? _ended;
        private int _running;
        private bool _isDisposed;

        /// <summary>By due time; of those that are due at once the one that was set first.</summary>
        public static IComparer<Timer> ByTime { get; } = Comparer<Timer>.Create(static (a, b) => (a.Due, a.Order).CompareTo((b.Due, b.Order)));

        public long Due { get; set; }

        public long Order { get; set; }

        public long Period { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Check(dueTime);
            Check(period);
            lock (clock._lock)
            {
                if (_isDisposed)
                {
                    return false;
                }

                clock._waiting.Remove(this);
                Period = period.Ticks;
                if (dueTime != Timeout.InfiniteTimeSpan)
                {
                    clock.Set(this, clock.GetTimestamp() + dueTime.Ticks);
                }

                clock.SetAlarm();
                return true;
            }
        }

        public void Call()
        {
            lock (clock._lock)
            {
                if (_isDisposed)
                {
                    return;
                }

                _running++;
            }

            try
            {
                // Where no context was to flow none is there to run in; that of the caller is only kept from being changed.
                if ((_context ?? ExecutionContext.Capture()) is { } context)
                {
                    ExecutionContext.Run(context, static timer => ((Timer)timer!).Invoke(), this);
                }
                else
                {
                    Invoke();
                }
            }
            finally
            {
                TaskCompletionSource? ended;
                lock (clock._lock)
                {
                    ended = --_running == 0 ? _ended : null;
                }

                ended?.SetResult();
            }
        }

        public void Dispose() => _ = End();

        /// <summary>Is done when no callback of this timer runs any more.</summary>
        public ValueTask DisposeAsync() => new(End());

        private static void Check(TimeSpan time)
        {
            if (time != Timeout.InfiniteTimeSpan)
            {
                ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
                ArgumentOutOfRangeException.ThrowIfGreaterThan(time, s_longest);
            }
        }

        private Task End()
        {
            lock (clock._lock)
            {
                clock._waiting.Remove(this);
                _isDisposed = true;
                return _running == 0 ? Task.CompletedTask : (_ended ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }
        }

        private void Invoke() => callback(state);
    }
}
