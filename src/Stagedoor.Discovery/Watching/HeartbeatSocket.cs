using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Watching;

/// <summary>
/// <c>GET …/instances/{instanceId}/heartbeat</c> as a WebSocket: the lease is renewed as long as the connection lives, which pings find out.
/// An instance that is not there is close code 4001, upon which clients register again.
/// </summary>
internal static class HeartbeatSocket
{
    private const WebSocketCloseStatus InstanceGone = (WebSocketCloseStatus)4001;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/instances/{instanceId}/heartbeat", HandleAsync)
        .WithName(nameof(HeartbeatSocket))
        .WithSummary("Keep the lease of an instance by a connection")
        .WithDescription("A WebSocket: the lease is renewed as long as it lives. Close code 4001 says that the instance is not there.")
        .AnswersEmpty(101, "The connection is a WebSocket.")
        .WithMetadata(new ChangesMetadata());

    private static async Task HandleAsync(
        HttpContext context, string serviceId, string instanceId, Tenant tenant, RegistryReader reader, Leases leases, Sockets sockets, TenantAdmission admission,
        IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        using var socket = await sockets.AcceptAsync(context);
        await using var admitted = admission.Keep(context);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping, admitted.Ended);
#pragma warning disable CA2025 // It is awaited before the socket goes.
        var draining = Sockets.DrainAsync(socket, ended.Token);
#pragma warning restore CA2025
        try
        {
            var found = await sockets.FindAsync(() => reader.FindInstanceAsync(tenant, serviceId, instanceId), ended.Token);
            while (!draining.IsCompleted)
            {
                if (found is not { } instance)
                {
                    await sockets.CloseAsync(socket, InstanceGone, "instance does not exist");
                    break;
                }

                if (!leases.Renew(instance))
                {
                    // Clients come back upon any other code, perhaps to a replica that the others hear.
                    await sockets.CloseAsync(socket, WebSocketCloseStatus.EndpointUnavailable, "heartbeats count nowhere");
                    break;
                }

                // Often enough for a short lease; a socket that broke is noticed by the reading side at once, a silent one by the pings.
                var pause = TimeSpan.FromMilliseconds(Math.Min(sockets.PingInterval.TotalMilliseconds, instance.LeaseMilliseconds / 3.0));
                await Task.WhenAny(draining, Task.Delay(pause, clock, ended.Token));
                found = await reader.FindInstanceAsync(tenant, serviceId, instanceId);
            }
        }
        finally
        {
            await sockets.LingerAsync(socket, draining);
            await ended.CancelAsync();
            var end = await draining;
            if (end is SocketEnd.Closed && socket.State is WebSocketState.CloseReceived)
            {
                await sockets.CloseAsync(socket, WebSocketCloseStatus.NormalClosure, "");
            }
            else if (end is SocketEnd.TooMuch && socket.State is WebSocketState.Open)
            {
                await sockets.RefuseAsync(socket);
                await sockets.DiscardAsync(socket);
            }
        }

        // Without a farewell: a client that is told good-bye does not come back, one whose connection breaks does.
        if (lifetime.ApplicationStopping.IsCancellationRequested || admitted.HasEnded)
        {
            socket.Abort();
        }
    }
}
