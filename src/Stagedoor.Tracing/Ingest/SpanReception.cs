using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Storage;
using Stagedoor.Tracing.Bodies;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Ingest;

/// <summary>
/// What every protocol over HTTP has in common: who sends, the body within its bounds, its spans, and that they are kept. Any number may come at a time; what they hold in
/// memory together is bounded.
/// </summary>
internal sealed class SpanReception(SenderAdmission admission, SpanIntake intake, IOptions<TracingOptions> options, TimeProvider clock)
{
    // A span's clock may be ahead of ours.
    private static readonly TimeSpan s_ahead = TimeSpan.FromHours(24);

    private readonly BodyLimits _limits = new() { Packed = options.Value.MaxPackedBytes, Unpacked = options.Value.MaxBytes };

    /// <summary>What is in memory of all requests.</summary>
    public ByteBudget Budget { get; } = new(options.Value.MaxBytesInFlight);

    /// <summary>Reads the spans of a body.</summary>
    internal delegate SpanBatch Decode(ArraySegment<byte> body, SpanLimits limits);

    /// <summary>Takes a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="decode">Reads its format.</param>
    /// <param name="detectsGzip">Whether a body that begins as gzip does is unpacked although it does not say so.</param>
    /// <param name="patience">How long it may wait for room.</param>
    public async Task<Reception> ReceiveAsync(HttpContext context, Decode decode, bool detectsGzip, TimeSpan patience)
    {
        var (sender, refusal) = await admission.AdmitAsync(context);
        if (sender is null)
        {
            return new(refusal!.IsKnown ? ReceptionOutcome.NotAllowed : ReceptionOutcome.Unknown, refusal.Reason);
        }

        try
        {
            using var body = await UnpackedBody.ReadAsync(
                context.Request.Body, context.Request.Headers.ContentEncoding.ToString(), detectsGzip, _limits, Budget, context.RequestAborted);
            if (body.Bytes.Count == 0)
            {
                return new(ReceptionOutcome.Taken, "");
            }

            var batch = decode(body.Bytes, Limits());

            // The same bytes of two senders are two requests.
            var digest = XxHash128.HashToUInt128(body.Bytes, sender.Seed);
            using var impatience = new CancellationTokenSource(patience, clock);
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, impatience.Token);
            await intake.TakeAsync(sender, batch, digest, body.Bytes.Count, waiting.Token);
            var rejections = batch.DescribeRejections();
            return new(ReceptionOutcome.Taken, rejections.Contains("too_many_spans", StringComparison.Ordinal) ? $"{rejections}; Tracing:MaxSpans says how many a request may have" : rejections)
            {
                Rejected = batch.Rejected,
            };
        }
        catch (MalformedSpansException e)
        {
            return new(ReceptionOutcome.Malformed, e.Message) { IsOtherFormat = e.IsOtherFormat };
        }
        catch (BodyException e)
        {
            return new(
                e.Problem switch
                {
                    BodyProblem.TooLarge => ReceptionOutcome.TooLarge,
                    BodyProblem.UnknownEncoding => ReceptionOutcome.UnknownEncoding,
                    BodyProblem.NoRoom => ReceptionOutcome.NoRoom,
                    _ => ReceptionOutcome.Damaged,
                },
                e.Problem switch
                {
                    BodyProblem.TooLarge => $"{e.Message}; Tracing:MaxPackedBytes and Tracing:MaxBytes say how long it may be",
                    BodyProblem.NoRoom => $"{e.Message}; Tracing:MaxBytesInFlight says how much that is",
                    _ => e.Message,
                });
        }
        catch (BadHttpRequestException e)
        {
            return new(e.StatusCode == StatusCodes.Status413PayloadTooLarge ? ReceptionOutcome.TooLarge : ReceptionOutcome.Malformed, "the body ends before its end");
        }
        catch (StorageException e)
        {
            return new(ReceptionOutcome.NoRoom, e.Fault is StorageFault.Full ? "there is no room on the disk for spans" : "the store of spans does not take any at the moment");
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return new(ReceptionOutcome.NoRoom, "more spans come than can be written");
        }
    }

    /// <summary>In how many seconds to try again: not all at the same moment.</summary>
    public static int RetryAfter() => RandomNumberGenerator.GetInt32(1, 4);

    private SpanLimits Limits()
    {
        var now = clock.GetUtcNow();
        return new()
        {
            Spans = options.Value.MaxSpans,
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
        GatewayCodes.IncorrectIamAuthentication, GatewayCodes.AccessDenied, GatewayCodes.BodyTooLarge, GatewayCodes.BadRequest, TracingCodes.InvalidRequest, TracingCodes.NoRoom,
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
