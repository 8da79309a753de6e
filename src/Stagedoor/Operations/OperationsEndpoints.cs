using System.Text.Json.Serialization;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Operations;

/// <summary><c>/healthz</c>, <c>/readyz</c>, <c>/metrics</c>, <c>/version</c>: for the people and programs that run an installation.</summary>
internal static class OperationsEndpoints
{
    internal sealed record Health(
        string Status,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Problems = null,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Warnings = null);

    internal sealed record VersionInfo(string Version, string Commit, string Runtime);

    // A door that stands open. Browsers ask for it beside every page, also beside JSON.
    private const string Icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#0b5cad"/><path d="M9 6h14v20H9z" fill="#fff" opacity=".35"/><path d="M9 6l9 4v20l-9-4z" fill="#fff"/><circle cx="15.5" cy="19" r="1.2" fill="#0b5cad"/></svg>
        """;

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").Authenticate(AuthMode.None).Unthrottled().NotRecorded().InDocument("gateway").SpeaksJson(OperationsJson.Default);
        var probes = group.MapGroup("").OverPlainHttpToo();
        probes.MapGet("/healthz", static () => Results.Json(new Health("ok"), OperationsJson.Default.Health))
            .WithName("ShowHealth")
            .WithSummary("Tell that the process lives")
            .Answers<Health>(200, "It lives.");
        probes.MapGet("/version", static () => Results.Json(
                new VersionInfo(Build.Version, Build.Commit, Environment.Version.ToString()), OperationsJson.Default.VersionInfo))
            .WithName("ShowProductVersion")
            .WithSummary("Show which version runs")
            .Answers<VersionInfo>(200, "The version.");
        probes.MapGet("/readyz", static async (Readiness readiness, CancellationToken cancellationToken) =>
            {
                var problems = await readiness.ProblemsAsync(cancellationToken);
                var warnings = readiness.Warnings is { Count: > 0 } some ? some : null;
                return problems.Count == 0
                    ? Results.Json(new Health("ready", Warnings: warnings), OperationsJson.Default.Health)
                    : Results.Json(new Health("not ready", problems, warnings), OperationsJson.Default.Health, statusCode: StatusCodes.Status503ServiceUnavailable);
            })
            .WithName("ShowReadiness")
            .WithSummary("Tell whether requests can be served")
            .Answers<Health>(200, "They can.")
            .Answers<Health>(503, "They cannot, and why.");
        foreach (var path in (string[])["/favicon.ico", "/favicon.svg"])
        {
            group.MapGet(path, static (HttpResponse response) =>
            {
                response.Headers.CacheControl = "public, max-age=86400";
                return Results.Text(Icon, "image/svg+xml");
            }).ExcludeFromDescription();
        }

        group.MapGet("/metrics", static async (PrometheusExporter exporter, ProbeGauges probes, CancellationToken cancellationToken) =>
            {
                await probes.RefreshAsync(cancellationToken);
                return Results.Text(exporter.Render(), "text/plain; version=0.0.4; charset=utf-8");
            })
            .WithName("ShowMetrics")
            .WithSummary("Show the measures, for Prometheus")
            .AnswersContent(200, "text/plain", "The text format of Prometheus.");
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OperationsEndpoints.Health))]
[JsonSerializable(typeof(OperationsEndpoints.VersionInfo))]
internal sealed partial class OperationsJson : JsonSerializerContext;
