using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Clusters that are registered without a version are asked for it.</summary>
public sealed class ClusterVersionTests(AddonSite site) : IClassFixture<AddonSite>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_cluster_that_answers_says_its_version_when_it_is_registered()
    {
        await using var server = await ApiServer.StartAsync();

        using var response = await AddonSite.PostClusterAsync(site.App, "asked-one", server.Kubeconfig(), null);

        var made = await AddonSite.ReadAsync(response, 201);
        Assert.Equal("v1.28.3", VersionOf(made));
        Assert.Equal(["GET /version"], server.Requests);
        var shown = await site.App.Admin.GetFromJsonAsync<JsonElement>($"{site.Clusters}/{IdOf(made)}", Cancellation);
        Assert.Equal("v1.28.3", VersionOf(shown));
    }

    [Fact]
    public async Task The_version_that_a_cluster_says_decides_what_is_for_it()
    {
        await using var server = await ApiServer.StartAsync();
        using var response = await AddonSite.PostClusterAsync(site.App, "asked-gate", server.Kubeconfig(), null);
        var cluster = IdOf(await AddonSite.ReadAsync(response, 201));
        await site.PublishAsync(AddonSite.Chart("asked-new", "1.0.0"), new { supportVersions = new[] { new { clusterType = "VirtualMachine", clusterVersion = new[] { "v1.29" } } } });

        using var refused = await site.App.Admin.PostAsJsonAsync(Root, Install(cluster, "asked-new"), Cancellation);

        await refused.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030302");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000006")]
    public async Task A_page_where_the_API_server_should_be_is_told_and_nothing_is_registered()
    {
        await using var server = await ApiServer.StartAsync();
        server.Fault = static async context =>
        {
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<html>Please log in</html>", Cancellation);
            return true;
        };

        using var response = await AddonSite.PostClusterAsync(site.App, "asked-page", server.Kubeconfig(), null);

        await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000006");
        Assert.DoesNotContain("asked-page", await site.App.Admin.GetStringAsync(site.Clusters, Cancellation), StringComparison.Ordinal);

        // Whoever says the version is not kept waiting for a server.
        using var told = await AddonSite.PostClusterAsync(site.App, "asked-page", server.Kubeconfig(), "v1.28");
        await AddonSite.ReadAsync(told, 201);
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_registered_and_asked_again()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Operations:HealthSeconds", "1"));
        await using var server = await ApiServer.StartAsync();
        server.Fault = static context =>
        {
            context.Abort();
            return Task.FromResult(true);
        };

        using var response = await AddonSite.PostClusterAsync(app, "asked-later", server.Kubeconfig(), null);
        var made = await AddonSite.ReadAsync(response, 201);
        Assert.Equal("", VersionOf(made));

        server.Fault = null;
        await Eventually.TrueAsync("the version of the cluster", TimeSpan.FromSeconds(30), async () =>
            VersionOf(await app.Admin.GetFromJsonAsync<JsonElement>($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters/{IdOf(made)}", Cancellation)) is "v1.28.3");
    }

    [Fact]
    public async Task What_a_cluster_said_before_it_was_given_another_server_counts_for_nothing()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Operations:HealthSeconds", "1"));
        await using var former = await ApiServer.StartAsync();
        await using var latter = await ApiServer.StartAsync();
        former.Fault = static context =>
        {
            context.Abort();
            return Task.FromResult(true);
        };
        using var response = await AddonSite.PostClusterAsync(app, "asked-moved", former.Kubeconfig(), null);
        var path = $"/api/v3/projects/{app.FirstRun.ProjectId}/clusters/{IdOf(await AddonSite.ReadAsync(response, 201))}";
        using var formerHeld = new HeldRequests(former);
        using var latterHeld = new HeldRequests(latter);

        await formerHeld.ReachedAsync();
        var annotations = AddonSite.Kubernetes(latter.Kubeconfig());
        using var moved = await app.Admin.PutAsJsonAsync(path, new { metadata = new { name = "asked-moved", annotations } }, Cancellation);
        await AddonSite.ReadAsync(moved);
        formerHeld.Release();
        await latterHeld.ReachedAsync();
        var between = VersionOf(await app.Admin.GetFromJsonAsync<JsonElement>(path, Cancellation));
        latterHeld.Release();

        Assert.Equal("", between);
        await Eventually.TrueAsync("the version of the other server", TimeSpan.FromSeconds(30), async () => VersionOf(await app.Admin.GetFromJsonAsync<JsonElement>(path, Cancellation)) is "v1.28.3");
    }

    private static string IdOf(JsonElement cluster) => cluster.GetProperty("metadata").GetProperty("uid").GetString()!;

    private static string? VersionOf(JsonElement cluster) => cluster.GetProperty("spec").TryGetProperty("version", out var version) ? version.GetString() : null;
}
