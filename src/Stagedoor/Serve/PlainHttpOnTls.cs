using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Stagedoor.Serve;

/// <summary>Tells who speaks plain HTTP on a port for https what the port is, instead of hanging up.</summary>
internal static class PlainHttpOnTls
{
    private const byte TlsHandshake = 0x16;

    private static readonly byte[] s_answer = Answer("This port speaks https: write https:// in the address.\n");

    // As long as the server itself then waits for the rest of the handshake.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Looks at the first byte of each connection. Comes before what encrypts.</summary>
    internal static void Use(ListenOptions listen) => listen.Use(next =>
    {
        var clock = listen.ApplicationServices.GetRequiredService<TimeProvider>();
        return async connection =>
        {
            if (await LooksSecureAsync(connection, clock))
            {
                await next(connection);
            }
        };
    });

    /// <summary>Whether the connection may go on; else all is said that there is to say to it.</summary>
    internal static async Task<bool> LooksSecureAsync(ConnectionContext connection, TimeProvider clock)
    {
        // Nobody looks after a connection that has not come to the server yet: whoever says nothing would stay, and hold up a stop.
        using var patience = new CancellationTokenSource(s_patience, clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(
            patience.Token,
            connection.ConnectionClosed,
            connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? CancellationToken.None);
        try
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAsync(end.Token);
            var isPlain = !read.Buffer.IsEmpty && read.Buffer.FirstSpan[0] is not TlsHandshake;
            var isThere = !read.Buffer.IsEmpty;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
            if (isPlain)
            {
                await connection.Transport.Output.WriteAsync(s_answer, end.Token);
                await connection.Transport.Output.CompleteAsync();
            }

            return isThere && !isPlain;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // It came, perhaps to see whether the port is open, and has gone.
            return false;
        }
    }

    private static byte[] Answer(string text) => Encoding.ASCII.GetBytes(
        $"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}");
}
