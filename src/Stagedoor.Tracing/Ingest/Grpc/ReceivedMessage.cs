using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Stagedoor.Tracing.Bodies;

namespace Stagedoor.Tracing.Ingest.Grpc;

/// <summary>
/// The message of a call, read and unpacked as every other body is, before the framework sees the call: that would hold a message whole, and unpack it, outside of the
/// memory that all requests have together. What it gets instead is a message without bytes.
/// </summary>
internal sealed class ReceivedMessage : IRequestBodyPipeFeature, IDisposable
{
    private const string Gzip = "gzip";

    // The framework answers these three: a message, one that is packed in a way it has to know, and none.
    private static readonly byte[] s_whole = [0, 0, 0, 0, 0];
    private static readonly byte[] s_packed = [1, 0, 0, 0, 0];
    private static readonly byte[] s_broken = [0];

    private ReceivedMessage(byte[] frame) => Reader = PipeReader.Create(new(frame));

    public PipeReader Reader { get; }

    /// <summary>Who sends; null when it is refused.</summary>
    public Sender? Sender { get; private init; }

    /// <summary>Why it is refused; null when it is not.</summary>
    public Reception? Refusal { get; private init; }

    /// <summary>The message; null when it is refused.</summary>
    public UnpackedBody? Body { get; private init; }

    /// <summary>Reads the message of a call.</summary>
    public static async Task<ReceivedMessage> ReadAsync(HttpContext context, SpanReception reception)
    {
        var (sender, stranger) = await reception.AdmitAsync(context);
        if (sender is null)
        {
            return new(s_whole) { Refusal = stranger };
        }

        var (body, cancellationToken) = (context.Request.Body, context.RequestAborted);
        if (await MessageStream.ReadHeaderAsync(body, cancellationToken) is not { } header)
        {
            return new(s_broken);
        }

        if (header.IsPacked && !string.Equals(context.Request.Headers["grpc-encoding"], Gzip, StringComparison.Ordinal))
        {
            return new(s_packed);
        }

        // Nothing of it is read that is too long by its own word.
        var most = header.IsPacked ? reception.Limits.Packed : reception.Limits.Unpacked;
        if (header.Length > most)
        {
            return new(s_whole) { Refusal = SpanReception.Refused(BodyProblem.TooLarge, $"the message has {header.Length} bytes, and may have {most}") };
        }

        await using var message = new MessageStream(body, header.Length);
        var (read, unread) = await reception.ReadAsync(message, header.IsPacked ? Gzip : null, detectsGzip: false, cancellationToken);
        if (message.IsCut || (read is not null && await body.ReadAsync(new byte[1], cancellationToken) > 0))
        {
            read?.Dispose();
            return new(s_broken);
        }

        return new(s_whole) { Sender = sender, Refusal = unread, Body = read };
    }

    public void Dispose() => Body?.Dispose();
}
