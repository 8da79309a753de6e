using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Stagedoor.Serve;
using Xunit;

namespace Stagedoor.Tests.Serve;

public sealed class ServiceWatchdogTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_takes_connections_and_says_nothing_does_not_answer()
    {
        using var listener = Listen();

        // The system takes the connection, though nobody accepts it: as with a process whose threads are all stuck.
        Assert.False(await ServiceWatchdog.AnswersAsync((IPEndPoint)listener.LocalEndpoint, TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation));
    }

    [Fact]
    public async Task Nobody_there_is_no_answer()
    {
        IPEndPoint address;
        using (var listener = Listen())
        {
            address = (IPEndPoint)listener.LocalEndpoint;
        }

        Assert.False(await ServiceWatchdog.AnswersAsync(address, s_long, TimeProvider.System, Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_word_and_a_refusal_are_answers(bool speaks)
    {
        using var listener = Listen();
        var asked = ServiceWatchdog.AnswersAsync((IPEndPoint)listener.LocalEndpoint, s_long, TimeProvider.System, Cancellation);
        using (var connection = await listener.AcceptSocketAsync(Cancellation))
        {
            if (speaks)
            {
                await connection.SendAsync("H"u8.ToArray(), Cancellation);
            }
        }

        Assert.True(await asked);
    }

    [Theory]
    [InlineData("30000000", null, 30)]
    [InlineData("30000000", "me", 30)]
    [InlineData("30000000", "1", null)]
    [InlineData("0", null, null)]
    [InlineData("soon", null, null)]
    [InlineData(null, null, null)]
    public void The_manager_watches_whom_it_names(string? limit, string? process, int? seconds)
    {
        var variables = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = "/run/systemd/notify" };
        if (limit is not null)
        {
            variables["WATCHDOG_USEC"] = limit;
        }

        if (process is not null)
        {
            variables["WATCHDOG_PID"] = process is "me" ? Environment.ProcessId.ToString(CultureInfo.InvariantCulture) : process;
        }

        Assert.Equal(seconds, ServiceManager.WatchdogOf(variables)?.TotalSeconds);
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }
}
