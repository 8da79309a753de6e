using System.Net;
using Xunit;

namespace Stagedoor.Identity.Tests;

public sealed class PasswordHashingTests : IDisposable
{
    private const int Iterations = 10_000;

    private readonly PasswordHashing _hashing = new(1);
    private readonly ManualResetEventSlim _held = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _held.Set();
        _hashing.Dispose();
        _held.Dispose();
    }

    [Fact]
    public async Task A_password_matches_its_hash_alone()
    {
        var hash = await _hashing.HashAsync("right", Iterations, Cancellation);

        Assert.True(await _hashing.VerifyAsync("right", hash!, default, Cancellation));
        Assert.False(await _hashing.VerifyAsync("wrong", hash!, default, Cancellation));
    }

    [Fact]
    public void There_are_fewer_threads_than_processors()
    {
        using var usual = new PasswordHashing();

        Assert.Equal(Math.Max(Environment.ProcessorCount - 1, 1), usual.Threads);
    }

    [Fact]
    public async Task Networks_take_turns_and_known_callers_go_first()
    {
        var (here, there) = (Network("192.0.2.1"), Network("198.51.100.1"));
        var holder = _hashing.OccupyAsync(_held.Wait);
        var done = new List<string>();
        async Task NoteAsync(string who, Task work)
        {
            await work;
            lock (done)
            {
                done.Add(who);
            }
        }

        var hash = PasswordHash.Unmatchable(Iterations);
        var waiting = Enumerable.Range(0, 5).Select(i => NoteAsync($"here {i}", _hashing.VerifyAsync("x", hash, here, Cancellation))).ToList();
        waiting.Add(NoteAsync("there", _hashing.VerifyAsync("x", hash, there, Cancellation)));
        waiting.Add(NoteAsync("known", _hashing.HashAsync("x", Iterations, Cancellation)));
        _held.Set();
        await holder;
        await Task.WhenAll(waiting);

        Assert.Equal("known", done[0]);
        Assert.True(done.IndexOf("there") <= 2, string.Join(", ", done));
    }

    [Fact]
    public async Task New_passwords_wait_in_a_queue_that_has_an_end()
    {
        var holder = _hashing.OccupyAsync(_held.Wait);
        var waiting = Enumerable.Range(0, PasswordHashing.MaxWaitingOfKnown).Select(_ => _hashing.HashAsync("x", Iterations, Cancellation)).ToList();
        // The one that keeps the thread may have been taken out of the queue already or not; it is not one of these.
        var oneTooMany = await _hashing.HashAsync("x", Iterations, Cancellation);
        _held.Set();
        await holder;

        Assert.Null(oneTooMany);
        Assert.All(await Task.WhenAll(waiting), Assert.NotNull);
    }

    [Fact]
    public async Task A_call_that_was_given_up_costs_no_time()
    {
        var holder = _hashing.OccupyAsync(_held.Wait);
        using var gaveUp = new CancellationTokenSource();
        var abandoned = _hashing.VerifyAsync("x", PasswordHash.Unmatchable(2_000_000_000), default, gaveUp.Token);
        await gaveUp.CancelAsync();
        _held.Set();
        await holder;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
    }

    [Fact]
    public async Task A_fault_reaches_who_waits_and_ends_no_thread()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _hashing.OccupyAsync(static () => throw new InvalidOperationException()));

        Assert.NotNull(await _hashing.HashAsync("x", Iterations, Cancellation));
    }

    private static ClientNetwork Network(string address) => ClientNetwork.Of(IPAddress.Parse(address));
}
