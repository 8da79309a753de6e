using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Templates that look at what is in the cluster.</summary>
public sealed class LookupTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string Maps = "/api/v1/namespaces/kube-system/configmaps/";

    private const string Template = """
        {{- $before := lookup "v1" "ConfigMap" "kube-system" "given" }}
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: seen}
        data:
          password: {{ dig "data" "password" "new" $before }}
          count: {{ len ((lookup "v1" "ConfigMap" "kube-system" "").items | default list) | quote }}
        """;

    private StagedoorApp App => site.App;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_install_sees_objects_and_lists_of_the_cluster()
    {
        await using var server = await ApiServer.StartAsync();
        var cluster = await site.RegisterAsync("lookup-one", server);
        await site.PublishAsync(AddonSite.Chart("looking", "1.0.0", ("templates/config.yaml", Template)));
        Give(server, "given", "kept");
        Give(server, "other", "x");

        await App.InstallAsync(cluster, "looking");

        var data = server.Objects[Maps + "seen"]["data"]!;
        Assert.Equal(("kept", "2"), (data["password"]!.GetValue<string>(), data["count"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Where_there_is_no_server_to_ask_nothing_is_there()
    {
        var cluster = await site.RegisterAsync("lookup-files");
        await site.PublishAsync(AddonSite.Chart("looking-nowhere", "1.0.0", ("templates/config.yaml", Template)));

        await App.InstallAsync(cluster, "looking-nowhere");

        var written = Directory.EnumerateFiles(App.Release(cluster, "looking-nowhere"), "*configmap*").Select(File.ReadAllText).Single();
        Assert.Contains("password: new", written, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lookup_that_is_not_answered_fails_the_install_and_installs_nothing()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Operations:UnreachableSeconds", "0"));
        await using var server = await ApiServer.StartAsync();
        var cluster = await AddonSite.RegisterAsync(app, "lookup-away", server.Kubeconfig());
        using (var form = AddonSite.Form(AddonSite.Chart("looking-away", "1.0.0", ("templates/config.yaml", Template))))
        using (var published = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation))
        {
            await AddonSite.ReadAsync(published, 201);
        }

        server.Fault = static context =>
        {
            var isLookup = context.Request.Path.Value!.EndsWith("/configmaps/given", StringComparison.Ordinal);
            if (isLookup)
            {
                context.Abort();
            }

            return Task.FromResult(isLookup);
        };
        using var response = await app.Admin.PostAsJsonAsync(Root, Install(cluster, "looking-away"), Cancellation);
        var id = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

        var failed = await app.WaitForAsync(id, "installFailed");
        Assert.Equal("ClusterUnreachable", failed.GetProperty("status").GetProperty("Reason").GetString());
        Assert.Equal(0, server.Changes);
    }

    [Fact]
    public async Task A_kind_of_an_API_that_is_not_served_fails_the_render()
    {
        await using var server = await ApiServer.StartAsync();
        var cluster = await site.RegisterAsync("lookup-unserved", server);
        await site.PublishAsync(AddonSite.Chart("looking-far", "1.0.0", ("templates/config.yaml", """{{ lookup "example.com/v9" "Thing" "" "" }}""")));

        using var response = await App.Admin.PostAsJsonAsync(Root, Install(cluster, "looking-far"), Cancellation);
        var id = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

        var failed = await App.WaitForAsync(id, "installFailed");
        Assert.Equal("RenderFailed", failed.GetProperty("status").GetProperty("Reason").GetString());
        Assert.Contains("serves no such API version", failed.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_release_sees_the_cluster_and_one_that_is_only_tried_does_not()
    {
        await using var server = await ApiServer.StartAsync();
        var cluster = await site.RegisterAsync("lookup-release", server);
        Give(server, "given", "kept");
        var chart = (await site.UploadAsync(AddonSite.Chart("looking-user", "1.0.0", ("templates/config.yaml", Template)))).GetProperty("id").GetString()!;
        var path = $"/cce/cam/v3/clusters/{cluster}/releases";

        using var tried = await App.Admin.PostAsJsonAsync(path, ReleaseSite.Wish(chart, "tried", parameters: new { dry_run = true }), Cancellation);
        var shown = (await AddonSite.ReadAsync(tried, 201)).GetProperty("resources").GetString()!;
        Assert.Contains("new", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Requests, static r => r.Contains("configmaps", StringComparison.Ordinal));

        using var made = await App.Admin.PostAsJsonAsync(path, ReleaseSite.Wish(chart, "made"), Cancellation);
        await AddonSite.ReadAsync(made, 201);
        await Eventually.TrueAsync(
            "the object of the release",
            TimeSpan.FromSeconds(30),
            () => server.Objects.TryGetValue("/api/v1/namespaces/default/configmaps/seen", out var seen) && seen["data"]!["password"]!.GetValue<string>() is "kept");

        server.Fault = static context =>
        {
            var isLookup = context.Request.Path.Value!.EndsWith("/configmaps/given", StringComparison.Ordinal);
            if (isLookup)
            {
                context.Abort();
            }

            return Task.FromResult(isLookup);
        };
        using var away = await App.Admin.PostAsJsonAsync(path, ReleaseSite.Wish(chart, "away"), Cancellation);
        Assert.Equal("SVCSTG.CCE-ADDONMGR.5000002", (await AddonSite.ReadAsync(away, 500)).GetProperty("error_code").GetString());
    }

    private static void Give(ApiServer server, string name, string password) => server.Objects[Maps + name] = new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "ConfigMap",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "kube-system" },
        ["data"] = new JsonObject { ["password"] = password },
    };
}
