using System.Net;
using Xunit;

namespace Stagedoor.Identity.Tests;

public sealed class LoginRoomTests
{
    private readonly LoginRoom _room = new(4);
    private readonly TaskCompletionSource<string> _held = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_network_fills_half_of_it_and_two_all()
    {
        var inside = new[] { EnterAsync("a", 1), EnterAsync("b", 1) };
        var third = await EnterAsync("c", 1);
        Task<string?>[] others = [EnterAsync("d", 2), EnterAsync("e", 2)];
        var fifth = await EnterAsync("f", 3);
        _held.SetResult("done");

        Assert.Equal((null, null), (third, fifth));
        Assert.All(await Task.WhenAll([.. inside, .. others]), static answer => Assert.Equal("done", answer));
        Assert.Equal("done", await EnterAsync("g", 1));
    }

    [Fact]
    public async Task Those_of_one_subject_go_one_after_the_other()
    {
        var first = EnterAsync("a", 1);
        var hasBegun = false;
        var second = _room.EnterAsync(
            "a",
            Network(2),
            () =>
            {
                hasBegun = true;
                return Task.FromResult("second");
            },
            Cancellation);

        Assert.False(hasBegun);
        _held.SetResult("first");
        Assert.Equal(("first", "second"), (await first, await second));
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_room()
    {
        var first = EnterAsync("a", 1);
        using var gaveUp = new CancellationTokenSource();
        var second = _room.EnterAsync("a", Network(1), () => _held.Task, gaveUp.Token);
        Assert.Null(await EnterAsync("b", 1));

        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        var third = EnterAsync("b", 1);
        _held.SetResult("done");

        Assert.Equal(("done", "done"), (await first, await third));
    }

    private static ClientNetwork Network(byte last) => ClientNetwork.Of(new IPAddress([192, 0, 2, last]));

    private Task<string?> EnterAsync(string subject, byte network) => _room.EnterAsync(subject, Network(network), () => _held.Task, Cancellation)!;
}
