using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Engine;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Governance;

public sealed class AdminTests(Landscape landscape) : IClassFixture<Landscape>
{
    private RegistryClient Admin => landscape.Registry.At("/v4/default/admin");

    [Fact]
    public async Task The_dump_has_everything_of_the_domain()
    {
        var dump = await Admin.CallAsync(HttpMethod.Get, "/dump");

        var cache = dump.GetProperty("cache");
        Assert.Equal(["services", "instances", "tags", "rules", "schemas", "dependencies"], cache.EnumerateObject().Select(m => m.Name));
        Assert.All(cache.EnumerateObject(), kind => Assert.NotEmpty(kind.Value.EnumerateArray()));
        Assert.True(dump.GetProperty("info").GetProperty("revision").GetInt64() > 0);
        var stock = Assert.Single(cache.GetProperty("services").EnumerateArray(), s => s.GetProperty("key").GetString() == landscape.Stock);
        Assert.Equal("default/default", stock.GetProperty("tenant").GetString());
        Assert.Equal("stock", stock.GetProperty("value").GetProperty("serviceName").GetString());
        Assert.Equal("openapi", Assert.Single(cache.GetProperty("schemas").EnumerateArray()).GetProperty("value").GetProperty("schema").GetString());

        var other = await Admin.CallAsync(HttpMethod.Get, "/dump", null, ("X-Domain-Name", "default2"));
        Assert.All(other.GetProperty("cache").EnumerateObject(), kind => Assert.Empty(kind.Value.EnumerateArray()));
    }

    [Fact]
    public async Task The_replicas_addresses_are_known()
    {
        var endpoint = await Eventually.IsAsync(async () =>
        {
            var clusters = (await Admin.CallAsync(HttpMethod.Get, "/clusters")).GetProperty("clusters").GetProperty("default");
            return clusters.GetArrayLength() > 0 ? clusters[0].GetString() : null;
        });

        Assert.StartsWith("rest://127.0.0.1:", endpoint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alarms_stay_until_they_are_cleared()
    {
        landscape.App.Services.GetRequiredService<Alarms>().Raise("SelfProtection", "9 of 10");

        var raised = await Admin.CallAsync(HttpMethod.Get, "/alarms");
        var alarm = Assert.Single(raised.GetProperty("alarms").EnumerateArray());
        Assert.Equal(("SelfProtection", "9 of 10"), (alarm.GetProperty("id").GetString(), alarm.GetProperty("detail").GetString()));

        await Admin.CallAsync(HttpMethod.Delete, "/alarms");
        Assert.Equal("""{"alarms":[]}""", (await Admin.CallAsync(HttpMethod.Get, "/alarms")).GetRawText());
    }

    [Fact]
    [Provokes("401002")]
    public async Task Without_credentials_nobody_from_elsewhere_administers()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Anonymous", "Never"));
        var anonymous = new RegistryClient(app.Anonymous, "/v4/default/admin");

        foreach (var path in (string[])["/dump", "/clusters", "/alarms"])
        {
            await anonymous.RefusedAsync("401002", HttpMethod.Get, path);
            await new RegistryClient(app.Admin, "/v4/default/admin").CallAsync(HttpMethod.Get, path);
        }

        await anonymous.RefusedAsync("401002", HttpMethod.Delete, "/alarms");
        await new RegistryClient(app.Anonymous, "/v4/default/govern").RefusedAsync("401002", HttpMethod.Get, "/microservices");
    }
}
