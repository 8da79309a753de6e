using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary>The dashboard's first page.</summary>
/// <param name="Time">When it was put together, in Unix milliseconds.</param>
/// <param name="Services">By application and name.</param>
internal sealed record ServiceList(long Time, IReadOnlyList<ServiceRow> Services)
{
    public static ServiceList Of(MetricStore metrics, Tenant tenant)
    {
        var now = metrics.Now;
        return new(now, ServiceGroup.Of(metrics.Visible(tenant)).ConvertAll(s => ServiceRow.Of(s, now)));
    }
}

/// <summary>A service on the dashboard's first page.</summary>
/// <param name="AppId">The application.</param>
/// <param name="Name">The microservice.</param>
/// <param name="Versions">The versions that report.</param>
/// <param name="Environment">The environment, when it was told.</param>
/// <param name="Time">When it was reported last, in Unix milliseconds.</param>
/// <param name="Instances">Instances online.</param>
/// <param name="Qps">Requests per second.</param>
/// <param name="Total">Requests in the publishers' last interval, mostly ten seconds.</param>
/// <param name="Failure">Failed ones of them.</param>
/// <param name="FailureRate">Of 100.</param>
/// <param name="Latency">The mean in milliseconds.</param>
/// <param name="P99">The worst instance's, an upper bound.</param>
/// <param name="Breaker">green: closed; amber: open in some instance; red: open in every one. Also breakers before what the service calls.</param>
/// <param name="OpenInstances">Instances with an open breaker.</param>
internal sealed record ServiceRow(
    string AppId,
    string Name,
    IEnumerable<string> Versions,
    string? Environment,
    long Time,
    int Instances,
    double Qps,
    double Total,
    double Failure,
    double FailureRate,
    double Latency,
    double P99,
    string Breaker,
    int OpenInstances)
{
    public static ServiceRow Of(ServiceGroup service, long now)
    {
        var sums = MetricInfo.Of(service, now);
        var open = service.Instances.Count(i => HasOpenBreaker(i, now));
        return new(
            service.AppId,
            service.Name,
            service.Versions,
            service.Environment,
            service.SeenAt,
            service.Instances.Count,
            sums.Qps,
            sums.Total,
            sums.Failure,
            sums.FailureRate,
            sums.Latency,
            sums.L99,
            open == 0 ? "green" : open < service.Instances.Count ? "amber" : "red",
            open);
    }

    private static bool HasOpenBreaker(InstanceMetrics instance, long now)
    {
        var isOpen = false;
        instance.Visit(now, row => isOpen |= row.Now.CircuitBreakerOpen);
        return isOpen;
    }
}
