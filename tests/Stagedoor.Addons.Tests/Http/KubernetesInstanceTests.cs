using System.Net.Http.Json;
using System.Text;
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

    [Theory]
    [InlineData("https://169.254.169.254", null, "169.254.169.254 is at no address where clusters may be; Addons:Kubernetes:AllowedNetworks can permit it.")]
    [InlineData("https://[::ffff:169.254.169.254]", null, "is at no address where clusters may be")]
    [InlineData("https://127.0.0.1:9", "10.0.0.0/8", "127.0.0.1 is at no address where clusters may be")]
    public async Task What_is_no_place_of_clusters_is_not_connected_to(string address, string? allowed, string message)
    {
        await using var app = await StagedoorApp.StartAsync(allowed is null ? [] : [("Addons:Kubernetes:AllowedNetworks:0", allowed)]);
        var kubeconfig = $$"""
            apiVersion: v1
            kind: Config
            current-context: a
            contexts: [{name: a, context: {cluster: a, user: a} }]
            clusters: [{name: a, cluster: {server: "{{address}}"} }]
            users: [{name: a, user: {token: t} }]
            """;
        var cluster = await RegisterAsync(app, kubeconfig, "kube-place");
        using (var form = AddonSite.Form(AddonSite.Chart("place", "1.0.0")))
        using (var published = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation))
        {
            await AddonSite.ReadAsync(published, 201);
        }

        using var response = await app.Admin.PostAsJsonAsync(Root, Install(cluster, "place"), Cancellation);
        var id = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

        var failed = (await app.WaitForAsync(id, "installFailed")).GetProperty("status");
        Assert.Equal("ClusterUnreachable", failed.GetProperty("Reason").GetString());
        Assert.Contains(message, failed.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_proxy_that_is_no_address_of_one_is_refused_with_the_registration()
    {
        await using var server = await ApiServer.StartAsync();
        Dictionary<string, string> annotations = new(StringComparer.Ordinal)
        {
            ["stagedoor.io/driver"] = "kubernetes",
            ["stagedoor.io/kubeconfig"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(server.Kubeconfig(more: ", proxy-url: \"ftp://127.0.0.1\""))),
        };

        using var response = await App.Admin.PostAsJsonAsync(site.Clusters, AddonSite.Cluster("kube-proxy", annotations: annotations), Cancellation);

        var error = await AddonSite.ReadAsync(response, 400);
        Assert.Contains("clusters.proxy-url has to be an address with http://, https:// or socks5://", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removal_that_takes_too_long_says_what_keeps_it()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Operations:DeleteTimeoutSeconds", "4"));
        await using var server = await ApiServer.StartAsync();
        var cluster = await RegisterAsync(app, server.Kubeconfig(), "kube-held");
        using (var form = AddonSite.Form(AddonSite.Chart("held", "1.0.0")))
        using (var published = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation))
        {
            await AddonSite.ReadAsync(published, 201);
        }

        var id = await app.InstallAsync(cluster, "held");
        const string Map = "/api/v1/namespaces/kube-system/configmaps/cceaddon-held";
        server.Objects[Map]["metadata"]!["finalizers"] = new System.Text.Json.Nodes.JsonArray("example.com/hold");
        using (var deleted = await app.Admin.DeleteAsync($"{Root}/{id}", Cancellation))
        {
            await AddonSite.ReadAsync(deleted);
        }

        var failed = (await app.WaitForAsync(id, "deleteFailed")).GetProperty("status");
        Assert.Equal("Timeout", failed.GetProperty("Reason").GetString());
        Assert.Contains("ConfigMap kube-system/cceaddon-held (finalizers example.com/hold)", failed.GetProperty("message").GetString(), StringComparison.Ordinal);

        server.Objects.Remove(Map, out _);
        using var again = await app.Admin.DeleteAsync($"{Root}/{id}", Cancellation);
        await AddonSite.ReadAsync(again);
        await app.WaitUntilGoneAsync(id);
    }

    [Fact]
    public async Task A_failed_release_that_is_replaced_is_installed_and_not_upgraded()
    {
        await using var server = await ApiServer.StartAsync();
        var cluster = await RegisterAsync(server, "kube-replace");
        var chart = (await site.UploadAsync(AddonSite.Chart("replaced", "1.0.0", ("templates/hooks.yaml", Hook("pre-install") + Hook("pre-upgrade"))))).GetProperty("id").GetString()!;
        server.FailingJobs.Add("on-pre-install");
        await ReplaceAsync("FAILED", new { });
        server.FailingJobs.Clear();

        using (var refused = await App.Admin.PostAsJsonAsync($"/cce/cam/v3/clusters/{cluster}/releases", ReleaseSite.Wish(chart, "site"), Cancellation))
        {
            await AddonSite.ReadAsync(refused, 409);
        }

        await ReplaceAsync("DEPLOYED", new { replace = true });
        Assert.Contains("/apis/batch/v1/namespaces/default/jobs/on-pre-install", server.Created);
        Assert.DoesNotContain("/apis/batch/v1/namespaces/default/jobs/on-pre-upgrade", server.Created);

        async Task ReplaceAsync(string status, object parameters)
        {
            using var made = await App.Admin.PostAsJsonAsync($"/cce/cam/v3/clusters/{cluster}/releases", ReleaseSite.Wish(chart, "site", parameters: parameters), Cancellation);
            await AddonSite.ReadAsync(made, 201);
            await Eventually.TrueAsync(status, TimeSpan.FromSeconds(30), async () =>
            {
                using var shown = await App.Admin.GetAsync($"/cce/cam/v3/clusters/{cluster}/namespace/default/releases/site", Cancellation);
                return (await AddonSite.ReadAsync(shown)).GetProperty("status").GetString() == status;
            });
        }
    }

    private static string Hook(string occasion) =>
        $"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: on-{occasion}, annotations: {{helm.sh/hook: {occasion}}}}}\nspec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: b}}]}}}}}}\n---\n";

    private Task<string> RegisterAsync(ApiServer server, string name) => RegisterAsync(App, server.Kubeconfig(), name);

    private static async Task<string> RegisterAsync(StagedoorApp app, string kubeconfig, string name)
    {
        Dictionary<string, string> annotations = new(StringComparer.Ordinal)
        {
            ["stagedoor.io/driver"] = "kubernetes",
            ["stagedoor.io/kubeconfig"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig)),
        };
        using var response = await app.Admin.PostAsJsonAsync($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters", AddonSite.Cluster(name, annotations: annotations), Cancellation);
        return (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
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
