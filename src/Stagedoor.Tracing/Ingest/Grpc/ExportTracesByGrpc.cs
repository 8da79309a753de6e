using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stagedoor.Http;
using Stagedoor.Tracing.Otlp;

namespace Stagedoor.Tracing.Ingest.Grpc;

/// <summary><c>TraceService/Export</c>: OTLP over gRPC (opentelemetry-proto, <c>docs/specification.md</c>). It takes what OTLP over HTTP takes, and means the same by its answers.</summary>
internal sealed partial class ExportTracesByGrpc(SpanReception reception, ILogger<ExportTracesByGrpc> logger) : IGrpcService<ExportTracesByGrpc>
{
    private const string Details = "grpc-status-details-bin";

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(500);

    public static string Service => "opentelemetry.proto.collector.trace.v1.TraceService";

    public static string Method => "Export";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGrpcService<ExportTracesByGrpc>()
        .Action("apm:span:export")
        .WithName(nameof(ExportTracesByGrpc))
        .CanFail(ReceptionCodes.All)
        .Add(static endpoint =>
        {
            var call = endpoint.RequestDelegate!;
            endpoint.RequestDelegate = context => ReceiveAsync(context, call);
        });

    public async Task<byte[]> AnswerAsync(byte[] request, ServerCallContext call)
    {
        var message = call.GetHttpContext().Features.GetRequiredFeature<ReceivedMessage>();
        try
        {
            var received = message.Refusal ?? await reception.TakeAsync(message.Sender!, message.Body!, OtlpProtobuf.Read, IngestProtocol.OtlpGrpc, s_patience, call.CancellationToken);
            return received.Outcome is ReceptionOutcome.Taken ? OtlpAnswer.TakenAsProtobuf(received.Rejected, received.Message) : throw Refuse(call, received);
        }
#pragma warning disable CA1031 // The framework catches everything itself, and would call it UNKNOWN.
        catch (Exception e) when (e is not (RpcException or OperationCanceledException))
#pragma warning restore CA1031
        {
            LogFault(e);
            throw new RpcException(new(StatusCode.Internal, "the spans are not taken because of a fault of the server"));
        }
    }

    private static async Task ReceiveAsync(HttpContext context, RequestDelegate call)
    {
        if (!GrpcRefusal.IsFor(context.Request))
        {
            const string Text = "What is taken here is gRPC: application/grpc over HTTP/2.";
            ErrorWriter.Name(context.Response, ReceptionCodes.Of(StatusCodes.Status415UnsupportedMediaType), Text);
            await TypedResults.Text(Text, statusCode: StatusCodes.Status415UnsupportedMediaType).ExecuteAsync(context);
            return;
        }

        using var message = await ReceivedMessage.ReadAsync(context, context.RequestServices.GetRequiredService<SpanReception>());
        context.Features.Set(message);
        context.Features.Set<IRequestBodyPipeFeature>(message);
        await call(context);
    }

    private static RpcException Refuse(ServerCallContext call, Reception received)
    {
        // By the status that the same is over HTTP, its code is found.
        var (code, status) = received.Outcome switch
        {
            ReceptionOutcome.Unknown => (StatusCode.Unauthenticated, StatusCodes.Status401Unauthorized),
            ReceptionOutcome.NotAllowed => (StatusCode.PermissionDenied, StatusCodes.Status403Forbidden),
            ReceptionOutcome.TooMany => (StatusCode.ResourceExhausted, StatusCodes.Status429TooManyRequests),
            ReceptionOutcome.TooLarge => (StatusCode.ResourceExhausted, StatusCodes.Status413PayloadTooLarge),
            ReceptionOutcome.NoRoom => (StatusCode.Unavailable, StatusCodes.Status503ServiceUnavailable),
            _ => (StatusCode.InvalidArgument, StatusCodes.Status400BadRequest),
        };
        var message = Text.Cut(Text.Repair(received.Message), OtlpAnswer.MostMessage);
        ErrorWriter.Name(call.GetHttpContext().Response, received.Error ?? ReceptionCodes.Of(status), message);

        // Whoever is told no time takes it that trying again is of no use.
        var trailers = received.Outcome is ReceptionOutcome.NoRoom or ReceptionOutcome.TooMany
            ? new Metadata { { Details, OtlpAnswer.StatusAsProtobuf((int)code, message, SpanReception.RetryAfter()) } }
            : Metadata.Empty;
        return new(new(code, message), trailers);
    }

    [LoggerMessage(LogLevel.Error, "Spans that came by gRPC are not taken")]
    private partial void LogFault(Exception exception);
}
