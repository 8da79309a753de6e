using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Stagedoor.Background.Tests;

public sealed class UpkeepServiceTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private readonly FakeTimeProvider _clock = new();
    private readonly RecordingLogger _logger = new();
    private readonly Work _work;

    public UpkeepServiceTests() => _work = new(_clock, _logger);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _work.Dispose();

    [Fact]
    public async Task A_round_follows_the_other_after_the_period()
    {
        await _work.StartAsync(Cancellation);

        await NextRoundAsync(_work.Pause);
        await NextRoundAsync(_work.Pause);

        await _work.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(OperationCanceledException))]
    [InlineData(typeof(OutOfMemoryException))]
    public async Task A_round_that_throws_is_logged_and_followed_by_another(Type fault)
    {
        _work.Fault = (Exception)Activator.CreateInstance(fault)!;
        await _work.StartAsync(Cancellation);
        await NextRoundAsync(_work.Pause);
        await NextRoundAsync(_work.Pause);
        _work.Fault = null;
        await NextRoundAsync(_work.Pause);

        await _work.StopAsync(Cancellation);

        Assert.Equal([LogLevel.Error, LogLevel.Error], _logger.Levels);
        Assert.True(_work.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task The_pause_after_failures_grows_to_a_minute()
    {
        _work.Pause = TimeSpan.Zero;
        _work.Fault = new InvalidOperationException();
        await _work.StartAsync(Cancellation);
        await _work.RoundAsync(s_patience);

        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            await NextRoundAsync(TimeSpan.FromSeconds(seconds));
        }

        await _work.StopAsync(Cancellation);
    }

    [Fact]
    public async Task What_is_left_is_finished_when_the_rounds_have_ended_and_a_fault_in_it_does_not_stop_the_stop()
    {
        await _work.StartAsync(Cancellation);
        await NextRoundAsync(_work.Pause);
        _work.Fault = new InvalidOperationException();

        await _work.StopAsync(Cancellation);

        Assert.Equal(1, _work.Finishes);
        Assert.Equal([LogLevel.Error], _logger.Levels);
    }

    // Not a moment earlier than the pause, and then at once.
    private async Task NextRoundAsync(TimeSpan pause)
    {
        await _work.WaitingAsync(s_patience);
        _clock.Advance(pause - TimeSpan.FromMilliseconds(1));
        Assert.False(_work.HasRound);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        await _work.RoundAsync(s_patience);
    }

    private sealed class Work(FakeTimeProvider clock, ILogger logger) : UpkeepService(new Watched(clock), logger)
    {
        private readonly Channel<bool> _rounds = Channel.CreateUnbounded<bool>();

        public Exception? Fault { get; set; }

        public TimeSpan Pause { get; set; } = TimeSpan.FromMinutes(5);

        public int Finishes { get; private set; }

        public bool HasRound => _rounds.Reader.TryPeek(out _);

        protected override TimeSpan Period => Pause;

        public async Task RoundAsync(TimeSpan patience) => await _rounds.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(patience, Cancellation);

        public Task WaitingAsync(TimeSpan patience) => ((Watched)Clock).TimerAsync(patience);

        protected override Task RunOnceAsync(CancellationToken stoppingToken)
        {
            _rounds.Writer.TryWrite(true);
            return Fault is { } fault ? Task.FromException(fault) : Task.CompletedTask;
        }

        protected override Task FinishAsync(CancellationToken cancellationToken)
        {
            Finishes++;
            return Fault is { } fault ? Task.FromException(fault) : Task.CompletedTask;
        }
    }

    /// <summary>Tells when somebody has begun to wait, so that the clock is not turned before.</summary>
    private sealed class Watched(FakeTimeProvider clock) : TimeProvider
    {
        private readonly Channel<bool> _timers = Channel.CreateUnbounded<bool>();

        public async Task TimerAsync(TimeSpan patience) => await _timers.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(patience, Cancellation);

        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow();

        public override long GetTimestamp() => clock.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = clock.CreateTimer(callback, state, dueTime, period);
            _timers.Writer.TryWrite(true);
            return timer;
        }
    }

    private sealed class RecordingLogger : ILogger
    {
        public List<LogLevel> Levels { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Levels.Add(logLevel);
    }
}
