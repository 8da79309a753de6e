using System.Net.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Stagedoor.Tests.Hostile;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>What anybody may read names nobody.</summary>
public sealed class PublicTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nothing_that_is_public_holds_names_of_tenants_services_or_machines()
    {
        await using var app = await StagedoorApp.StartAsync();
        using (var registered = await app.Anonymous.PostAsJsonAsync(
            "/v4/default/registry/microservices", new { service = new { appId = "telltale", serviceName = "telltale", version = "1.0.0" } }, Cancellation))
        {
            registered.EnsureSuccessStatusCode();
        }

        using (var reported = await app.Anonymous.PostAsJsonAsync(
            "/v2/default/csemonitor/metric",
            new { time = app.Clock.GetUtcNow().ToUnixTimeMilliseconds(), appId = "telltale", name = "telltale", version = "1.0.0", instance = "telltale", instanceCount = 1, functionCount = 1, interfaces = new[] { new { name = "telltale", desc = "telltale", qps = 1 } } },
            Cancellation))
        {
            reported.EnsureSuccessStatusCode();
        }

        var open = Door.All(app.Services.GetRequiredService<EndpointDataSource>())
            .Where(static d => d.Method is "GET" && d.Endpoint.Metadata.GetMetadata<AuthMetadata>()?.Mode is AuthMode.None).ToList();
        foreach (var door in open)
        {
            using var response = await app.Anonymous.GetAsync(door.PathWith(static name => name is "code" ? "APIGW.0101" : name is "documentName" ? "images" : "v2"), Cancellation);
            var text = await response.Content.ReadAsStringAsync(Cancellation);

            Assert.DoesNotContain("telltale", text, StringComparison.Ordinal);
            Assert.DoesNotContain($"\"{Environment.MachineName}\"", text, StringComparison.Ordinal);
            Assert.DoesNotContain(app.FirstRun.DomainId, text, StringComparison.Ordinal);
        }

        Assert.Contains(open, static d => d.Template is "/metrics");
        Assert.Contains(open, static d => d.Template is "/health");
    }
}
