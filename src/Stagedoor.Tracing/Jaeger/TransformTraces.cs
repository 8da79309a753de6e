using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Bodies;
using Stagedoor.Tracing.Ingest;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>POST /api/transform</c>, by which Jaeger's page shows a file of OTLP's JSON: the same traces in its own JSON. Nothing is kept.</summary>
internal static class TransformTraces
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapPost($"{path}/api/transform", HandleAsync)
                .WithName($"JaegerTransformTraces{name}")
                .WithSummary("Turn OTLP's JSON into Jaeger's")
                .LimitBody(null)
                .CanFail(GatewayCodes.BodyTooLarge, GatewayCodes.BadRequest)
                // Not as JSON, which may not be packed elsewhere.
                .ReadsContent("application/octet-stream")
                .AnswersContent(200, Json, "The traces of the body, in Jaeger's envelope; spans that are none are told in errors.")
                .AnswersContent(413, Json, "The body is too large.")
                .AnswersContent(415, Json, "The media type or the content encoding is not known.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, SpanReception reception, ServiceRuleSet services) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            if (context.Request.ContentType is { } type && (!MediaTypeHeaderValue.TryParse(type, out var media) || !media.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase)))
            {
                throw new ReadException(StatusCodes.Status415UnsupportedMediaType, $"the media type is not {Json}");
            }

            var (body, refusal) = await reception.ReadAsync(context.Request.Body, context.Request.Headers.ContentEncoding.ToString(), detectsGzip: false, scope.Cancellation);
            using (body)
            {
                return body is null ? throw Refused(context, refusal!) : Answer(scope, body.Bytes, services);
            }
        });

    private static ReadException Refused(HttpContext context, Reception refusal)
    {
        switch (refusal.Outcome)
        {
            case ReceptionOutcome.TooLarge:
                return new(StatusCodes.Status413PayloadTooLarge, refusal.Message);
            case ReceptionOutcome.UnknownEncoding:
                context.Response.Headers.AcceptEncoding = UnpackedBody.Encodings;
                return new(StatusCodes.Status415UnsupportedMediaType, refusal.Message);
            case ReceptionOutcome.NoRoom:
                context.Response.Headers.RetryAfter = SpanReception.RetryAfter().ToString(CultureInfo.InvariantCulture);
                return new(StatusCodes.Status503ServiceUnavailable, refusal.Message);
            default:
                return new(StatusCodes.Status400BadRequest, refusal.Message);
        }
    }

    private static PackedBody Answer(ReadScope scope, ArraySegment<byte> body, ServiceRuleSet services)
    {
        SpanBatch batch;
        try
        {
            batch = OtlpJson.Parse(body, new() { Spans = ReadScope.MostSpans });
        }
        catch (MalformedSpansException e)
        {
            throw new ReadException(StatusCodes.Status400BadRequest, e.Message);
        }

        var record = new SpanEncoder().Encode(new(scope.Project, scope.Now, Read(batch, services), 0, body.Count));
        var problems = new List<JaegerAnswer.Problem>();
        if (batch.Rejected > 0)
        {
            problems.Add(new(StatusCodes.Status400BadRequest, batch.DescribeRejections()));
        }

        var buffer = new AnswerBuffer();
        using var json = JaegerAnswer.Begin(buffer, isPretty: false);
        foreach (var spans in Enumerable.Range(0, record.Spans.Length).GroupBy(i => record.Spans[i].TraceId))
        {
            if (scope.IsLate || json.BytesCommitted + json.BytesPending > ReadScope.MostBytes)
            {
                scope.Cut("the answer was cut at the time or length that one may have: send fewer traces");
                problems.Add(new(StatusCodes.Status504GatewayTimeout, scope.Partial!));
                break;
            }

            var trace = new SpanGroup(new SpanBatch([]));
            var decoder = new SpanDecoder(trace);
            foreach (var span in spans)
            {
                record.Decode(in record.Spans[span], decoder);
            }

            JaegerTraceWriter.Write(json, spans.Key, trace, isRaw: false);
        }

        json.WriteEndArray();
        JaegerAnswer.End(json, 0, problems);
        return new(buffer, Json);
    }

    // What is shown of spans that are sent: nobody counts these.
    private static SpanGroup Read(SpanBatch batch, ServiceRuleSet services)
    {
        var group = new SpanGroup(batch);
        foreach (var resource in batch.Resources)
        {
            var known = ServiceIdentity.Of(batch, resource, IngestBinding.None);
            group.Identities.Add(new(known.MonitorGroup, known.Application, known.Instance, known.ClusterId, known.Namespace, known.Environment));
        }

        var rules = group.Identities.ConvertAll(i => services.Of(i.Service));
        foreach (var span in batch.Spans)
        {
            group.Facts.Add(new() { IsFailed = SpanReader.Read(batch, in span, rules[batch.Scopes[span.Scope].Resource]).Failed });
        }

        return group;
    }
}
