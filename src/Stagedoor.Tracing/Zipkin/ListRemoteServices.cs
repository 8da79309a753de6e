using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /api/v2/remoteServices</c>: what a service calls, by its latest calls of a day.</summary>
internal static class ListRemoteServices
{
    private const int Latest = 100;
    private const ulong Day = 24UL * 3600 * 1_000_000_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v2/remoteServices", HandleAsync)
                .WithName($"ZipkinListRemoteServices{name}")
                .WithSummary("List what a service calls")
                .QueryParameter("serviceName", "The service.", isRequired: true)
                .AnswersContent(200, "application/json", "A list of names.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, ZipkinAnswer.Malformed);
            var service = Lower.Of(query.Text("serviceName") ?? throw query.Malformed("serviceName", "it is required"));
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var kind in (SpanKind[])[SpanKind.Client, SpanKind.Producer, SpanKind.Server, SpanKind.Consumer])
            {
                var now = (ulong)(scope.Now - DateTimeOffset.UnixEpoch).Ticks * 100;
                var rows = await scope.SearchAsync(store, new() { Project = scope.Project, Service = service, Kind = kind, From = now - Day, Limit = Latest });
                await foreach (var (_, trace) in scope.TracesAsync(store, rows.Select(static r => r.TraceId), static () => false, scope.Cancellation))
                {
                    Collect(names, trace.Spans, service);
                }
            }

            var services = await store.ServicesAsync(scope.Project, scope.Cancellation);
            return ZipkinAnswer.Names(names, services.Count);
        });

    private static void Collect(HashSet<string> names, SpanGroup group, string service)
    {
        foreach (var span in group.Batch.Spans)
        {
            if (string.Equals(group.IdentityOf(in span).Service, service, StringComparison.Ordinal)
                && new ZipkinPeer(group.Batch, span.Attributes).Remote(span.Kind).Service is { Length: > 0 } name)
            {
                names.Add(group.Batch.TextOf(name));
            }
        }
    }
}
