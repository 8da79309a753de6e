using Xunit;

namespace Stagedoor.Core.Tests;

public sealed class SharedReadsTests : IDisposable
{
    private readonly SharedReads<string, int> _reads = new();
    private readonly Queue<TaskCompletionSource<int>> _begun = new();
    private readonly SemaphoreSlim _beginnings = new(0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_comes_while_something_is_read_gets_what_is_read_after_that()
    {
        var first = AskAsync("a");
        var old = await BegunAsync();
        var (second, third) = (AskAsync("a"), AskAsync("a"));

        old.SetResult(1);
        (await BegunAsync()).SetResult(2);

        Assert.Equal(1, await first);
        Assert.All(await Task.WhenAll(second, third), static v => Assert.Equal(2, v));
        Assert.Equal(0, _beginnings.CurrentCount);
    }

    [Fact]
    public async Task Different_things_are_read_at_once()
    {
        var (a, b) = (AskAsync("a"), AskAsync("b"));
        var (one, other) = (await BegunAsync(), await BegunAsync());

        one.SetResult(1);
        other.SetResult(1);

        Assert.All(await Task.WhenAll(a, b), static v => Assert.Equal(1, v));
    }

    [Fact]
    public async Task A_fault_is_that_of_the_reading_alone()
    {
        var first = AskAsync("a");
        var broken = await BegunAsync();
        var second = AskAsync("a");

        broken.SetException(new InvalidDataException());
        (await BegunAsync()).SetResult(2);

        await Assert.ThrowsAsync<InvalidDataException>(() => first);
        Assert.Equal(2, await second);
    }

    [Fact]
    public async Task Who_gives_up_ends_nobody_elses_reading()
    {
        using var impatience = new CancellationTokenSource();
        var impatient = _reads.ReadAsync("a", ReadAsync, impatience.Token);
        var old = await BegunAsync();
        var patient = AskAsync("a");

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);
        old.SetResult(1);
        (await BegunAsync()).SetResult(2);

        Assert.Equal(2, await patient);
    }

    [Fact]
    public async Task Nothing_is_kept_of_what_was_read()
    {
        for (var i = 0; i < 3; i++)
        {
            var asked = AskAsync("a");
            (await BegunAsync()).SetResult(i);
            Assert.Equal(i, await asked);
        }

        Assert.Equal(0, _reads.Count);
    }

    [Fact]
    public async Task However_many_ask_nobody_gets_what_was_read_before_they_came()
    {
        var written = 0;
        var readings = 0;

        await Parallel.ForAsync(0, 8, Cancellation, async (_, cancellationToken) =>
        {
            for (var i = 0; i < 500; i++)
            {
                var before = Interlocked.Increment(ref written);
                var found = await _reads.ReadAsync(
                    "a",
                    _ =>
                    {
                        Interlocked.Increment(ref readings);
                        return Task.FromResult(Volatile.Read(ref written));
                    },
                    cancellationToken);
                Assert.True(found >= before, $"{found} was read, and {before} was there before.");
            }
        });

        Assert.InRange(readings, 1, 4000);
        Assert.Equal(0, _reads.Count);
    }

    public void Dispose() => _beginnings.Dispose();

    private Task<int> AskAsync(string key) => _reads.ReadAsync(key, ReadAsync, Cancellation);

    private Task<int> ReadAsync(CancellationToken cancellationToken)
    {
        var reading = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_begun)
        {
            _begun.Enqueue(reading);
        }

        _beginnings.Release();
        return reading.Task;
    }

    private async Task<TaskCompletionSource<int>> BegunAsync()
    {
        await _beginnings.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        lock (_begun)
        {
            return _begun.Dequeue();
        }
    }
}
