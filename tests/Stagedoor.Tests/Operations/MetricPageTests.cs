using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Operations;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

/// <summary><c>docs/metrics.md</c> is what the instruments say; <c>STAGEDOOR_ACCEPT=1</c> writes it anew. That a scrape shows the same is tested with the real clients.</summary>
public sealed class MetricPageTests : IAsyncLifetime
{
    private static readonly (string Title, string[] Prefixes)[] s_sections =
    [
        ("Requests and connections", ["stagedoor_request", "stagedoor_connections", "stagedoor_why"]),
        ("Health", ["stagedoor_ready", "stagedoor_warnings", "stagedoor_audit", "stagedoor_tls", "stagedoor_build"]),
        ("Images and storage", ["stagedoor_images", "stagedoor_disk"]),
        ("Discovery", ["stagedoor_registry"]),
        ("Dashboard", ["stagedoor_cse"]),
        ("Traces", ["stagedoor_tracing", "traces_"]),
        ("Process", ["process_", "dotnet_", "stagedoor_memory"]),
    ];

    private static readonly string[] s_interface = ["tenant", "app", "service", "version", "instance", "function", "type"];

    private static readonly string[] s_calls = ["client", "server", "connection_type", "project"];

    private static readonly Dictionary<string, string[]> s_labels = new(StringComparer.Ordinal)
    {
        ["stagedoor_requests_total"] = ["method", "route", "status", "code"],
        ["stagedoor_request_duration_seconds"] = ["method", "route"],
        ["stagedoor_ready"] = ["part"],
        ["stagedoor_ready_check_seconds"] = ["part"],
        ["stagedoor_build_info"] = ["version", "commit"],
        ["stagedoor_disk_free_bytes"] = ["folder"],
        ["stagedoor_disk_size_bytes"] = ["folder"],
        ["stagedoor_cse_qps"] = s_interface,
        ["stagedoor_cse_latency_seconds"] = s_interface,
        ["stagedoor_cse_failure_ratio"] = s_interface,
        ["stagedoor_cse_breaker_open"] = s_interface,
        ["traces_spanmetrics_calls_total"] = ["service", "span_name", "span_kind", "project", "status_code"],
        ["traces_spanmetrics_latency"] = ["service", "span_name", "span_kind", "project"],
        ["traces_service_graph_request_total"] = s_calls,
        ["traces_service_graph_request_failed_total"] = s_calls,
        ["traces_service_graph_request_server_seconds"] = s_calls,
        ["traces_service_graph_request_client_seconds"] = s_calls,
        ["stagedoor_tracing_ingest_spans_total"] = ["protocol", "result", "reason"],
        ["stagedoor_tracing_ingest_received_bytes_total"] = ["protocol", "stage"],
        ["stagedoor_tracing_own_dropped_total"] = ["reason"],
        ["stagedoor_tracing_own_exported_total"] = ["result"],
        ["dotnet_gc_collections_total"] = ["generation"],
    };

    // What has a series only sometimes.
    private static readonly Dictionary<string, string> s_conditions = new(StringComparer.Ordinal)
    {
        ["stagedoor_requests_total"] = "from the first answer on",
        ["stagedoor_request_duration_seconds"] = "from the first answer on",
        ["traces_spanmetrics_calls_total"] = Counted,
        ["traces_spanmetrics_latency"] = Counted,
        ["traces_service_graph_request_total"] = Counted,
        ["traces_service_graph_request_failed_total"] = Counted,
        ["traces_service_graph_request_server_seconds"] = Counted,
        ["traces_service_graph_request_client_seconds"] = Counted,
        ["stagedoor_tracing_ingest_span_age_seconds"] = "from the first spans on",
        ["stagedoor_tracing_ingest_sync_seconds"] = "from the first spans on",
        ["stagedoor_tls_certificate_not_after_timestamp_seconds"] = "with `Tls:Certificate`",
        ["stagedoor_audit_check_timestamp_seconds"] = "after the first check",
        ["stagedoor_images_collector_end_timestamp_seconds"] = "after the first collection",
        ["stagedoor_cse_qps"] = Shown,
        ["stagedoor_cse_latency_seconds"] = Shown,
        ["stagedoor_cse_failure_ratio"] = Shown,
        ["stagedoor_cse_breaker_open"] = Shown,
        ["process_open_fds"] = "not on Windows",
        ["process_max_fds"] = "not on Windows",
    };

    private const string Counted = "with `Tracing:MaxPrometheusSeries`, when spans have come";
    private const string Shown = "with `Discovery:Metrics:MaxPrometheusSeries`, while reports come";
    private StagedoorApp _app = null!;

    private static string Path => System.IO.Path.Combine(Checkout.Root, "docs", "metrics.md");

    private IReadOnlyList<MetricFamily> Families => _app.Services.GetRequiredService<PrometheusExporter>().Families;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public void Each_instrument_says_what_it_measures_and_in_what() => Assert.All(Families, static family =>
    {
        Assert.True(family.Help is [>= '0' and <= 'Z', .., '.'], $"{family.Name} has no description, which is a sentence with a full stop.");
        Assert.True(family.Unit.Length > 0, $"{family.Name} has no unit.");
    });

    [Fact]
    public void Each_name_is_there_once_and_is_one_for_Prometheus() => Assert.All(Families.GroupBy(static f => f.Name, StringComparer.Ordinal), static group =>
    {
        Assert.Single(group);
        Assert.Matches("^[a-z][a-z0-9_]*$", group.Key);
    });

    [Fact]
    public async Task The_page_of_metrics_is_what_the_instruments_say()
    {
        var page = Page();
        if (Environment.GetEnvironmentVariable("STAGEDOOR_ACCEPT") is "1")
        {
            await File.WriteAllTextAsync(Path, page, TestContext.Current.CancellationToken);
        }

        Assert.Equal(page, await File.ReadAllTextAsync(Path, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void What_is_said_of_labels_and_conditions_is_said_of_metrics_that_exist() =>
        Assert.Empty(s_labels.Keys.Concat(s_conditions.Keys).Except(Families.Select(static f => f.Name), StringComparer.Ordinal));

    private string Page()
    {
        var parts = string.Join(", ", _app.Services.GetRequiredService<ModuleSet>().Databases.Select(static d => $"`database {d.Name}`"));
        var page = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"""
            <!-- Generated from the instruments in src; STAGEDOOR_ACCEPT=1 and its test write it anew. -->

            # Metrics

            What `GET /metrics` shows, in Prometheus' text format. How to collect it, with alerts and a dashboard, is on the page [Monitoring](monitoring.md).
            Nothing is exported of the framework's own meters.

            Each is an instrument of the meter `Stagedoor` under OpenTelemetry's rules for names: `stagedoor.request.duration` in `s` becomes
            `stagedoor_request_duration_seconds`, and a histogram has `_bucket` (with `le`), `_sum` and `_count`. All hold for one process since its start. What is
            under "only" has a series in that case alone.

            | label | values |
            |---|---|
            | `method` | the method of the request, `other` for one that nobody knows |
            | `route` | the route's path with its placeholders, `unmatched` where there is none |
            | `status` | the status, `200` to `599` |
            | `code` | the [error code](errors/README.md); empty for what succeeded |
            | `part` | `blob store`, {parts} |
            | `folder` | `data` for the data directory, `blobs` for the folder of blobs |
            | `version`, `commit` | of the build; of a microservice in the dashboard's |
            | `protocol` | `otlp_http`, `otlp_grpc`, `zipkin` |
            | `result`, `reason` | of spans: `accepted`; `rejected` with why ([the reasons](tracing.md#send-spans) of partial success); `dropped` as `filtered`, `repeated` or `no_room` |
            | `service`, `span_name`, `client`, `server`, `project` | of spans: a service, its transaction, who calls and what is called, and whose spans they are; `(others)` where there are too many |
            | `span_kind`, `status_code` | as in Tempo: `SPAN_KIND_SERVER`; `STATUS_CODE_UNSET` or, for what failed, `STATUS_CODE_ERROR` |
            | `connection_type` | as in Tempo: `database` (also a cache), `messaging_system`, `virtual_node` for who or what sends no spans, else empty |
            | `stage` | `packed` for bytes as they were sent, `unpacked` as they are read |
            | `generation` | `0`, `1`, `2` |
            | `tenant`, `app`, `service`, `instance`, `function`, `type` | what the instance reported; `type` is `Provider` or `Consumer` |

            """));
        foreach (var (title, prefixes) in s_sections)
        {
            page.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n| name | kind | unit | labels | meaning | only |\n|---|---|---|---|---|---|\n");
            foreach (var family in Families.Where(f => prefixes.Any(p => f.Name.StartsWith(p, StringComparison.Ordinal))))
            {
                var labels = string.Join(", ", s_labels.GetValueOrDefault(family.Name, []).Select(static l => $"`{l}`"));
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{family.Name}` | {family.Kind} | {Unit(family.Unit)} | {labels} | {family.Help} | {s_conditions.GetValueOrDefault(family.Name)} |\n");
            }
        }

        Assert.All(Families, family => Assert.Contains($"| `{family.Name}` |", page.ToString(), StringComparison.Ordinal));
        return page.ToString();
    }

    private static string Unit(string unit) => unit switch { "s" => "seconds", "By" => "bytes", "1" => "", _ => unit.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal) };
}
