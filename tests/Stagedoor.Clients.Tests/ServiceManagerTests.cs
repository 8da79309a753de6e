using System.Net.Sockets;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What a service manager hears of the process (sd_notify), at a socket as systemd opens it.</summary>
public sealed class ServiceManagerTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new();
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly List<string> _heard = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no sd_notify on Windows.");
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        _socket.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_hears_of_start_life_and_stop(bool isAbstract)
    {
        Assert.SkipWhen(isAbstract && !OperatingSystem.IsLinux(), "Only Linux has sockets without a file.");
        var name = isAbstract ? $"@stagedoor-{Guid.NewGuid():N}" : Path.Combine(_folder.Path, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{name[1..]}" : name));
        Tell(name, TimeSpan.FromSeconds(2));

        await _stagedoor.StartAsync();
        await HearAsync("READY=1");
        using (var client = _stagedoor.NewHttpClient())
        {
            Assert.Equal("{\"status\":\"ok\"}", await client.GetStringAsync(new Uri("/healthz", UriKind.Relative), Cancellation));
        }

        await HearAsync("WATCHDOG=1");
        await HearAsync("WATCHDOG=1");
        Assert.Equal(0, await _stagedoor.StopAsync());
        await HearAsync("STOPPING=1");

        Assert.Contains("EXTEND_TIMEOUT_USEC=", _heard[0], StringComparison.Ordinal);
        Assert.Contains(_heard, word => word.Contains($"STATUS=Serving at {_stagedoor.Url}", StringComparison.Ordinal));
        Assert.DoesNotContain("is not told", _stagedoor.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_manager_that_is_away_keeps_nobody_from_serving()
    {
        Tell(Path.Combine(_folder.Path, "nobody"), TimeSpan.FromSeconds(2));

        await _stagedoor.StartAsync();

        Assert.Contains("The service manager is not told", _stagedoor.Log, StringComparison.Ordinal);
        Assert.Equal(0, await _stagedoor.StopAsync());
    }

    [Fact]
    public async Task A_start_that_fails_says_why()
    {
        var name = Path.Combine(_folder.Path, "notify");
        _socket.Bind(new UnixDomainSocketEndPoint(name));
        Directory.CreateDirectory(_stagedoor.DataDirectory);
        await File.WriteAllTextAsync(Path.Combine(_stagedoor.DataDirectory, "thesis.txt"), "precious", Cancellation);

        (await Tool.RunAsync(StagedoorProcess.Call("serve", "--data", _stagedoor.DataDirectory, "--urls", "http://127.0.0.1:0") with
        {
            Environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = name },
        })).ShouldFail("was not made by stagedoor");

        await HearAsync("was not made by stagedoor");
        Assert.DoesNotContain(_heard, static word => word.Contains("READY", StringComparison.Ordinal));
    }

    private void Tell(string name, TimeSpan watchdog) =>
        _stagedoor.Before = $"export NOTIFY_SOCKET='{name}' WATCHDOG_USEC={(long)watchdog.TotalMicroseconds}";

    // Reads on until something is said.
    private async Task HearAsync(string word)
    {
        var datagram = new byte[4096];
        do
        {
            var length = await _socket.ReceiveAsync(datagram, Cancellation);
            _heard.Add(Encoding.UTF8.GetString(datagram, 0, length));
        }
        while (!_heard[^1].Contains(word, StringComparison.Ordinal));
    }
}
