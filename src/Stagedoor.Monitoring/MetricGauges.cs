using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary>The interfaces of all tenants as gauges of the process's own meter, so that <c>/metrics</c> has them.</summary>
internal sealed class MetricGauges(MetricStore metrics, IMeterFactory factory, IOptions<MetricsOptions> options) : IHostedService
{
    private readonly int _max = options.Value.MaxPrometheusSeries;

    public Task StartAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create("Stagedoor");
#pragma warning restore CA2000
        meter.CreateObservableGauge(
            "stagedoor.cse.qps", () => Observe(static m => m.Qps), "{request}/s", "Requests per second of an interface, as its instance reported.");
        meter.CreateObservableGauge(
            "stagedoor.cse.latency", () => Observe(static m => m.Latency / 1_000), "s", "Mean latency of an interface, as its instance reported.");
        meter.CreateObservableGauge(
            "stagedoor.cse.failure_ratio", () => Observe(static m => m.FailureRate), "1", "Failed requests of an interface, 0 to 1.");
        meter.CreateObservableGauge(
            "stagedoor.cse.breaker_open",
            () => Observe(static m => m.CircuitBreakerOpen ? 1 : 0),
            "1",
            "1 while the circuit breaker of an interface is open.");
        meter.CreateObservableGauge("stagedoor.cse.instances", () => metrics.Count, "{instance}", "Instances with series in memory.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>The busiest interfaces, as many as are let out.</summary>
    private List<Measurement<double>> Observe(Func<Measures, double> value)
    {
        var now = metrics.Now;
        var busiest = new PriorityQueue<(InstanceKey Key, InterfaceMetrics Row, Measures Now), double>();
        foreach (var instance in metrics.All())
        {
            if (_max > 0 && instance.IsVisible(now))
            {
                instance.Visit(now, row =>
                {
                    var seen = (instance.Key, row, row.Now);
                    if (busiest.Count < _max)
                    {
                        busiest.Enqueue(seen, row.Now.Qps);
                    }
                    else
                    {
                        busiest.EnqueueDequeue(seen, row.Now.Qps);
                    }
                });
            }
        }

        return busiest.UnorderedItems.Select(b => new Measurement<double>(value(b.Element.Now), Tags(b.Element.Key, b.Element.Row))).ToList();
    }

    private static KeyValuePair<string, object?>[] Tags(InstanceKey key, InterfaceMetrics row) =>
    [
        new("tenant", key.Tenant),
        new("app", key.App),
        new("service", key.Service),
        new("version", key.Version),
        new("instance", key.InstanceId.Length == 0 ? key.Instance : $"{key.Instance}/{key.InstanceId}"),
        new("function", InterfaceName.FunctionOf(row.Name)),
        new("type", row.Kind.ToString()),
    ];
}
