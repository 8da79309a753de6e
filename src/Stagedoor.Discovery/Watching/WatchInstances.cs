using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Stagedoor.Discovery.Engine;
using Stagedoor.Discovery.Requests;

namespace Stagedoor.Discovery.Watching;

/// <summary>
/// <c>GET …/registry/microservices/{serviceId}/watcher</c> as a WebSocket: a text frame for each change of an instance of a provider that the
/// consumer depends on.
/// </summary>
internal static class WatchInstances
{
    // Go clients look for these very words, in lower case, in a frame that is not JSON.
    private static readonly byte[] s_gone = "service does not exist"u8.ToArray();

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/watcher", HandleAsync)
        .WithName(nameof(WatchInstances));

    private static async Task HandleAsync(
        HttpContext context, string serviceId, Tenant tenant, RegistryReader reader, WatchHub hub, Sockets sockets, IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        using var socket = await sockets.AcceptAsync(context);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        if (await reader.FindServiceAsync(tenant, serviceId) is not { } consumer)
        {
            await SayGoneAsync(socket, ended.Token);
            ended.CancelAfter(TimeSpan.FromSeconds(5));
            await Sockets.DrainAsync(socket, ended.Token);
            return;
        }

        var watcher = new Watcher(consumer);
        hub.Add(watcher);
#pragma warning disable CA2025 // Both are awaited before the socket goes.
        var draining = DrainAsync(socket, ended);
#pragma warning restore CA2025
        try
        {
            await PumpAsync(socket, watcher, sockets.PingInterval, clock, ended.Token);
        }
        finally
        {
            hub.Remove(watcher);
            await Sockets.LingerAsync(socket, draining);
            await ended.CancelAsync();
            await draining;
        }

        // Without a farewell: a client that is told good-bye does not come back, one whose connection breaks does.
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            socket.Abort();
        }
    }

    private static async Task DrainAsync(WebSocket socket, CancellationTokenSource ended)
    {
        var isClosed = await Sockets.DrainAsync(socket, ended.Token);
        if (isClosed)
        {
            await Sockets.CloseAsync(socket, WebSocketCloseStatus.NormalClosure, "");
        }

        await ended.CancelAsync();
    }

    private static async Task PumpAsync(WebSocket socket, Watcher watcher, TimeSpan interval, TimeProvider clock, CancellationToken cancellationToken)
    {
        var tick = Task.Delay(interval, clock, cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            var more = watcher.Events.WaitToReadAsync(cancellationToken).AsTask();
            await Task.WhenAny(more, tick);
            if (cancellationToken.IsCancellationRequested)
            {
                return;
            }

            if (tick.IsCompleted)
            {
                tick = Task.Delay(interval, clock, cancellationToken);
                if (!ReferenceEquals(watcher.Consumer.Tenant.Services.GetValueOrDefault(watcher.Consumer.Id), watcher.Consumer))
                {
                    await SayGoneAsync(socket, cancellationToken);
                    return;
                }
            }

            while (watcher.Events.TryRead(out var frame))
            {
                if (!await Sockets.TrySendAsync(socket, frame, cancellationToken))
                {
                    socket.Abort();
                    return;
                }
            }

            if (more.IsCompletedSuccessfully && !await more)
            {
                // Too many events waited; the client has to look anew.
                await Sockets.CloseAsync(socket, WebSocketCloseStatus.InternalServerError, "too slow");
                return;
            }
        }
    }

    private static async Task SayGoneAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        await Sockets.TrySendAsync(socket, s_gone, cancellationToken);
        await Sockets.CloseAsync(socket, WebSocketCloseStatus.NormalClosure, "");
    }
}
