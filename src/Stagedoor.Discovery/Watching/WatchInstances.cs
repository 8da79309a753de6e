using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Stagedoor.Discovery.Memory;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

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
        .WithName(nameof(WatchInstances))
        .WithSummary("Watch the instances of the providers of a microservice")
        .WithDescription("A WebSocket: one text frame for each change.")
        .AnswersEmpty(101, "The connection is a WebSocket.");

    private static async Task HandleAsync(
        HttpContext context, string serviceId, Tenant tenant, RegistryReader reader, WatchHub hub, Sockets sockets, TenantAdmission admission,
        IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        // Before the handshake: whatever happens after it is told.
        var watcher = new Watcher(new(tenant.Key, serviceId));
        hub.Add(watcher);
        try
        {
            using var socket = await sockets.AcceptAsync(context);
            await using var admitted = admission.Keep(context);
            await WatchAsync(context, socket, watcher, () => reader.FindServiceAsync(tenant, serviceId), sockets, admitted, lifetime, clock);
        }
        finally
        {
            hub.Remove(watcher);
        }
    }

    private static async Task WatchAsync(
        HttpContext context, WebSocket socket, Watcher watcher, Func<ValueTask<ServiceNode?>> findConsumer, Sockets sockets, KeptAdmission admitted,
        IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(ended.Token, lifetime.ApplicationStopping, admitted.Ended);
#pragma warning disable CA2025 // Both are awaited before the socket goes.
        var draining = DrainAsync(socket, sockets, ended);
#pragma warning restore CA2025
        try
        {
            if (await sockets.FindAsync(findConsumer, stopping.Token) is not null)
            {
                await PumpAsync(socket, watcher, findConsumer, sockets, clock, stopping.Token);
            }
            else if (!stopping.IsCancellationRequested)
            {
                await SayGoneAsync(socket, sockets, ended.Token);
            }
        }
        finally
        {
            // Whose credential has ended comes back too, and is refused: it has to hear why.
            if (lifetime.ApplicationStopping.IsCancellationRequested || admitted.HasEnded)
            {
                // Before the reading side is told to end, which ends the socket.
                await sockets.BreakOffAsync(socket, draining);
            }

            await sockets.LingerAsync(socket, draining);
            await ended.CancelAsync();
            await draining;
        }
    }

    private static async Task DrainAsync(WebSocket socket, Sockets sockets, CancellationTokenSource ended)
    {
        var end = await Sockets.DrainAsync(socket, ended.Token);
        if (end is SocketEnd.Closed)
        {
            await sockets.CloseAsync(socket, WebSocketCloseStatus.NormalClosure, "");
        }
        else if (end is SocketEnd.TooMuch)
        {
            await sockets.RefuseAsync(socket);
        }

        await ended.CancelAsync();
        if (end is SocketEnd.TooMuch)
        {
            await sockets.DiscardAsync(socket);
        }
    }

    private static async Task PumpAsync(
        WebSocket socket, Watcher watcher, Func<ValueTask<ServiceNode?>> findConsumer, Sockets sockets, TimeProvider clock, CancellationToken cancellationToken)
    {
        var tick = Task.Delay(sockets.PingInterval, clock, cancellationToken);
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
                tick = Task.Delay(sockets.PingInterval, clock, cancellationToken);
                if (await findConsumer() is null)
                {
                    await SayGoneAsync(socket, sockets, cancellationToken);
                    return;
                }
            }

            while (watcher.Events.TryRead(out var frame))
            {
                if (!await sockets.TrySendAsync(socket, frame, cancellationToken))
                {
                    socket.Abort();
                    return;
                }
            }

            if (more.IsCompletedSuccessfully && !await more)
            {
                // Too many events waited; the client has to look anew.
                await sockets.CloseAsync(socket, WebSocketCloseStatus.InternalServerError, "too slow");
                return;
            }
        }
    }

    private static async Task SayGoneAsync(WebSocket socket, Sockets sockets, CancellationToken cancellationToken)
    {
        await sockets.TrySendAsync(socket, s_gone, cancellationToken);
        await sockets.CloseAsync(socket, WebSocketCloseStatus.NormalClosure, "");
    }
}
