using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Bodies;
using Stagedoor.Tracing.Otlp;

namespace Stagedoor.Tracing.Ingest;

/// <summary><c>POST /v1/traces</c>: OTLP over HTTP, as protobuf and as JSON (opentelemetry-proto, <c>docs/specification.md</c>).</summary>
internal static class ExportTraces
{
    private const int InvalidArgument = 3;
    private const int PermissionDenied = 7;
    private const int ResourceExhausted = 8;
    private const int Unimplemented = 12;
    private const int Unavailable = 14;
    private const int Unauthenticated = 16;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapPost("/v1/traces", HandleAsync)).WithName(nameof(ExportTraces));
        Describe(routes.MapPost("/k/{key}/v1/traces", HandleAsync)).WithName($"{nameof(ExportTraces)}ByKey").PathParameter("key", "An ingest key, for senders that can set no header.");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Send spans by OTLP over HTTP")
        .Action("apm:span:export")
        .CanFail(ReceptionCodes.All)
        .ReadsContent(OtlpAnswer.Protobuf)
        .AnswersContent(200, OtlpAnswer.Protobuf, "They are kept; what was rejected is said in partialSuccess.")
        .AnswersContent(200, OtlpAnswer.Json, "")
        .Refuses(400, "The body is not what its media type says, or is damaged.")
        .Refuses(401, "The sender is not known.")
        .Refuses(403, "The sender may not.")
        .Refuses(413, "The body is too large.")
        .Refuses(415, "The media type or the content encoding is not known.")
        .AnswersContent(415, "text/plain", "")
        .Refuses(429, "Too many requests of unknown senders come from the same network; Retry-After says when to try again.")
        .Refuses(503, "There is no room at the moment; Retry-After says when to try again.");

    // A google.rpc.Status, in the format of the request.
    private static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, int status, string description) => route
        .AnswersContent(status, OtlpAnswer.Protobuf, description)
        .AnswersContent(status, OtlpAnswer.Json, "");

    /// <summary>Answers for the other signals, which senders of traces often have at the same address.</summary>
    public static IResult Drop(HttpContext context, bool isDiscarded)
    {
        var isJson = IsJson(context.Request.ContentType) is true;
        return isDiscarded
            ? OtlpAnswer.Taken(isJson, 0, "")
            : OtlpAnswer.Refused(StatusCodes.Status404NotFound, isJson, Unimplemented, "only traces are taken here; Tracing:DiscardOtherSignals lets other signals be taken and dropped");
    }

    private static async Task<IResult> HandleAsync(HttpContext context, SpanReception reception)
    {
        if (IsJson(context.Request.ContentType) is not { } isJson)
        {
            var text = $"The media type is neither {OtlpAnswer.Protobuf} nor {OtlpAnswer.Json}.";
            ErrorWriter.Name(context.Response, ReceptionCodes.Of(StatusCodes.Status415UnsupportedMediaType), text);
            return TypedResults.Text(text, statusCode: StatusCodes.Status415UnsupportedMediaType);
        }

        var received = await reception.ReceiveAsync(context, isJson ? OtlpJson.Parse : OtlpProtobuf.Read, IngestProtocol.OtlpHttp, s_patience);
        return received.Outcome switch
        {
            ReceptionOutcome.Taken => OtlpAnswer.Taken(isJson, received.Rejected, received.Message),
            ReceptionOutcome.Unknown => OtlpAnswer.Refused(StatusCodes.Status401Unauthorized, isJson, Unauthenticated, received.Message, error: received.Error),
            ReceptionOutcome.NotAllowed => OtlpAnswer.Refused(StatusCodes.Status403Forbidden, isJson, PermissionDenied, received.Message, error: received.Error),
            ReceptionOutcome.TooMany => OtlpAnswer.Refused(StatusCodes.Status429TooManyRequests, isJson, ResourceExhausted, received.Message, SpanReception.RetryAfter(), error: received.Error),
            ReceptionOutcome.TooLarge => OtlpAnswer.Refused(StatusCodes.Status413PayloadTooLarge, isJson, ResourceExhausted, received.Message, error: received.Error),
            ReceptionOutcome.UnknownEncoding => OtlpAnswer.Refused(StatusCodes.Status415UnsupportedMediaType, isJson, Unimplemented, received.Message, acceptEncoding: UnpackedBody.Encodings),
            ReceptionOutcome.NoRoom => OtlpAnswer.Refused(StatusCodes.Status503ServiceUnavailable, isJson, Unavailable, received.Message, SpanReception.RetryAfter(), error: received.Error),
            _ => OtlpAnswer.Refused(StatusCodes.Status400BadRequest, isJson, InvalidArgument, received.Message),
        };
    }

    // Null for neither.
    private static bool? IsJson(string? contentType) => !MediaTypeHeaderValue.TryParse(contentType, out var type) ? null
        : type.MediaType.Equals(OtlpAnswer.Json, StringComparison.OrdinalIgnoreCase) ? true
        : type.MediaType.Equals(OtlpAnswer.Protobuf, StringComparison.OrdinalIgnoreCase) ? false
        : null;
}
