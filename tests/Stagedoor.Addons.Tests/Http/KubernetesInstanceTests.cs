using System.Net.Http.Json;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Add-ons in a cluster with an API server.</summary>
public sealed class KubernetesInstanceTests(AddonSite site) : IClassFixture<AddonSite>
{
    private const string Deployments = "/apis/apps/v1/namespaces/kube-system/deployments/";

    private StagedoorApp App => site.App;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_add_on_is_installed_upgraded_under_each_policy_and_removed()
    {
        await using var server = await ApiServer.StartAsync();
        var cluster = await site.RegisterAsync("kube-one", server);
        await site.PublishAsync(AddonSite.Chart("kube", "1.0.0", ("templates/app.yaml", Deployment(2))));
        await site.PublishAsync(AddonSite.Chart("kube", "1.1.0", ("templates/app.yaml", Deployment(3))));

        var id = await App.InstallAsync(cluster, "kube", "1.0.0");
        Assert.Equal(2, Replicas(server));
        server.Edit(Deployments + "app", "scaler", static o => o["spec"]!["replicas"] = 5.0, ".spec.replicas");

        Dictionary<string, string> none = new(StringComparer.Ordinal) { ["addon.upgrade/conflicts"] = "none" };
        using (var refused = await App.Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "kube", "1.1.0", annotations: none), Cancellation))
        {
            await AddonSite.ReadAsync(refused);
        }

        var failed = await App.WaitForAsync(id, "upgradeFailed");
        Assert.Equal("ApplyConflict", failed.GetProperty("status").GetProperty("Reason").GetString());
        Assert.Contains(".spec.replicas", failed.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(5, Replicas(server));

        Dictionary<string, string> overwrite = new(StringComparer.Ordinal) { ["addon.upgrade/conflicts"] = "overwrite" };
        using (var again = await App.Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "kube", "1.1.0", annotations: overwrite), Cancellation))
        {
            await AddonSite.ReadAsync(again);
        }

        await App.WaitForAsync(id, "running");
        Assert.Equal(3, Replicas(server));

        using var deleted = await App.Admin.DeleteAsync($"{Root}/{id}", Cancellation);
        await AddonSite.ReadAsync(deleted);
        await App.WaitUntilGoneAsync(id);
        Assert.Equal(["/api/v1/namespaces/kube-system"], server.Objects.Keys);
    }

    [Fact]
    public async Task A_policy_that_nobody_knows_is_refused()
    {
        await using var server = await ApiServer.StartAsync();
        var cluster = await site.RegisterAsync("kube-policy", server);
        await site.PublishAsync(AddonSite.Chart("policy", "1.0.0"));
        Dictionary<string, string> annotations = new(StringComparer.Ordinal) { ["addon.upgrade/conflicts"] = "both" };

        using var response = await App.Admin.PostAsJsonAsync(Root, Install(cluster, "policy", annotations: annotations), Cancellation);

        var error = await AddonSite.ReadAsync(response, 400);
        Assert.Equal(
            ("SVCSTG.CCE-ADDONMGR.4000003", "metadata.annotations[addon.upgrade/conflicts]: has to be overwrite, none or preserve"),
            (error.GetProperty("error_code").GetString(), error.GetProperty("message").GetString()));
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000002")]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000006")]
    public async Task A_record_that_cannot_be_had_and_one_that_cannot_be_read_are_told_apart()
    {
        await using var server = await ApiServer.StartAsync();
        var cluster = await site.RegisterAsync("kube-broken", server);
        await site.PublishAsync(AddonSite.Chart("broken", "1.0.0"));
        await site.PublishAsync(AddonSite.Chart("broken", "1.1.0"));
        var id = await App.InstallAsync(cluster, "broken", "1.0.0");

        var secret = server.Objects.Single(static o => o.Key.Contains("/secrets/", StringComparison.Ordinal)).Value;
        var release = secret["data"]!["release"]!.GetValue<string>();
        secret["data"]!["release"] = "AAAA";
        await ShouldFailAsync(id, cluster, "SVCSTG.CCE-ADDONMGR.5000006");
        secret["data"]!["release"] = release;
        server.Fault = static context =>
        {
            context.Abort();
            return Task.FromResult(true);
        };
        await ShouldFailAsync(id, cluster, "SVCSTG.CCE-ADDONMGR.5000002");
        server.Fault = null;

        await App.UpgradeAsync(id, cluster, "broken", "1.1.0");
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_fails_the_install_and_not_the_request()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Operations:UnreachableSeconds", "0"));
        await using var server = await ApiServer.StartAsync();
        var cluster = await AddonSite.RegisterAsync(app, "kube-away", server.Kubeconfig(token: "wrong"));
        using (var form = AddonSite.Form(AddonSite.Chart("away", "1.0.0")))
        using (var published = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation))
        {
            await AddonSite.ReadAsync(published, 201);
        }

        using var response = await app.Admin.PostAsJsonAsync(Root, Install(cluster, "away"), Cancellation);
        var id = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

        var failed = await app.WaitForAsync(id, "installFailed");
        Assert.Equal("ClusterUnreachable", failed.GetProperty("status").GetProperty("Reason").GetString());
    }

    private async Task ShouldFailAsync(string id, string cluster, string code)
    {
        using var response = await App.Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "broken", "1.1.0"), Cancellation);
        Assert.Equal(code, (await AddonSite.ReadAsync(response, 500)).GetProperty("error_code").GetString());
    }

    private static int Replicas(ApiServer server) => (int)server.Objects[Deployments + "app"]["spec"]!["replicas"]!.GetValue<double>();

    private static string Deployment(int replicas) => $$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app}
        spec:
          replicas: {{replicas}}
          selector: {matchLabels: {app: app} }
          template: {metadata: {labels: {app: app} }, spec: {containers: [{name: app, image: "x:1"}]} }
        """;
}
