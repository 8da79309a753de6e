using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Watching;

namespace Stagedoor.Discovery.Health;

/// <summary>How much is registered and who watches, as gauges of the process's own meter, so that <c>/metrics</c> has them.</summary>
internal sealed class RegistryGauges(Registry registry, WatchHub watchers, RegistryWriter writer, SelfProtection protection, LeaseSweeper sweeper, IMeterFactory factory) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create("Stagedoor");
#pragma warning restore CA2000
        meter.CreateObservableGauge("stagedoor.registry.microservices", () => registry.Tenants.Sum(static t => t.Services.Count), "{microservice}", "Registered microservices.");
        meter.CreateObservableGauge("stagedoor.registry.instances", () => registry.Tenants.Sum(static t => t.Instances), "{instance}", "Registered instances.");
        meter.CreateObservableGauge("stagedoor.registry.watchers", () => watchers.Count, "{watcher}", "Open watches.");
        meter.CreateObservableGauge("stagedoor.registry.revision", () => writer.Applied, "1", "The revision up to which this process knows all changes.");
        meter.CreateObservableCounter("stagedoor.registry.expired", () => sweeper.Removed, "{instance}", "Instances that this process has removed because no heartbeat came in time.");
        meter.CreateObservableGauge(
            "stagedoor.registry.protected", () => protection.Protected, "{tenant}", "Tenants nearly all of whose instances fell silent at once, and were kept for one lease more.");
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
