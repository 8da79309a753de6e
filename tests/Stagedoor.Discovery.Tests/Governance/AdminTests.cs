using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Health;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Governance;

public sealed class AdminTests(Landscape landscape) : IClassFixture<Landscape>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

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
    public async Task The_dump_is_whole_whatever_its_size()
    {
        // In a domain of its own, many times what is sent in one piece; the longest bodies meet its edges at every offset.
        var domain = ("X-Domain-Name", "large-dump");
        for (var i = 0; i < 150; i++)
        {
            var service = new { serviceName = $"s{i}", properties = new Dictionary<string, string> { ["filler"] = new('x', 2_000 + (i * 13)) } };
            await landscape.Registry.CallAsync(
                HttpMethod.Post, "/microservices", new { service, instances = new[] { new { hostName = "h", instanceId = $"i{i}" } } }, domain);
        }

        var cache = (await Admin.CallAsync(HttpMethod.Get, "/dump", null, domain)).GetProperty("cache");

        var services = cache.GetProperty("services").EnumerateArray().Select(static s => s.GetProperty("value")).ToDictionary(static s => s.GetProperty("serviceName").GetString()!);
        Assert.Equal(150, services.Count);
        Assert.All(Enumerable.Range(0, 150), i =>
            Assert.Equal(2_000 + (i * 13), services[$"s{i}"].GetProperty("properties").GetProperty("filler").GetString()!.Length));
        Assert.Equal(150, cache.GetProperty("instances").GetArrayLength());
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
        landscape.App.Services.GetRequiredService<Alarms>().Raise("SelfProtection", "default/default", "9 of 10");

        var raised = await Admin.CallAsync(HttpMethod.Get, "/alarms");
        var alarm = Assert.Single(raised.GetProperty("alarms").EnumerateArray());
        Assert.Equal(
            ("SelfProtection", "default/default", "9 of 10"),
            (alarm.GetProperty("id").GetString(), alarm.GetProperty("tenant").GetString(), alarm.GetProperty("detail").GetString()));

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

    [Fact]
    [Provokes("403001")]
    public async Task A_guest_of_the_account_may_look_at_the_registry_and_not_administer_it()
    {
        using var guest = await GuestAsync(landscape.App);
        var domain = landscape.App.FirstRun.Domain;

        await new RegistryClient(guest, "/v4/default/govern").CallAsync(HttpMethod.Get, "/microservices");
        foreach (var path in (string[])["/dump", "/clusters", "/alarms"])
        {
            await new RegistryClient(guest, "/v4/default/admin").RefusedAsync("403001", HttpMethod.Get, path, null, ("X-Domain-Name", domain));
        }

        await new RegistryClient(guest, "/v4/default/admin").RefusedAsync("403001", HttpMethod.Delete, "/alarms");
        await new RegistryClient(guest).RefusedAsync("403001", HttpMethod.Post, "/microservices/any/tags", new { tags = new { a = "b" } });
        await new RegistryClient(guest).RefusedAsync("403001", HttpMethod.Put, "/microservices/any/schemas/a", new { schema = "one" });
    }

    private static async Task<HttpClient> GuestAsync(StagedoorApp app)
    {
        var admin = new RegistryClient(app.Admin, "");
        using var made = await admin.PostAsync("/v3/users", new { user = new { name = "guest", password = "correct-Horse-7", access_mode = "default" } });
        var user = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString();
        var roles = await admin.CallAsync(HttpMethod.Get, $"/v3/roles?name={RoleNames.TenantGuest}");
        using var granted = await admin.PutAsync($"/v3/domains/{app.FirstRun.DomainId}/users/{user}/roles/{roles.GetProperty("roles")[0].GetProperty("id").GetString()}");
        Assert.Equal(204, (int)granted.StatusCode);
        using var keyed = await admin.PostAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = user } });
        var key = (await keyed.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("credential");
        return app.WithKeys(key.GetProperty("access").GetString()!, key.GetProperty("secret").GetString()!);
    }
}
