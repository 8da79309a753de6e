using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Bodies;
using Stagedoor.Tracing.Zipkin;

namespace Stagedoor.Tracing.Ingest;

/// <summary><c>POST /api/v2/spans</c> and <c>/api/v1/spans</c>, as Zipkin's collector takes them.</summary>
internal static class CollectSpans
{
    private const string Json = "application/json";

    // Its senders do not try again.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapPost("/api/v2/spans", HandleV2Async)).WithName("CollectSpansV2");
        Describe(routes.MapPost("/api/v1/spans", HandleV1Async)).WithName("CollectSpansV1");
        Describe(routes.MapPost("/k/{key}/api/v2/spans", HandleV2Async)).WithName("CollectSpansV2ByKey").PathParameter("key", "An ingest key, for senders that can set no header.");
        Describe(routes.MapPost("/k/{key}/api/v1/spans", HandleV1Async)).WithName("CollectSpansV1ByKey").PathParameter("key", "An ingest key, for senders that can set no header.");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Send spans in Zipkin's format")
        .Action("apm:span:export")
        .CanFail(ReceptionCodes.All)
        .ReadsContent("application/octet-stream")
        .AnswersEmpty(202, "They are kept, but for those that are none.")
        .AnswersContent(400, "text/plain", "The body is not what its media type says, or is damaged.")
        .AnswersContent(401, "text/plain", "The sender is not known.")
        .AnswersContent(403, "text/plain", "The sender may not.")
        .AnswersContent(413, "text/plain", "The body is too large.")
        .AnswersContent(415, "text/plain", "The media type or the content encoding is not known.")
        .AnswersContent(429, "text/plain", "Too many requests of unknown senders come from the same network; Retry-After says when to try again.")
        .AnswersContent(503, "text/plain", "There is no room at the moment; Retry-After says when to try again.");

    private static Task<IResult> HandleV2Async(HttpContext context, SpanReception reception) => ReceiveAsync(
        context, reception, "a JSON list of spans of version 2", ("application/x-protobuf", ZipkinProtobuf.Read), ("application/protobuf", ZipkinProtobuf.Read), (Json, ZipkinJson.Read));

    private static Task<IResult> HandleV1Async(HttpContext context, SpanReception reception) => ReceiveAsync(
        context, reception, "a JSON list of spans of version 1", ("application/x-thrift", ZipkinThrift.Read), (Json, ZipkinV1Json.Read));

    private static async Task<IResult> ReceiveAsync(HttpContext context, SpanReception reception, string format, params (string MediaType, SpanReception.Decode Decode)[] formats)
    {
        var mediaType = context.Request.ContentType is { Length: > 0 } sent ? MediaTypeHeaderValue.TryParse(sent, out var type) ? type.MediaType.ToString() : "" : Json;
        var decode = Array.Find(formats, f => f.MediaType.Equals(mediaType, StringComparison.OrdinalIgnoreCase)).Decode;
        if (decode is null)
        {
            return Plain(context, StatusCodes.Status415UnsupportedMediaType, $"The media type is none of {string.Join(", ", formats.Select(static f => f.MediaType))}.");
        }

        var received = await reception.ReceiveAsync(context, decode, IngestProtocol.Zipkin, s_patience);
        switch (received.Outcome)
        {
            case ReceptionOutcome.Taken:
                return TypedResults.StatusCode(StatusCodes.Status202Accepted);
            case ReceptionOutcome.Unknown:
                return Plain(context, StatusCodes.Status401Unauthorized, received.Message, received.Error);
            case ReceptionOutcome.NotAllowed:
                return Plain(context, StatusCodes.Status403Forbidden, received.Message, received.Error);
            case ReceptionOutcome.TooMany:
                context.Response.Headers.RetryAfter = SpanReception.RetryAfter().ToString(CultureInfo.InvariantCulture);
                return Plain(context, StatusCodes.Status429TooManyRequests, received.Message, received.Error);
            case ReceptionOutcome.TooLarge:
                return Plain(context, StatusCodes.Status413PayloadTooLarge, received.Message, received.Error);
            case ReceptionOutcome.UnknownEncoding:
                context.Response.Headers.AcceptEncoding = UnpackedBody.Encodings;
                return Plain(context, StatusCodes.Status415UnsupportedMediaType, received.Message);
            case ReceptionOutcome.NoRoom:
                context.Response.Headers.RetryAfter = SpanReception.RetryAfter().ToString(CultureInfo.InvariantCulture);
                return Plain(context, StatusCodes.Status503ServiceUnavailable, received.Message, received.Error);
            case ReceptionOutcome.Damaged:
                return Plain(context, StatusCodes.Status400BadRequest, $"Cannot gunzip spans: {received.Message}");
            default:
                return Plain(context, StatusCodes.Status400BadRequest, received.IsOtherFormat ? received.Message : $"Malformed reading {format}: {received.Message}");
        }
    }

    private static ContentHttpResult Plain(HttpContext context, int status, string text, ErrorDefinition? error = null)
    {
        text = Text.Repair(text);
        ErrorWriter.Name(context.Response, error ?? ReceptionCodes.Of(status), text);
        return TypedResults.Text(text, statusCode: status);
    }
}
