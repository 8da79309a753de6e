using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using k8s;
using k8s.Models;
using Stagedoor.Addons.Tests.Http;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.RealCluster;

/// <summary>Add-ons in a cluster whose API server and controllers are Kubernetes' own.</summary>
public sealed class RealClusterTests(RealClusterSite site) : IClassFixture<RealClusterSite>
{
    private StagedoorApp App => site.App;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_add_on_is_installed_upgraded_rolled_back_and_removed()
    {
        site.Require();
        var space = site.Name("real-life");
        var cluster = await site.RegisterAsync(space);
        await site.PublishAsync(space, "1.0.0", ("templates/app.yaml", Deployment(2) + Service + Job("pre-install") + Map("old") + Map("kept", "helm.sh/resource-policy: keep")));
        await site.PublishAsync(space, "1.1.0", ("templates/app.yaml", Deployment(3, "app:2") + Service + Job("pre-upgrade") + Map("new")));

        var id = await App.InstallAsync(cluster, space, "1.0.0");
        Assert.Equal(2, (await site.DeploymentAsync(space)).Status.ReadyReplicas);
        Assert.Equal("[]", (await site.DiffAsync(id)).GetRawText());
        var first = await site.RecordAsync(space, $"cceaddon-{space}", 1);
        Assert.Equal(("deployed", space), (first.GetProperty("info").GetProperty("status").GetString(), first.GetProperty("chart").GetProperty("metadata").GetProperty("name").GetString()));

        await App.UpgradeAsync(id, cluster, space, "1.1.0");
        Assert.Equal((3, "app:2"), ((await site.DeploymentAsync(space)).Status.ReadyReplicas, (await site.DeploymentAsync(space)).Spec.Template.Spec.Containers[0].Image));
        Assert.Equal([$"cceaddon-{space}", "kept", "new"], await site.MapsAsync(space));
        Assert.Equal("superseded", (await site.RecordAsync(space, $"cceaddon-{space}", 1)).GetProperty("info").GetProperty("status").GetString());
        Assert.Equal("[]", (await site.DiffAsync(id)).GetRawText());

        using (var back = await App.Admin.PostAsJsonAsync($"{Root}/{id}/operation/rollback", new { clusterID = cluster }, Cancellation))
        {
            await AddonSite.ReadAsync(back);
        }

        await App.WaitForAsync(id, "running");
        Assert.Equal((2, "app:1"), ((await site.DeploymentAsync(space)).Spec.Replicas, (await site.DeploymentAsync(space)).Spec.Template.Spec.Containers[0].Image));
        Assert.Equal([$"cceaddon-{space}", "kept", "old"], await site.MapsAsync(space));
        Assert.Equal(first.GetProperty("manifest").GetString(), (await site.RecordAsync(space, $"cceaddon-{space}", 3)).GetProperty("manifest").GetString());

        await DeleteAsync(id);
        await App.WaitUntilGoneAsync(id);
        Assert.Equal(["kept"], await site.MapsAsync(space));
        Assert.Empty((await site.Client.AppsV1.ListNamespacedDeploymentAsync(space, cancellationToken: Cancellation)).Items);
        Assert.DoesNotContain((await site.Client.CoreV1.ListNamespacedSecretAsync(space, cancellationToken: Cancellation)).Items, static s => s.Type is "helm.sh/release.v1");
    }

    [Theory]
    [InlineData("none", "app:1", 5)]
    [InlineData("preserve", "app:2", 5)]
    [InlineData("overwrite", "app:2", 3)]
    public async Task Fields_that_another_manager_changed_are_whose_the_policy_says(string policy, string image, int replicas)
    {
        site.Require();
        var space = site.Name($"real-{policy}");
        var cluster = await site.RegisterAsync(space);
        await site.PublishAsync(space, "1.0.0", ("templates/app.yaml", Deployment(2)));
        await site.PublishAsync(space, "1.1.0", ("templates/app.yaml", Deployment(3, "app:2")));
        var id = await App.InstallAsync(cluster, space, "1.0.0");
        await site.Client.AppsV1.PatchNamespacedDeploymentAsync(
            new("""{"spec":{"replicas":5}}""", V1Patch.PatchType.MergePatch), "app", space, fieldManager: "scaler", cancellationToken: Cancellation);

        // What somebody has changed is told before it is decided whose it is.
        Assert.Contains("replicas: 5", (await site.DiffAsync(id))[0].GetProperty("diff").GetString(), StringComparison.Ordinal);
        await site.PutAsync(id, cluster, space, "1.1.0", policy);

        var shown = await App.WaitForAsync(id, policy is "none" ? "upgradeFailed" : "running");
        if (policy is "none")
        {
            Assert.Equal("ApplyConflict", shown.GetProperty("status").GetProperty("Reason").GetString());
            Assert.Contains(".spec.replicas", shown.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
        }

        var deployment = await site.DeploymentAsync(space);
        Assert.Equal((image, replicas), (deployment.Spec.Template.Spec.Containers[0].Image, deployment.Spec.Replicas));
    }

    [Fact]
    public async Task Definitions_come_first_change_with_an_upgrade_and_stay_with_what_is_of_them()
    {
        site.Require();
        var space = site.Name("real-definitions");
        var cluster = await site.RegisterAsync(space);
        await site.PublishAsync(space, "1.0.0", ("crds/probe.yaml", Definition("every: {type: integer}")), ("templates/probe.yaml", Probe("own", "every: 5")));
        await site.PublishAsync(space, "1.1.0", ("crds/probe.yaml", Definition("every: {type: integer}, unit: {type: string}")), ("templates/probe.yaml", Probe("own", "every: 5, unit: s")));

        var id = await App.InstallAsync(cluster, space, "1.0.0");
        await App.UpgradeAsync(id, cluster, space, "1.1.0");
        Assert.Equal("s", (await ProbesAsync(space))[0].GetProperty("spec").GetProperty("unit").GetString());
        await site.Client.CustomObjects.CreateNamespacedCustomObjectAsync(
            JsonSerializer.Deserialize<object>($$"""{"apiVersion":"{{site.Group}}/v1","kind":"Probe","metadata":{"name":"theirs"},"spec":{"every":7} }"""), site.Group, "v1", space, "probes", cancellationToken: Cancellation);
        await DeleteAsync(id);
        await App.WaitUntilGoneAsync(id);

        Assert.Equal("theirs", Assert.Single(await ProbesAsync(space)).GetProperty("metadata").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Definitions_among_the_templates_change_with_an_upgrade_too()
    {
        site.Require();
        var space = site.Name("real-templates");
        var cluster = await site.RegisterAsync(space);
        var (crd, group) = (Definition("every: {type: integer}"), $"t{site.Group}");
        await site.PublishAsync(space, "1.0.0", ("templates/crd.yaml", crd.Replace(site.Group, group, StringComparison.Ordinal)), ("templates/probe.yaml", Probe("own", "every: 5").Replace(site.Group, group, StringComparison.Ordinal)));
        await site.PublishAsync(
            space, "1.1.0", ("templates/crd.yaml", Definition("every: {type: integer}, unit: {type: string}").Replace(site.Group, group, StringComparison.Ordinal)),
            ("templates/probe.yaml", Probe("own", "every: 5, unit: s").Replace(site.Group, group, StringComparison.Ordinal)));

        var id = await App.InstallAsync(cluster, space, "1.0.0");
        await App.UpgradeAsync(id, cluster, space, "1.1.0");
        await DeleteAsync(id);
        await App.WaitUntilGoneAsync(id);
    }

    [Fact]
    public async Task One_bad_object_and_nothing_is_changed()
    {
        site.Require();
        var space = site.Name("real-bad");
        var cluster = await site.RegisterAsync(space);
        await site.PublishAsync(space, "1.0.0", ("templates/app.yaml", Deployment(1) + Map("one")));
        await site.PublishAsync(space, "1.1.0", ("templates/app.yaml", Deployment(2) + Map("two") + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndatum: {a: b}\n"));
        await site.PublishAsync(space, "1.2.0", ("templates/app.yaml", Deployment(2, label: "other") + Map("two")));
        var id = await App.InstallAsync(cluster, space, "1.0.0");

        foreach (var (version, text) in ((string, string)[])[("1.1.0", "datum"), ("1.2.0", "field is immutable")])
        {
            await site.PutAsync(id, cluster, space, version);
            var failed = await App.WaitForAsync(id, "upgradeFailed");
            Assert.Equal("ApplyRejected", failed.GetProperty("status").GetProperty("Reason").GetString());
            Assert.Contains(text, failed.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
            Assert.Equal(1, (await site.DeploymentAsync(space)).Spec.Replicas);
            Assert.Equal([$"cceaddon-{space}", "one"], await site.MapsAsync(space));
        }
    }

    [Fact]
    public async Task A_chart_that_wants_a_newer_Kubernetes_is_refused()
    {
        site.Require();
        var space = site.Name("real-newer");
        var cluster = await site.RegisterAsync(space);
        await site.PublishAsync(space, "1.0.0", ("Chart.yaml", $"apiVersion: v2\nname: {space}\nversion: 1.0.0\nkubeVersion: '>=1.99.0-0'\n"));

        using var response = await App.Admin.PostAsJsonAsync(Root, Install(cluster, space), Cancellation);

        Assert.Equal("SVCSTG.CCE-ADDONMGR.4030302", (await AddonSite.ReadAsync(response, 400)).GetProperty("error_code").GetString());
    }

    [Fact]
    public async Task A_record_that_somebody_broke_is_told()
    {
        site.Require();
        var space = site.Name("real-broken");
        var cluster = await site.RegisterAsync(space);
        await site.PublishAsync(space, "1.0.0");
        await site.PublishAsync(space, "1.1.0");
        var id = await App.InstallAsync(cluster, space, "1.0.0");
        await site.Client.CoreV1.PatchNamespacedSecretAsync(
            new("""{"data":{"release":"AAAA"}}""", V1Patch.PatchType.MergePatch), $"sh.helm.release.v1.cceaddon-{space}.v1", space, cancellationToken: Cancellation);

        using var response = await App.Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, space, "1.1.0"), Cancellation);

        Assert.Equal("SVCSTG.CCE-ADDONMGR.5000006", (await AddonSite.ReadAsync(response, 500)).GetProperty("error_code").GetString());
    }

    [Fact]
    public async Task An_API_server_that_is_killed_is_waited_for_and_what_was_begun_is_brought_to_its_end()
    {
        site.Require();
        var space = site.Name("real-killed");
        var cluster = await site.RegisterAsync(space);
        await site.PublishAsync(space, "1.0.0", ("templates/app.yaml", Deployment(1) + Job("pre-upgrade")));
        await site.PublishAsync(space, "1.1.0", ("templates/app.yaml", Deployment(2) + Job("pre-upgrade", "stuck:1")));
        var id = await App.InstallAsync(cluster, space, "1.0.0");
        await site.PutAsync(id, cluster, space, "1.1.0");
        await Eventually.TrueAsync("the hook runs", TimeSpan.FromSeconds(30), async () => (await HookPodsAsync(space)).Count == 1);

        await site.ControlAsync("halt");
        try
        {
            using var diff = await App.Admin.GetAsync($"{Root}/{id}/diff", Cancellation);
            Assert.Equal("SVCSTG.CCE-ADDONMGR.5000002", (await AddonSite.ReadAsync(diff, 500)).GetProperty("error_code").GetString());
        }
        finally
        {
            await site.ControlAsync("start");
        }

        // The hook goes on where it was, and is not run twice.
        var pod = Assert.Single(await HookPodsAsync(space));
        await site.Client.CoreV1.PatchNamespacedPodStatusAsync(new("""{"status":{"phase":"Succeeded"}}""", V1Patch.PatchType.MergePatch), pod.Metadata.Name, space, cancellationToken: Cancellation);
        await Eventually.TrueAsync("it runs, or the hook waits again", TimeSpan.FromSeconds(90), async () =>
        {
            if (StatusOf(await App.ShowAsync(id)) is "running")
            {
                return true;
            }

            foreach (var again in (await HookPodsAsync(space)).Where(static p => p.Status.Phase is "Pending" && p.Spec.NodeName is not null))
            {
                await site.Client.CoreV1.PatchNamespacedPodStatusAsync(new("""{"status":{"phase":"Succeeded"}}""", V1Patch.PatchType.MergePatch), again.Metadata.Name, space, cancellationToken: Cancellation);
            }

            return false;
        });
        Assert.Equal(2, (await site.DeploymentAsync(space)).Status.ReadyReplicas);
        Assert.Equal("deployed", (await site.RecordAsync(space, $"cceaddon-{space}", 2)).GetProperty("info").GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_hook_that_fails_fails_the_upgrade_and_says_so()
    {
        site.Require();
        var space = site.Name("real-hook");
        var cluster = await site.RegisterAsync(space);
        await site.PublishAsync(space, "1.0.0", ("templates/app.yaml", Deployment(1)));
        await site.PublishAsync(space, "1.1.0", ("templates/app.yaml", Deployment(2) + Job("pre-upgrade", "broken:1")));
        var id = await App.InstallAsync(cluster, space, "1.0.0");

        await site.PutAsync(id, cluster, space, "1.1.0");

        var failed = await App.WaitForAsync(id, "upgradeFailed");
        Assert.Equal("HookFailed", failed.GetProperty("status").GetProperty("Reason").GetString());
        Assert.Contains("BackoffLimitExceeded", failed.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(1, (await site.DeploymentAsync(space)).Spec.Replicas);
        Assert.Equal("failed", (await site.RecordAsync(space, $"cceaddon-{space}", 2)).GetProperty("info").GetProperty("status").GetString());
    }

    [Fact]
    public async Task What_holds_on_to_an_object_is_named_and_the_removal_can_be_asked_for_again()
    {
        site.Require();
        var space = site.Name("real-held");
        await using var app = await StagedoorApp.StartAsync(("Addons:Operations:DeleteTimeoutSeconds", "5"));
        var id = await InstallElsewhereAsync(app, space, site.Kubeconfig, Map("held"));
        await app.WaitForAsync(id, "running");
        await site.Client.CoreV1.PatchNamespacedConfigMapAsync(
            new("""{"metadata":{"finalizers":["stagedoor.test/hold"]}}""", V1Patch.PatchType.MergePatch), "held", space, cancellationToken: Cancellation);

        using (var deleted = await app.Admin.DeleteAsync($"{Root}/{id}", Cancellation))
        {
            await AddonSite.ReadAsync(deleted);
        }

        var failed = await app.WaitForAsync(id, "deleteFailed");
        Assert.Contains("held", failed.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
        await site.Client.CoreV1.PatchNamespacedConfigMapAsync(new("""{"metadata":{"finalizers":null}}""", V1Patch.PatchType.MergePatch), "held", space, cancellationToken: Cancellation);
        using (var again = await app.Admin.DeleteAsync($"{Root}/{id}", Cancellation))
        {
            await AddonSite.ReadAsync(again);
        }

        await app.WaitUntilGoneAsync(id);
        Assert.Empty(await site.MapsAsync(space));
    }

    [Fact]
    public async Task An_account_that_may_not_is_told_what_it_may_not()
    {
        site.Require();
        var space = site.Name("real-forbidden");
        await site.Client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = space } }, cancellationToken: Cancellation);
        await site.Client.CoreV1.CreateNamespacedServiceAccountAsync(new() { Metadata = new() { Name = "deployer" } }, space, cancellationToken: Cancellation);
        string? token = null;
        await Eventually.TrueAsync("the token of the account", TimeSpan.FromSeconds(30), async () =>
        {
            var secrets = await site.Client.CoreV1.ListNamespacedSecretAsync(space, cancellationToken: Cancellation);
            token = secrets.Items.FirstOrDefault(static s => s.Metadata.Name.StartsWith("deployer-token", StringComparison.Ordinal))?.Data["token"] is { } data ? Encoding.ASCII.GetString(data) : null;
            return token is not null;
        });
        var server = KubernetesClientConfiguration.BuildConfigFromConfigFile(Environment.GetEnvironmentVariable("STAGEDOOR_KUBECONFIG")!).Host;
        var kubeconfig = $"""
            apiVersion: v1
            kind: Config
            current-context: a
            contexts: [{"{name: a, context: {cluster: a, user: a}}"}]
            clusters: [{"{"}name: a, cluster: {"{"}server: "{server}", insecure-skip-tls-verify: true{"}}"}]
            users: [{"{"}name: a, user: {"{"}token: "{token}"{"}}"}]
            """;
        await using var app = await StagedoorApp.StartAsync();
        var id = await InstallElsewhereAsync(app, space, kubeconfig, Map("a"));

        var failed = await app.WaitForAsync(id, "installFailed");
        Assert.Contains($"system:serviceaccount:{space}:deployer\" cannot list resource \"secrets\"", failed.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_there_before_is_not_taken()
    {
        site.Require();
        var space = site.Name("real-taken");
        var cluster = await site.RegisterAsync(space);
        await site.Client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = space } }, cancellationToken: Cancellation);
        await site.Client.CoreV1.CreateNamespacedConfigMapAsync(new() { Metadata = new() { Name = "one" }, Data = new Dictionary<string, string> { ["of"] = "others" } }, space, cancellationToken: Cancellation);
        await site.PublishAsync(space, "1.0.0", ("templates/app.yaml", Map("one")));
        using var response = await App.Admin.PostAsJsonAsync(Root, Install(cluster, space), Cancellation);
        var id = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

        var failed = await App.WaitForAsync(id, "installFailed");
        Assert.Equal("ApplyConflict", failed.GetProperty("status").GetProperty("Reason").GetString());
        await DeleteAsync(id);
        await App.WaitUntilGoneAsync(id);
        Assert.Equal("others", (await site.Client.CoreV1.ReadNamespacedConfigMapAsync("one", space, cancellationToken: Cancellation)).Data["of"]);
    }

    [Fact]
    public async Task A_release_of_a_chart_lives_beside_the_add_ons()
    {
        site.Require();
        var space = site.Name("real-release");
        var cluster = await site.RegisterAsync(space);
        await site.Client.CoreV1.CreateNamespaceAsync(new() { Metadata = new() { Name = space } }, cancellationToken: Cancellation);
        var one = (await site.Site.UploadAsync(AddonSite.Chart(space, "1.0.0", ("templates/app.yaml", Deployment(1))))).GetProperty("id").GetString()!;
        var two = (await site.Site.UploadAsync(AddonSite.Chart(space, "1.1.0", ("templates/app.yaml", Deployment(2))))).GetProperty("id").GetString()!;
        var releases = $"/cce/cam/v3/clusters/{cluster}/releases";
        var path = $"/cce/cam/v3/clusters/{cluster}/namespace/{space}/releases/mine";

        using (var made = await App.Admin.PostAsJsonAsync(releases, new { chart_id = one, name = "mine", @namespace = space, version = "1.0.0", values = new { } }, Cancellation))
        {
            await AddonSite.ReadAsync(made, 201);
        }

        await WaitReleaseAsync(path, "DEPLOYED", 1);
        using (var changed = await App.Admin.PutAsJsonAsync(path, new { chart_id = two, action = "upgrade", parameters = new { }, values = new { } }, Cancellation))
        {
            await AddonSite.ReadAsync(changed);
        }

        await WaitReleaseAsync(path, "DEPLOYED", 2);
        Assert.Equal(2, (await site.DeploymentAsync(space)).Status.ReadyReplicas);
        Assert.Equal("deployed", (await site.RecordAsync(space, "mine", 2)).GetProperty("info").GetProperty("status").GetString());
        var listed = await App.Admin.GetFromJsonAsync<JsonElement>($"{releases}?namespace={space}", Cancellation);
        Assert.Equal("mine", Assert.Single(listed.EnumerateArray()).GetProperty("name").GetString());

        using (var removed = await App.Admin.DeleteAsync(path, Cancellation))
        {
            await AddonSite.ReadAsync(removed);
        }

        await Eventually.TrueAsync("the release is gone", TimeSpan.FromSeconds(60), async () =>
        {
            using var shown = await App.Admin.GetAsync(path, Cancellation);
            return (int)shown.StatusCode == 404;
        });
        Assert.Empty((await site.Client.AppsV1.ListNamespacedDeploymentAsync(space, cancellationToken: Cancellation)).Items);
    }

    private async Task WaitReleaseAsync(string path, string status, int version)
    {
        var last = "";
        await Eventually.TrueAsync($"{status} {version.ToString(CultureInfo.InvariantCulture)}", TimeSpan.FromSeconds(60), async () =>
        {
            using var shown = await App.Admin.GetAsync(path, Cancellation);
            var release = await AddonSite.ReadAsync(shown);
            last = release.GetRawText();
            return release.GetProperty("status").GetString() == status && release.GetProperty("version").GetInt32() == version;
        });
        Assert.NotEmpty(last);
    }

    private async Task DeleteAsync(string id)
    {
        using var deleted = await App.Admin.DeleteAsync($"{Root}/{id}", Cancellation);
        await AddonSite.ReadAsync(deleted);
    }

    private async Task<JsonElement[]> ProbesAsync(string space)
    {
        var list = (JsonElement)await site.Client.CustomObjects.ListNamespacedCustomObjectAsync(site.Group, "v1", space, "probes", cancellationToken: Cancellation);
        return [.. list.GetProperty("items").EnumerateArray()];
    }

    private async Task<IList<V1Pod>> HookPodsAsync(string space) =>
        (await site.Client.CoreV1.ListNamespacedPodAsync(space, labelSelector: "job-name=hook", cancellationToken: Cancellation)).Items;

    // In an installation of the test's own.
    private static async Task<string> InstallElsewhereAsync(StagedoorApp app, string space, string kubeconfig, string template)
    {
        Dictionary<string, string> annotations = new(StringComparer.Ordinal)
        {
            ["stagedoor.io/driver"] = "kubernetes",
            ["stagedoor.io/kubeconfig"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(kubeconfig)),
        };
        using var registered = await app.Admin.PostAsJsonAsync($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters", AddonSite.Cluster(space, "v1.20", annotations), Cancellation);
        var cluster = (await AddonSite.ReadAsync(registered, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
        using (var form = AddonSite.Form(AddonSite.Chart(space, "1.0.0", ("addon.yaml", $"namespace: {space}\n"), ("templates/config.yaml", ""), ("templates/app.yaml", template))))
        using (var published = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation))
        {
            await AddonSite.ReadAsync(published, 201);
        }

        using var response = await app.Admin.PostAsJsonAsync(Root, Install(cluster, space), Cancellation);
        return (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    private const string Service = "apiVersion: v1\nkind: Service\nmetadata: {name: app}\nspec: {selector: {app: app}, ports: [{port: 80, targetPort: 8080, name: http}, {port: 53, protocol: UDP, name: dns}]}\n---\n";

    private static string Deployment(int replicas, string image = "app:1", string label = "app") => $$$"""
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: app}
        spec:
          replicas: {{{replicas}}}
          selector: {matchLabels: {app: {{{label}}} } }
          template:
            metadata: {labels: {app: {{{label}}} } }
            spec:
              containers: [{name: app, image: "{{{image}}}", ports: [{containerPort: 8080}], resources: {requests: {cpu: 0.1, memory: 64Mi}, limits: {cpu: 1, memory: 0.5Gi} } }]
        ---

        """;

    private static string Map(string name, string annotation = "") =>
        $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{(annotation.Length > 0 ? $", annotations: {{{annotation}}}" : "")}}}\ndata: {{a: b}}\n---\n";

    private static string Job(string occasion, string image = "hook:1") => $$$"""
        apiVersion: batch/v1
        kind: Job
        metadata: {name: hook, annotations: {helm.sh/hook: {{{occasion}}} } }
        spec: {backoffLimit: 0, template: {spec: {restartPolicy: Never, containers: [{name: hook, image: "{{{image}}}"}] } } }
        ---

        """;

    private string Definition(string properties) => $$$"""
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: probes.{{{site.Group}}}}
        spec:
          group: {{{site.Group}}}
          scope: Namespaced
          names: {kind: Probe, plural: probes}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: { {{{properties}}} } } } } } }]
        """;

    private string Probe(string name, string spec) => $"apiVersion: {site.Group}/v1\nkind: Probe\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n";
}
