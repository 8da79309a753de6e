using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Storage;
using Stagedoor.Tracing.Admission;
using Stagedoor.Tracing.Bodies;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Ingest;

/// <summary>
/// What all protocols have in common: who sends, the body within its bounds, its spans, and that they are kept. Any number may come at a time; what they hold in
/// memory together is bounded.
/// </summary>
internal sealed class SpanReception(SenderAdmission admission, SpanIntake intake, IngestMetrics metrics, IOptions<TracingOptions> options, TimeProvider clock)
{
    // A span's clock may be ahead of ours.
    private static readonly TimeSpan s_ahead = TimeSpan.FromHours(24);

    /// <summary>How long a body may be.</summary>
    public BodyLimits Limits { get; } = new() { Packed = options.Value.MaxPackedBytes, Unpacked = options.Value.MaxBytes };

    /// <summary>What is in memory of all requests.</summary>
    public ByteBudget Budget { get; } = new(options.Value.MaxBytesInFlight);

    /// <summary>Reads the spans of a body.</summary>
    internal delegate SpanBatch Decode(ArraySegment<byte> body, SpanLimits limits);

    /// <summary>Takes a request over HTTP.</summary>
    /// <param name="context">The request.</param>
    /// <param name="decode">Reads its format.</param>
    /// <param name="protocol">How it comes. Of Zipkin a body that begins as gzip does is unpacked although it does not say so.</param>
    /// <param name="patience">How long it may wait for room.</param>
    public async Task<Reception> ReceiveAsync(HttpContext context, Decode decode, IngestProtocol protocol, TimeSpan patience)
    {
        var (sender, stranger) = await AdmitAsync(context);
        if (sender is null)
        {
            return stranger!;
        }

        var (body, unread) = await ReadAsync(context.Request.Body, context.Request.Headers.ContentEncoding.ToString(), protocol is IngestProtocol.Zipkin, context.RequestAborted);
        using (body)
        {
            return body is null ? unread! : await TakeAsync(sender, body, decode, protocol, patience, context.RequestAborted);
        }
    }

    /// <summary>Who sends; else what that is answered with.</summary>
    public async ValueTask<(Sender? Sender, Reception? Refusal)> AdmitAsync(HttpContext context)
    {
        var (sender, refusal) = await admission.AdmitAsync(context);
        return sender is null ? (null, new(OutcomeOf(refusal!.Error.Status), refusal.Reason) { Error = refusal.Error }) : (sender, null);
    }

    /// <summary>Reads a body within its bounds, which the caller disposes of; else what that is answered with.</summary>
    /// <param name="body">The body as it is sent.</param>
    /// <param name="encoding">How it is packed; nothing when it is not.</param>
    /// <param name="detectsGzip">Whether one that begins as gzip does is unpacked although it does not say so.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<(UnpackedBody? Body, Reception? Refusal)> ReadAsync(Stream body, string? encoding, bool detectsGzip, CancellationToken cancellationToken)
    {
        try
        {
            return (await UnpackedBody.ReadAsync(body, encoding, detectsGzip, Limits, Budget, cancellationToken), null);
        }
        catch (BodyException e)
        {
            return (null, Refused(e.Problem, e.Message));
        }
        catch (BadHttpRequestException e)
        {
            return (null, new(e.StatusCode == StatusCodes.Status413PayloadTooLarge ? ReceptionOutcome.TooLarge : ReceptionOutcome.Malformed, "the body ends before its end"));
        }
    }

    /// <summary>Takes the spans of a body.</summary>
    /// <param name="sender">Who sends them.</param>
    /// <param name="unpacked">The body.</param>
    /// <param name="decode">Reads its format.</param>
    /// <param name="protocol">How it came.</param>
    /// <param name="patience">How long it may wait for room.</param>
    /// <param name="cancellationToken">The sender does not wait any longer.</param>
    public async Task<Reception> TakeAsync(Sender sender, UnpackedBody unpacked, Decode decode, IngestProtocol protocol, TimeSpan patience, CancellationToken cancellationToken)
    {
        var body = unpacked.Bytes;
        metrics.Received(protocol, unpacked);
        if (body.Count == 0)
        {
            return new(ReceptionOutcome.Taken, "");
        }

        var arrived = clock.GetUtcNow();
        SpanBatch? open = null;
        try
        {
            var batch = open = decode(body, SpanLimits());

            // The same bytes of two senders are two requests.
            var digest = XxHash128.HashToUInt128(body, sender.Seed);
            using var impatience = new CancellationTokenSource(patience, clock);
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, impatience.Token);
            var outcome = await intake.TakeAsync(sender, batch, digest, body.Count, waiting.Token);
            var reception = new Reception(ReceptionOutcome.Taken, Describe(batch)) { Rejected = batch.Rejected };

            metrics.Count(protocol, batch, outcome, arrived);
            open = null;

            // Only here: where it was given up, somebody may still read them.
            batch.Release();
            return reception;
        }
        catch (MalformedSpansException e)
        {
            return new(ReceptionOutcome.Malformed, e.Message) { IsOtherFormat = e.IsOtherFormat };
        }
        catch (StorageException e)
        {
            return new(ReceptionOutcome.NoRoom, e.Fault is StorageFault.Full ? "there is no room on the disk for spans" : "the store of spans does not take any at the moment");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new(ReceptionOutcome.NoRoom, "more spans come than can be written");
        }
        finally
        {
            if (open is not null)
            {
                metrics.Count(protocol, open, IngestOutcome.NoRoom, arrived);
            }
        }
    }

    /// <summary>What a body is answered with that is not read.</summary>
    /// <param name="problem">Why not.</param>
    /// <param name="message">The same for the sender.</param>
    public static Reception Refused(BodyProblem problem, string message) => problem switch
    {
        BodyProblem.TooLarge => new(ReceptionOutcome.TooLarge, $"{message}; Tracing:MaxPackedBytes and Tracing:MaxBytes say how long it may be"),
        BodyProblem.UnknownEncoding => new(ReceptionOutcome.UnknownEncoding, message),
        BodyProblem.NoRoom => new(ReceptionOutcome.NoRoom, $"{message}; Tracing:MaxBytesInFlight says how much that is"),
        _ => new(ReceptionOutcome.Damaged, message),
    };

    /// <summary>In how many seconds to try again: not all at the same moment.</summary>
    public static int RetryAfter() => RandomNumberGenerator.GetInt32(1, 4);

    private static ReceptionOutcome OutcomeOf(int status) => status switch
    {
        StatusCodes.Status403Forbidden => ReceptionOutcome.NotAllowed,
        StatusCodes.Status413PayloadTooLarge => ReceptionOutcome.TooLarge,
        StatusCodes.Status429TooManyRequests => ReceptionOutcome.TooMany,
        >= StatusCodes.Status500InternalServerError => ReceptionOutcome.NoRoom,
        _ => ReceptionOutcome.Unknown,
    };

    private static string Describe(SpanBatch batch)
    {
        var rejections = batch.DescribeRejections();
        return rejections.Contains("too_many_spans", StringComparison.Ordinal) ? $"{rejections}; Tracing:MaxSpans says how many a request may have"
            : rejections.Contains("trace_too_large", StringComparison.Ordinal) ? $"{rejections}; Tracing:MaxSpansPerTrace says how many a trace may have"
            : rejections;
    }

    private SpanLimits SpanLimits()
    {
        var now = clock.GetUtcNow();
        return new()
        {
            Spans = options.Value.MaxSpans,
            ReceivedAt = Nanoseconds(now),
            Oldest = Nanoseconds(now.AddDays(-options.Value.RetentionDays)),
            Newest = Nanoseconds(now + s_ahead),
        };
    }

    private static ulong Nanoseconds(DateTimeOffset time) => (ulong)Math.Max(0, (time - DateTimeOffset.UnixEpoch).Ticks) * 100;
}

/// <summary>What became of a request.</summary>
/// <param name="Outcome">The same in a word.</param>
/// <param name="Message">Why it is refused, or why some of its spans are not taken; empty when there is nothing to say.</param>
internal sealed record Reception(ReceptionOutcome Outcome, string Message)
{
    /// <summary>What the refusal is called, where its status does not say it.</summary>
    public ErrorDefinition? Error { get; init; }

    /// <summary>How many spans are not taken.</summary>
    public int Rejected { get; init; }

    /// <summary>Whether the body is another format of spans than this address takes.</summary>
    public bool IsOtherFormat { get; init; }
}

/// <summary>What refusals of senders are called. Their bodies have the forms of the protocols, which have no place for it.</summary>
internal static class ReceptionCodes
{
    /// <summary>All of them.</summary>
    public static ErrorDefinition[] All { get; } =
    [
        .. DoorCodes.All, GatewayCodes.BadRequest, TracingCodes.InvalidRequest, TracingCodes.NoRoom,
    ];

    /// <summary>The code of a refusal by its status.</summary>
    public static ErrorDefinition Of(int status) => status switch
    {
        StatusCodes.Status401Unauthorized => GatewayCodes.IncorrectIamAuthentication,
        StatusCodes.Status403Forbidden => GatewayCodes.AccessDenied,
        StatusCodes.Status404NotFound => GatewayCodes.ApiNotFound,
        StatusCodes.Status413PayloadTooLarge => GatewayCodes.BodyTooLarge,
        StatusCodes.Status415UnsupportedMediaType => GatewayCodes.BadRequest,
        StatusCodes.Status503ServiceUnavailable => TracingCodes.NoRoom,
        _ => TracingCodes.InvalidRequest,
    };
}

/// <summary>What became of a request.</summary>
internal enum ReceptionOutcome
{
    /// <summary>Its spans are kept, but for those that were rejected.</summary>
    Taken,

    /// <summary>Who sends is not known.</summary>
    Unknown,

    /// <summary>Who sends may not.</summary>
    NotAllowed,

    /// <summary>Too many requests of the sender's network were refused.</summary>
    TooMany,

    /// <summary>The body is not what its media type says.</summary>
    Malformed,

    /// <summary>The body cannot be unpacked.</summary>
    Damaged,

    /// <summary>The body is packed in a way that is not known.</summary>
    UnknownEncoding,

    /// <summary>The body is too large.</summary>
    TooLarge,

    /// <summary>It may be taken when it is sent again.</summary>
    NoRoom,
}
