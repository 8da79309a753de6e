using System.Text;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Tracing.Otlp;

namespace Stagedoor.Tracing.Ingest.Grpc;

/// <summary><c>grpc.health.v1.Health/Check</c>, as probes of orchestrators and balancers ask it. <c>Watch</c> is not implemented, which its clients know to take.</summary>
internal sealed class CheckHealthByGrpc(IHostApplicationLifetime lifetime) : IGrpcService<CheckHealthByGrpc>
{
    private const ulong Serving = 1;
    private const ulong NotServing = 2;

    public static string Service => "grpc.health.v1.Health";

    public static string Method => "Check";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGrpcService<CheckHealthByGrpc>()
        .WithName(nameof(CheckHealthByGrpc))
        .Authenticate(AuthMode.None)
        .CanFail(GatewayCodes.BodyTooLarge)
        .Unthrottled()
        .OverPlainHttpToo()
        .LimitBody(1024)
        .NotAudited("it changes nothing");

    public Task<byte[]> AnswerAsync(byte[] request, ServerCallContext call)
    {
        // Nothing names all that is there.
        if (NameOf(request) is not "" and var name && !string.Equals(name, ExportTracesByGrpc.Service, StringComparison.Ordinal))
        {
            throw new RpcException(new(StatusCode.NotFound, "there is no such service here"));
        }

        var answer = new ProtobufWriter();
        answer.Number(1, lifetime.ApplicationStopping.IsCancellationRequested ? NotServing : Serving);
        return Task.FromResult(answer.Bytes.ToArray());
    }

    private static string NameOf(byte[] request)
    {
        try
        {
            var name = "";
            var reader = new ProtobufReader(request, 0, request.Length);
            while (reader.Next(1))
            {
                var text = reader.ReadBytes();
                name = Encoding.UTF8.GetString(request, text.Offset, text.Length);
            }

            return name;
        }
        catch (MalformedSpansException e)
        {
            throw new RpcException(new(StatusCode.InvalidArgument, e.Message));
        }
    }
}
