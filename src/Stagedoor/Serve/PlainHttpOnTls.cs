using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Stagedoor.Serve;

/// <summary>Tells who speaks plain HTTP on a port for https what the port is, instead of hanging up.</summary>
internal static class PlainHttpOnTls
{
    private const byte TlsHandshake = 0x16;

    private static readonly byte[] s_answer = Answer("This port speaks https: write https:// in the address.\n");

    /// <summary>Looks at the first byte of each connection. Comes before what encrypts.</summary>
    internal static void Use(ListenOptions listen) =>
        listen.Use(next => async connection =>
        {
            var input = connection.Transport.Input;
            var read = await input.ReadAsync(connection.ConnectionClosed);
            var isPlain = !read.Buffer.IsEmpty && read.Buffer.FirstSpan[0] is not TlsHandshake;
            input.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
            if (isPlain)
            {
                await connection.Transport.Output.WriteAsync(s_answer, connection.ConnectionClosed);
                await connection.Transport.Output.CompleteAsync();
                return;
            }

            await next(connection);
        });

    private static byte[] Answer(string text) => Encoding.ASCII.GetBytes(
        $"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: {text.Length}\r\nConnection: close\r\n\r\n{text}");
}
