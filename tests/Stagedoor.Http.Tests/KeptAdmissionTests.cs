using Microsoft.Extensions.Time.Testing;
using Stagedoor.Http.Tenants;
using Xunit;

namespace Stagedoor.Http.Tests;

public sealed class KeptAdmissionTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_ends_when_its_caller_may_come_in_no_more()
    {
        var mayStay = true;
        await using var kept = new KeptAdmission(() => new(mayStay), _clock, Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(kept.HasEnded);

        mayStay = false;
        _clock.Advance(TimeSpan.FromSeconds(1));

        await EndAsync(kept);
    }

    [Fact]
    public async Task It_ends_when_nobody_can_tell_whether_its_caller_may_come_in()
    {
        var kept = new KeptAdmission(static () => throw new InvalidOperationException("nobody knows"), _clock, Cancellation);

        _clock.Advance(TimeSpan.FromSeconds(1));

        await EndAsync(kept);
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await kept.DisposeAsync());
    }

    // The look runs beside the clock that began it.
    private static async Task EndAsync(KeptAdmission kept)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = kept.Ended.Register(ended.SetResult);
        await ended.Task.WaitAsync(s_patience, Cancellation);
    }
}
