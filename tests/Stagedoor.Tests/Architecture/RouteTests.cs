using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Gateway.Admission;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Architecture;

/// <summary>Every route of the application says what it is called, who may call it, how it is recorded, how often it may be called and how it fails.</summary>
public sealed class RouteTests(RouteTests.Everything everything) : IClassFixture<RouteTests.Everything>
{
    // Besides, each of these gives its reason where it is mapped.
    private static readonly string[] s_unrecorded =
    [
        "AppendSession", "CheckHealthByGrpc", "CollectSpansV1", "CollectSpansV1ByKey", "CollectSpansV2", "CollectSpansV2ByKey", "CreateToken", "DropLogs", "DropMetrics", "DropProfiles", "ExportTraces",
        "ExportTracesByGrpc", "ExportTracesByKey", "FindInstancesBatch", "Heartbeat", "HeartbeatSet", "JaegerArchiveTrace", "JaegerArchiveTraceOfProject",
        "JaegerReleaseTrace", "JaegerReleaseTraceOfProject", "JaegerTransformTraces", "JaegerTransformTracesOfProject", "RegisterInstance", "RegistryToken", "UploadMetric", "UploadMetricV1",
    ];

    // The registry's own clients push in many requests; what is recorded is the one that ends it.
    private static readonly string[] s_pieces = ["AppendUpload", "CancelUpload", "RefuseUnsupported", "ShowUpload", "ShowVersion"];

    // Second addresses of operations that have a name at the first.
    private static readonly string[] s_aliases =
    [
        "GET,HEAD health", "GET,HEAD v4/{project}/govern/microservices/statistics",

        // Releases, with their cluster in the query.
        "POST v2/releases/", "GET,HEAD v2/releases/", "GET,HEAD v2/releases/{name}/", "PUT v2/releases/{name}/", "DELETE v2/releases/{name}/", "GET,HEAD v2/releases/{name}/history",
    ];

    private IReadOnlyList<RouteEndpoint> Routes => everything.Routes;

    private IEnumerable<RouteEndpoint> Operations => Routes.Where(static r => r.Metadata.GetMetadata<ServiceMetadata>() is not null);

    [Fact]
    public void Only_pages_for_operators_and_readers_belong_to_no_module() => Assert.Empty(
        Routes.Except(Operations).Select(Path)
            .Where(static p => !p.StartsWith("docs", StringComparison.Ordinal) && !p.StartsWith("errors", StringComparison.Ordinal))
            .Except(["", "favicon.ico", "favicon.svg", "healthz", "metrics", "openapi/", "openapi/{documentName}.json", "readyz", "version"], StringComparer.Ordinal));

    [Fact]
    public void Each_operation_has_a_name_or_is_another_address_of_one_that_has()
    {
        var named = Operations.Where(static r => NameOf(r) is not null).ToList();
        var addresses = named.Select(Whole).ToHashSet(StringComparer.Ordinal);
        var nameless = Operations.Where(static r => NameOf(r) is null && !IsRefusal(r)).Select(Whole).Except(s_aliases, StringComparer.Ordinal)
            .Where(address => !addresses.Contains(address
                .Replace(" registry/v3/", " v4/{project}/registry/", StringComparison.Ordinal)
                .Replace(" v2/domains/", " swr/v2/domains/", StringComparison.Ordinal)
                .Replace(" autopilot/v2/", " v2/", StringComparison.Ordinal)
                .Replace(" autopilot/cam/", " cce/cam/", StringComparison.Ordinal)
                .Replace(" autopilot/v3/", " api/v3/", StringComparison.Ordinal)
                .Replace("/repos/{repository}/access-domains", "/repositories/{repository}/access-domains", StringComparison.Ordinal)));

        Assert.Empty(named.GroupBy(NameOf, StringComparer.Ordinal).Where(static g => g.Count() > 1).Select(static g => g.Key));
        Assert.Empty(nameless);
    }

    // The engine and the registry let callers in by rules of their own; what they change has an action for the records.
    [Fact]
    public void Each_operation_that_the_gateway_decides_about_and_each_change_has_an_action()
    {
        Assert.True(Routes.Count > 100);
        Assert.Empty(Routes.Where(r => everything.Policies.Of(r).IsUndecided).Select(Whole));
        Assert.Empty(Operations
            .Where(r => everything.Policies.Of(r) is { IsIam: true } or { Auth: AuthMode.Iam } or { Audit: not null })
            .Where(static r => r.Metadata.GetMetadata<ActionMetadata>() is null && r.Metadata.GetMetadata<EveryCallerMetadata>() is null)
            .Select(Whole));
    }

    [Fact]
    public void Each_operation_that_changes_something_is_recorded_or_says_why_not()
    {
        var changing = Operations.Where(Changes).Where(r => everything.Policies.Of(r).Audit is null).ToList();
        var (own, excused) = (changing.Where(static r => r.Metadata.GetMetadata<OwnAuditMetadata>() is not null).ToList(),
            changing.Where(static r => r.Metadata.GetMetadata<NotAuditedMetadata>() is { Reason.Length: > 0 }).ToList());

        Assert.Empty(changing.Except(own).Except(excused).Select(Whole));
        Assert.Equal(s_unrecorded, excused.Select(NameOf).OfType<string>().Order(StringComparer.Ordinal));
        Assert.All(own.Select(NameOf).Except(s_pieces, StringComparer.Ordinal), static name => Assert.Contains(
            "AuditAs(", File.ReadAllText(System.IO.Path.Combine(Checkout.Root, "src/Stagedoor.Images/Oci", name + ".cs")), StringComparison.Ordinal));
    }

    // As records of instances would be, thousands a second.
    [Fact]
    public void No_operation_is_recorded_that_only_reads_or_gives_a_reason_for_none() => Assert.Empty(
        Operations.Where(r => everything.Policies.Of(r).Audit is not null)
            .Where(static r => !Changes(r) || r.Metadata.GetMetadata<NotAuditedMetadata>() is not null).Select(Whole));

    [Fact]
    public void Each_route_that_the_gateway_guards_has_a_rate()
    {
        var guarded = Routes.Where(r => everything.Policies.Of(r).Auth is AuthMode.Iam).ToList();

        Assert.NotEmpty(guarded);
        Assert.Empty(guarded.Where(r => everything.Policies.Of(r).Throttle is null && r.Metadata.GetMetadata<UnthrottledMetadata>() is null).Select(Whole));
    }

    [Fact]
    public void Each_operation_says_how_it_fails() =>
        Assert.Empty(Operations.Where(static r => r.Metadata.GetMetadata<ErrorsMetadata>() is null).Select(Whole));

    private static bool Changes(RouteEndpoint route) => route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods
        .Any(static m => !HttpMethods.IsGet(m) && !HttpMethods.IsHead(m) && !HttpMethods.IsOptions(m)) ?? true;

    private static string? NameOf(RouteEndpoint route) => route.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName;

    private static string Path(RouteEndpoint route) => route.RoutePattern.RawText!.TrimStart('/');

    private static string Whole(RouteEndpoint route) =>
        $"{string.Join(',', route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])} {Path(route)}";

    // Takes every method, to say that there is nothing.
    private static bool IsRefusal(RouteEndpoint route) => route.Metadata.GetMetadata<IHttpMethodMetadata>() is null;

    /// <summary>The host with all that can be switched on.</summary>
    public sealed class Everything : IAsyncLifetime
    {
        private StagedoorApp _app = null!;

        internal IReadOnlyList<RouteEndpoint> Routes { get; private set; } = [];

        internal RoutePolicies Policies => _app.Services.GetRequiredService<RoutePolicies>();

        public async ValueTask InitializeAsync()
        {
            _app = await StagedoorApp.StartAsync(
                ("Gateway:PasswordIterations", "10000"), ("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:PasswordIterations", "10000"), ("Discovery:Rules", "true"));
            Routes = [.. _app.Services.GetServices<EndpointDataSource>().SelectMany(static s => s.Endpoints).OfType<RouteEndpoint>()];
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();
    }
}
