using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Rollups;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary><c>GET /v2/{project}/csemonitor/series</c></summary>
internal static class GetSeries
{
    /// <summary>The most points of an answer.</summary>
    public const int MaxPoints = 1_500;

    private const int DefaultPoints = 360;
    private const int MaxStep = 86_400;
    private const int SlotSeconds = Slot.Milliseconds / 1_000;
    private static readonly int[] s_steps = [10, 30, 60, 300, 900, 3_600, 21_600, MaxStep];

    /// <param name="Step">Seconds between points.</param>
    /// <param name="Points">Those for which anything was told, oldest first.</param>
    internal sealed record Response(int Step, IReadOnlyList<SeriesPoint> Points);

    internal sealed class Query
    {
        public string? Service { get; init; }

        public string? AppId { get; init; }

        public string? Instance { get; init; }

        public string? Function { get; init; }

        public string? Type { get; init; }

        public string? From { get; init; }

        public string? To { get; init; }

        public string? Step { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v2/{project}/csemonitor/series", HandleAsync)
        .WithName("GetMetricSeries")
        .WithSummary("Show the measures of a service over time")
        .QueryParameter("service", "The name of the service.", isRequired: true)
        .QueryParameter("appId", "Its application.")
        .QueryParameter("instance", "Only this instance.")
        .QueryParameter("function", "Only this interface.")
        .QueryParameter("type", "provider or consumer.")
        .QueryParameter("from", "The beginning, in Unix milliseconds.", ParameterType.Number)
        .QueryParameter("to", "The end, in Unix milliseconds.", ParameterType.Number)
        .QueryParameter("step", "Seconds between points, a multiple of 10.", ParameterType.Number)
        .Answers<Response>(200, "The points for which anything was told, oldest first.")
        .Action("cse:metric:getSeries")
        .CanFail(DiscoveryCodes.InvalidMetric);

    private static async Task<IResult> HandleAsync(
        Tenant tenant, [AsParameters] Query query, MetricStore metrics, RollupStore rollups, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(query.Service))
        {
            return MonitoringError.InvalidMetric("service", "is missing");
        }

        var now = metrics.Now;
        if (!TryRead(query.To, now, out var to) || !TryRead(query.From, to - (long)metrics.Retention.TotalMilliseconds, out var from)
            || from < 0 || to <= from)
        {
            return MonitoringError.InvalidMetric("from", "from and to are Unix milliseconds, and from comes before to");
        }

        to = Math.Min(to, now + 1);
        var kind = string.IsNullOrWhiteSpace(query.Type) ? InterfaceKind.Provider : InterfaceName.KindNamed(query.Type);
        if (kind is InterfaceKind.Unknown)
        {
            return MonitoringError.InvalidMetric("type", "provider or consumer");
        }

        var seconds = Math.Max(0, to - from) / 1_000;
        if (!TryRead(query.Step, Array.Find(s_steps, s => seconds / s <= DefaultPoints) is > 0 and var fits ? fits : MaxStep, out var step)
            || step is < SlotSeconds or > MaxStep || step % SlotSeconds != 0)
        {
            return MonitoringError.InvalidMetric("step", "a multiple of 10 seconds, up to 86400");
        }

        if (seconds / step > MaxPoints)
        {
            return MonitoringError.InvalidMetric("step", "would give more than 1500 points");
        }

        var question = new SeriesQuestion(tenant.Key, query.Service, Told(query.AppId), Told(query.Instance), Told(query.Function), kind);
        var points = from >= to ? [] : await new SeriesReader(metrics, rollups, question, from, to, (int)step, now).ReadAsync(cancellationToken);
        return TypedResults.Json(new((int)step, points), MonitoringJson.Wire.GetSeriesResponse);
    }

    private static string? Told(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    private static bool TryRead(string? text, long otherwise, out long number)
    {
        number = otherwise;
        return string.IsNullOrWhiteSpace(text) || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
