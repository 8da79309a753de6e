using Microsoft.Extensions.Time.Testing;
using Stagedoor.Content.Uploads;
using Xunit;

namespace Stagedoor.Content.Tests.Uploads;

public sealed class UploadTurnTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly UploadTurns _turns;

    public UploadTurnTests() => _turns = new(_clock);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_comes_second_goes_on_when_the_first_is_done()
    {
        var first = await _turns.TakeAsync("account", "team/x", "1", Cancellation);
        var second = _turns.TakeAsync("account", "team/x", "1", Cancellation);
        Assert.False(second.IsCompleted);

        first!.Dispose();

        using var turn = await second;
        Assert.NotNull(turn);
    }

    [Fact]
    public async Task Who_comes_second_is_refused_while_bytes_arrive()
    {
        using var first = await _turns.TakeAsync("account", "team/x", "1", Cancellation);
        first!.SetWaiting(true);
        var second = _turns.TakeAsync("account", "team/x", "1", Cancellation);

        _clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Null(await second);
        Assert.False(first.Displaced.IsCancellationRequested);
    }

    [Fact]
    public async Task Who_has_brought_nothing_for_long_is_displaced()
    {
        using var first = await _turns.TakeAsync("account", "team/x", "1", Cancellation);
        first!.SetWaiting(true);
        _clock.Advance(TimeSpan.FromSeconds(4));
        var second = _turns.TakeAsync("account", "team/x", "1", Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(3));

        var displaced = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var told = first.Displaced.Register(displaced.SetResult);
        await displaced.Task.WaitAsync(Cancellation);
        first.Dispose();

        using var turn = await second;
        Assert.NotNull(turn);
    }

    [Theory]
    [InlineData("account", "team/y", "1")]
    [InlineData("account", "team/x", "2")]
    [InlineData("other", "team/x", "1")]
    public async Task Another_upload_waits_for_nobody(string account, string owner, string id)
    {
        using var first = await _turns.TakeAsync("account", "team/x", "1", Cancellation);

        using var second = await _turns.TakeAsync(account, owner, id, Cancellation);

        Assert.NotNull(second);
    }
}
