using System.ComponentModel;
using System.Net;
using System.Net.Sockets;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>Finds out whether a service is well. It asks this machine alone.</summary>
internal sealed class HealthProbe(Spawner spawner, Ending ending, TimeProvider clock) : IDisposable
{
    private static readonly IPAddress[] s_loopback = [IPAddress.Loopback, IPAddress.IPv6Loopback];

    private readonly OutgoingClient _client = Client();

    /// <summary>Why it is not well; <c>null</c> where it is.</summary>
    /// <param name="health">How to find out.</param>
    /// <param name="start">Starts a command as the service is started.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<string?> FindProblemAsync(HealthSpec health, Func<Spawner, IReadOnlyList<string>, StartedProcess> start, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(health.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return health.Http is { } url ? await GetAsync(url, either.Token)
                : health.Tcp is { } port ? await ConnectAsync(port, either.Token)
                : await RunAsync(health.Exec!, start, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "the check took too long";
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or Win32Exception)
        {
            return e.Message;
        }
    }

    public void Dispose() => _client.Dispose();

    private async Task<string?> GetAsync(string url, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.ConnectionClose = true;
        using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return (int)response.StatusCode is >= 200 and < 400 ? null : $"{url} answers {(int)response.StatusCode}";
    }

    private static async Task<string?> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        using var socket = await OpenAsync(s_loopback, port, cancellationToken);
        return null;
    }

    private async Task<string?> RunAsync(IReadOnlyList<string> command, Func<Spawner, IReadOnlyList<string>, StartedProcess> start, CancellationToken cancellationToken)
    {
        var process = start(spawner, command);
        try
        {
            var code = await process.Ended.WaitAsync(cancellationToken);
            return code == 0 ? null : $"the command of the check ended with {code}";
        }
        finally
        {
            if (!process.Ended.IsCompleted)
            {
                await ending.EndAsync(() => [.. ProcessTable.Read().Where(p => p.Session == process.Pid && !process.Ended.IsCompleted)]);
            }
        }
    }

    private static async Task<Socket> OpenAsync(IReadOnlyList<IPAddress> addresses, int port, CancellationToken cancellationToken)
    {
        SocketException? fault = null;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(address, port), cancellationToken);
                return socket;
            }
            catch (SocketException e)
            {
                socket.Dispose();
                fault ??= e;
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw fault ?? new SocketException((int)SocketError.HostNotFound);
    }

    private static OutgoingClient Client()
    {
#pragma warning disable CA2000 // The client disposes of it.
        return new(new SocketsHttpHandler
#pragma warning restore CA2000
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,

            // Whatever a name resolves to, it is this machine that is asked.
            ConnectCallback = static async (context, token) => new NetworkStream(
                await OpenAsync(
                    IPAddress.TryParse(context.DnsEndPoint.Host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address) ? [address] : s_loopback,
                    context.DnsEndPoint.Port,
                    token),
                ownsSocket: true),
        });
    }
}
