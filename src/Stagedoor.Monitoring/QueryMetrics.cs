using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary><c>GET /v3/{project}/csemonitor/metric</c></summary>
internal static class QueryMetrics
{
    /// <summary>The most services that one question names.</summary>
    public const int MaxServices = 100;

    /// <summary>The most rows of an answer.</summary>
    public const int MaxRows = 10_000;

    internal sealed record Response(IReadOnlyList<MetricInfo> Success);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/{project}/csemonitor/metric", Handle)
        .WithName(nameof(QueryMetrics))
        .WithSummary("Show the measures of services, instances or interfaces")
        .QueryParameter("service", "The names of the services, with commas between them.", isRequired: true)
        .QueryParameter("instance", "Only this instance, by its id or host.")
        .QueryParameter("function", "Only this interface.")
        .QueryParameter("flag", "all: also the rows of instances and interfaces.")
        .Answers<Response>(200, "The rows.")
        .Action("cse:metric:list")
        .CanFail(DiscoveryCodes.InvalidMetric);

    private static IResult Handle(Tenant tenant, string? service, string? instance, string? function, string? flag, MetricStore metrics)
    {
        var names = (service ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
        if (names.Count == 0)
        {
            return MonitoringError.InvalidMetric("service", "is missing");
        }

        if (names.Count > MaxServices)
        {
            return MonitoringError.InvalidMetric("service", "at most 100 names");
        }

        var now = metrics.Now;
        var ofInstance = !string.IsNullOrWhiteSpace(instance);
        var ofFunction = !string.IsNullOrWhiteSpace(function);
        var isAll = string.Equals(flag, "all", StringComparison.OrdinalIgnoreCase);
        var asked = metrics.Visible(tenant).Where(i => names.Contains(i.Key.Service) && (!ofInstance || i.Key.IsNamed(instance!)));
        var rows = new List<MetricInfo>();
        foreach (var group in ServiceGroup.Of(asked))
        {
            if (!ofInstance && !ofFunction)
            {
                rows.Add(MetricInfo.Of(group, now));
            }

            foreach (var member in group.Instances)
            {
                if (!ofFunction && (ofInstance || isAll))
                {
                    rows.Add(MetricInfo.Of(member, now));
                }

                if (ofFunction || isAll)
                {
                    AddInterfaces(rows, member, ofFunction ? function : null, now);
                }

                if (rows.Count > MaxRows)
                {
                    return MonitoringError.InvalidMetric("service", "the answer has more than 10000 rows; name an instance or a function");
                }
            }
        }

        return TypedResults.Json(new(rows), MonitoringJson.Wire.QueryMetricsResponse);
    }

    private static void AddInterfaces(List<MetricInfo> rows, InstanceMetrics instance, string? function, long now)
    {
        var found = new List<(InterfaceKind Kind, MetricInfo Row)>();
        instance.Visit(now, row =>
        {
            if (function is null || InterfaceName.Means(function, row.Name))
            {
                found.Add((row.Kind, MetricInfo.Of(instance, row)));
            }
        });
        rows.AddRange(found.OrderBy(static f => f.Kind).ThenBy(static f => f.Row.FunctionName, StringComparer.Ordinal).Select(static f => f.Row));
    }
}
