using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /api/v2/autocompleteKeys</c> and <c>/autocompleteValues</c>: tags that searches may be narrowed by, those that say where services run.</summary>
internal static class Autocomplete
{
    private static readonly (string Key, Func<SpanIdentity, string> Value)[] s_keys =
    [
        ("deployment.environment.name", static i => i.Environment),
        ("k8s.cluster.name", static i => i.Cluster),
        ("k8s.namespace.name", static i => i.Namespace),
    ];

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v2/autocompleteKeys", HandleKeysAsync)
                .WithName($"ZipkinListKeys{name}")
                .WithSummary("List tags to search by")
                .AnswersContent(200, "application/json", "A list of keys that have values.");
            routes.MapGet($"{path}/api/v2/autocompleteValues", HandleValuesAsync)
                .WithName($"ZipkinListValues{name}")
                .WithSummary("List values of a tag to search by")
                .QueryParameter("key", "One of the keys.", isRequired: true)
                .AnswersContent(200, "application/json", "A list of values.");
        }
    }

    private static Task<IResult> HandleKeysAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        async scope =>
        {
            var identities = await store.IdentitiesAsync(scope.Project, scope.Cancellation);
            return Write(s_keys.Where(k => ValuesOf(identities, k.Value).Any()).Select(static k => k.Key));
        },
        isLight: true);

    private static Task<IResult> HandleValuesAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, ZipkinAnswer.Malformed);
            var key = query.Text("key") ?? throw query.Malformed("key", "it is required");
            var value = Array.Find(s_keys, k => string.Equals(k.Key, key, StringComparison.Ordinal)).Value;
            return Write(value is null ? [] : ValuesOf(await store.IdentitiesAsync(scope.Project, scope.Cancellation), value));
        },
        isLight: true);

    // What a service did not say itself is no tag of it.
    private static IEnumerable<string> ValuesOf(IReadOnlyList<SpanIdentity> identities, Func<SpanIdentity, string> value) =>
        identities.Select(value).Where(static v => v.Length > 0 && v is not ServiceIdentity.Default).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static IResult Write(IEnumerable<string> texts) => ZipkinAnswer.Of(json =>
    {
        json.WriteStartArray();
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    });
}
