using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Instances;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Http.Tenants;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Instances;

public sealed class ExpiryRaceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_registers_again_while_his_removal_is_being_stored_is_there_afterwards()
    {
        var gate = new DatabaseGate();
        await using var app = await StagedoorApp.StartAsync(
            services => gate.Install(services),
            ("Modules", "discovery"),
            ("Gateway:PasswordIterations", "10000"),
            ("Discovery:SelfProtection", "false"),
            ("Discovery:MinHeartbeatInterval", "5"),
            ("Discovery:MinHeartbeatTimes", "0"));
        var registry = app.Services.GetRequiredService<Registry>();
        await Eventually.TrueAsync("the engine is registered with itself", TimeSpan.FromSeconds(20), () => registry.Instances.Count() == 2);
        using var made = await app.Anonymous.PostAsJsonAsync(
            $"{Engine.Base}/microservices", new { service = new { appId = "shop", serviceName = "stock", version = "1.0.0" } }, Cancellation);
        var serviceId = (await Engine.OkAsync(made)).GetProperty("serviceId").GetString()!;
        var instance = new Instance
        {
            InstanceId = "i1",
            HostName = "h1",
            Endpoints = ["rest://10.0.0.1:8080"],
            HealthCheck = new() { Mode = "push", Interval = 10, Times = 2 },
        };
        var (instances, service) = (app.Services.GetRequiredService<InstanceWriter>(), registry.FindService(Tenant.Default, serviceId)!);
        await instances.RegisterAsync(Tenant.Default, service, instance, Cancellation);
        using var removing = gate.HoldNext("discovery");
        app.Clock.Advance(TimeSpan.FromSeconds(31));
        await removing.ReachedAsync();

        var registering = instances.RegisterAsync(Tenant.Default, service, instance, Cancellation);
        removing.Release();

        Assert.Equal("i1", await registering);
        using var found = await app.Anonymous.GetAsync($"{Engine.Base}/microservices/{serviceId}/instances/i1", Cancellation);
        await Engine.OkAsync(found);
    }
}
