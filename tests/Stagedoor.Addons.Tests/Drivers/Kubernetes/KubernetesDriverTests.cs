using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Kubernetes;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers.Kubernetes;

/// <summary>What the driver asks of an API server, and what it makes of the answers.</summary>
public sealed class KubernetesDriverTests
{
    private const string Crd = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: probes.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {kind: Probe, plural: probes}
          versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_release_is_installed_upgraded_and_pruned_rolled_back_and_removed()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var first = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1") + GitOpsRig.ConfigMap("kept", "1", ", annotations: {helm.sh/resource-policy: keep}") + KubernetesRig.Deployment(2, "x:1"));

        await rig.ApplyAsync(first);
        Assert.Equal(("1", "Helm"), (Data(rig, "a"), rig.Server.Objects[KubernetesRig.Maps + "a"]["metadata"]!["labels"]!["app.kubernetes.io/managed-by"]!.GetValue<string>()));
        Assert.Equal("deployed", Label(rig, 1));
        Assert.Equal(HealthReport.Running, (await rig.Driver.HealthAsync(rig.Cluster, GitOpsRig.Key, Cancellation)).State);
        Assert.True((await rig.Driver.DiffAsync(rig.Cluster, first, Cancellation)).IsEmpty);

        var second = await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2") + KubernetesRig.Deployment(2, "x:2"));
        var diff = await rig.Driver.DiffAsync(rig.Cluster, second, Cancellation);
        Assert.Equal(["ConfigMap kube-system/a changed", "ConfigMap kube-system/b removed", "Deployment.apps kube-system/app changed"], diff.Objects.Select(static d => $"{d.Id} {d.Change}").Order());
        Assert.Equal("1", Data(rig, "a"));
        await rig.ApplyAsync(second);
        Assert.Equal(("2", false, true), (Data(rig, "a"), rig.Server.Objects.ContainsKey(KubernetesRig.Maps + "b"), rig.Server.Objects.ContainsKey(KubernetesRig.Maps + "kept")));
        Assert.Equal(("superseded", "deployed"), (Label(rig, 1), Label(rig, 2)));

        var back = ReleasePlan.Of(first.Record with { Revision = 3, Description = "Rollback to 1" });
        await rig.ApplyAsync(back);
        Assert.Equal(("1", "1", "deployed"), (Data(rig, "a"), Data(rig, "b"), Label(rig, 3)));
        Assert.Equal(first.Record.Manifest, (await rig.Driver.ReadReleaseAsync(rig.Cluster, GitOpsRig.Key, Cancellation))!.Manifest);
        Assert.Equal([3, 2, 1], (await rig.Driver.ReadHistoryAsync(rig.Cluster, GitOpsRig.Key, Cancellation)).Select(static r => r.Revision));
        var listed = Assert.Single(await rig.Driver.ListReleasesAsync(rig.Cluster, null, Cancellation));
        Assert.Equal((GitOpsRig.Key, 3, "deployed", "probe"), (listed.Key, listed.Revision, listed.Status, listed.ChartName));

        await rig.UninstallAsync();
        Assert.Equal(["/api/v1/namespaces/kube-system", KubernetesRig.Maps + "kept"], rig.Server.Objects.Keys.Order(StringComparer.Ordinal));
        Assert.Null(await rig.Driver.ReadReleaseAsync(rig.Cluster, GitOpsRig.Key, Cancellation));
    }

    [Fact]
    public async Task A_definition_comes_first_and_stays_unless_it_shall_not()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var plan = await GitOpsRig.PlanAsync(1, "apiVersion: example.com/v1\nkind: Probe\nmetadata: {name: p}\nspec: {every: 5}\n", Crd);

        await rig.ApplyAsync(plan);
        Assert.Contains("/apis/example.com/v1/namespaces/kube-system/probes/p", rig.Server.Objects.Keys);
        await rig.UninstallAsync();
        Assert.Equal(["/api/v1/namespaces/kube-system", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/probes.example.com"], rig.Server.Objects.Keys.Order(StringComparer.Ordinal));

        await rig.ApplyAsync(plan);
        await rig.UninstallAsync(new() { DeletesCustomResources = true });
        Assert.Equal(["/api/v1/namespaces/kube-system"], rig.Server.Objects.Keys);
    }

    [Theory]
    [InlineData("overwrite", "2", 3)]
    [InlineData("preserve", "2", 5)]
    [InlineData("none", "1", 5)]
    public async Task Fields_that_others_have_changed_are_whose_the_policy_says(string policy, string data, int replicas)
    {
        await using var rig = await KubernetesRig.StartAsync();
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + KubernetesRig.Deployment(2, "x:1")));
        rig.Server.Edit(KubernetesRig.Deployments + "app", "scaler", static o => o["spec"]!["replicas"] = 5.0, ".spec.replicas");
        var plan = await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2") + KubernetesRig.Deployment(3, "x:1")) with { Conflicts = policy };

        if (policy is "none")
        {
            var refused = await Assert.ThrowsAsync<DriverRejectedException>(() => rig.ApplyAsync(plan));
            Assert.Equal((Reasons.ApplyConflict, true), (refused.Reason, refused.Message.Contains(".spec.replicas (conflict with \"scaler\")", StringComparison.Ordinal)));
        }
        else
        {
            await rig.ApplyAsync(plan);
        }

        Assert.Equal((data, replicas), (Data(rig, "a"), (int)rig.Server.Objects[KubernetesRig.Deployments + "app"]["spec"]!["replicas"]!.GetValue<double>()));
    }

    [Theory]
    [InlineData("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndatum: {v: x}\n", "ConfigMap kube-system/bad: failed to create typed patch object: .datum: field not declared in schema")]
    [InlineData("apiVersion: example.com/v1\nkind: Nothing\nmetadata: {name: bad}\n", "Nothing.example.com kube-system/bad: the cluster serves no Nothing of example.com/v1")]
    public async Task One_bad_object_and_nothing_is_changed(string bad, string message)
    {
        await using var rig = await KubernetesRig.StartAsync();
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));

        var refused = await Assert.ThrowsAsync<DriverRejectedException>(async () => await rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2") + bad)));

        Assert.Equal((Reasons.ApplyRejected, message), (refused.Reason, refused.Message));
        Assert.Equal(("1", "deployed"), (Data(rig, "a"), Label(rig, 1)));
    }

    [Fact]
    public async Task Amounts_that_are_numbers_are_sent_as_texts_where_Kubernetes_means_them()
    {
        await using var rig = await KubernetesRig.StartAsync();
        const string Amounts = """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: app}
            spec:
              replicas: 2
              template:
                spec:
                  containers: [{name: app, resources: {limits: {cpu: 1, memory: 1000000000}, requests: {cpu: 0.5} } }]
                  volumes: [{name: v, emptyDir: {sizeLimit: 1000} }]
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: a}
            data: {v: "1"}
            limits: {cpu: 1}
            ---
            apiVersion: autoscaling/v2
            kind: HorizontalPodAutoscaler
            metadata: {name: app}
            spec: {maxReplicas: 3, metrics: [{resource: {target: {averageValue: 5, averageUtilization: 80} } }]}
            """;

        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, Amounts));

        var pod = rig.Server.Objects[KubernetesRig.Deployments + "app"]["spec"]!;
        Assert.Equal("""{"cpu":"1","memory":"1000000000"}""", pod["template"]!["spec"]!["containers"]![0]!["resources"]!["limits"]!.ToJsonString());
        Assert.Equal(("0.5", "1000"), (pod["template"]!["spec"]!["containers"]![0]!["resources"]!["requests"]!["cpu"]!.GetValue<string>(), pod["template"]!["spec"]!["volumes"]![0]!["emptyDir"]!["sizeLimit"]!.GetValue<string>()));
        Assert.Equal((2, 1), (pod["replicas"]!.GetValue<double>(), rig.Server.Objects[KubernetesRig.Maps + "a"]["limits"]!["cpu"]!.GetValue<double>()));
        var scaler = rig.Server.Objects["/apis/autoscaling/v2/namespaces/kube-system/horizontalpodautoscalers/app"]["spec"]!;
        Assert.Equal(("5", 80), (scaler["metrics"]![0]!["resource"]!["target"]!["averageValue"]!.GetValue<string>(), scaler["metrics"]![0]!["resource"]!["target"]!["averageUtilization"]!.GetValue<double>()));
    }

    [Fact]
    public async Task A_revision_that_another_client_has_made_is_not_overwritten()
    {
        await using var rig = await KubernetesRig.StartAsync();
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));
        var foreign = (await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "1"))).Record with { OwnerId = "" };
        await using (var other = await KubernetesRig.StartAsync())
        {
            await other.ApplyAsync(ReleasePlan.Of(foreign) with { Operation = "install" });
            rig.Server.Objects[KubernetesRig.Secrets + 2] = other.Server.Objects[KubernetesRig.Secrets + 2].DeepClone().AsObject();
        }

        var before = rig.Server.Objects[KubernetesRig.Secrets + 2].ToJsonString();
        var refused = await Assert.ThrowsAsync<DriverRejectedException>(async () => await rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2"))));

        Assert.Equal(Reasons.ApplyConflict, refused.Reason);
        Assert.Contains("Revision 2 of the release was made by another client", refused.Message, StringComparison.Ordinal);
        Assert.Equal(("1", before), (Data(rig, "a"), rig.Server.Objects[KubernetesRig.Secrets + 2].ToJsonString()));
    }

    [Fact]
    public async Task What_somebody_says_of_a_live_object_that_it_stays_is_heard()
    {
        await using var rig = await KubernetesRig.StartAsync();
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1")));
        foreach (var name in (string[])["a", "b"])
        {
            rig.Server.Edit(KubernetesRig.Maps + name, "somebody", static o => o["metadata"]!["annotations"]!["helm.sh/resource-policy"] = " Keep", ".metadata.annotations");
        }

        await rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2")));
        Assert.Contains(KubernetesRig.Maps + "b", rig.Server.Objects.Keys);
        await rig.UninstallAsync();
        Assert.Equal([KubernetesRig.Maps + "a", KubernetesRig.Maps + "b"], rig.Server.Objects.Keys.Where(static k => k.Contains("configmaps", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_somebody_elses_is_not_taken()
    {
        await using var rig = await KubernetesRig.StartAsync();
        rig.Server.Objects["/api/v1/namespaces/kube-system"] = new JsonObject { ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = "kube-system" } };
        rig.Server.Objects[KubernetesRig.Maps + "a"] = new JsonObject { ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "a", ["namespace"] = "kube-system" }, ["data"] = new JsonObject { ["v"] = "theirs" } };

        var refused = await Assert.ThrowsAsync<DriverRejectedException>(async () => await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"))));

        Assert.Equal(Reasons.ApplyConflict, refused.Reason);
        Assert.StartsWith("ConfigMap kube-system/a exists and does not belong to the release", refused.Message, StringComparison.Ordinal);
        Assert.Equal(("theirs", 0), (Data(rig, "a"), rig.Server.Changes));
    }

    [Fact]
    public async Task Hooks_run_by_weight_are_waited_for_and_go_as_they_say()
    {
        await using var rig = await KubernetesRig.StartAsync();
        var plan = await GitOpsRig.PlanAsync(
            1,
            GitOpsRig.ConfigMap("a", "1") + KubernetesRig.Hook("late", "pre-install", ", helm.sh/hook-weight: '5'") + KubernetesRig.Hook("early", "pre-install", ", helm.sh/hook-weight: '-5', helm.sh/hook-delete-policy: hook-succeeded")
            + KubernetesRig.Hook("after", "post-install") + KubernetesRig.Hook("going", "pre-delete"));

        await rig.ApplyAsync(plan);
        var order = rig.Server.Requests.Where(static r => r.StartsWith("PATCH", StringComparison.Ordinal) && !r.Contains("dryRun", StringComparison.Ordinal)).Select(static r => r.Split('?')[0].Split('/')[^1]);
        Assert.Equal(["early", "late", "a", "after"], order);
        Assert.DoesNotContain("/apis/batch/v1/namespaces/kube-system/jobs/early", rig.Server.Objects.Keys);
        Assert.Contains("/apis/batch/v1/namespaces/kube-system/jobs/late", rig.Server.Objects.Keys);

        rig.Server.FailingJobs.Add("going");
        var refused = await Assert.ThrowsAsync<DriverRejectedException>(() => rig.UninstallAsync());
        Assert.Equal((Reasons.HookFailed, "pre-delete Job.batch kube-system/going has failed: BackoffLimitExceeded"), (refused.Reason, refused.Message));
        Assert.Equal("1", Data(rig, "a"));
        rig.Server.FailingJobs.Clear();
        await rig.UninstallAsync();
        Assert.DoesNotContain(KubernetesRig.Maps + "a", rig.Server.Objects.Keys);
    }

    [Fact]
    public async Task A_rollout_is_waited_for_and_told()
    {
        await using var rig = await KubernetesRig.StartAsync();
        rig.Server.IsIdle = true;
        var plan = await GitOpsRig.PlanAsync(1, KubernetesRig.Deployment(2, "x:1"));
        var said = new List<string>();
        await foreach (var step in rig.Driver.ApplyAsync(rig.Cluster, plan, Cancellation))
        {
            said.Add(step.Message);
            if (step.Message.Contains("objects ready;", StringComparison.Ordinal))
            {
                rig.Server.Edit(KubernetesRig.Deployments + "app", "controller", static o => o["status"] = new JsonObject { ["observedGeneration"] = 99.0, ["updatedReplicas"] = 2.0, ["readyReplicas"] = 2.0 });
            }
        }

        Assert.Contains("0/1 objects ready; Deployment.apps kube-system/app 0/2 updated", said);
        rig.Server.Edit(KubernetesRig.Deployments + "app", "controller", static o => o["status"]!["readyReplicas"] = 1.0);
        var health = await rig.Driver.HealthAsync(rig.Cluster, GitOpsRig.Key, Cancellation);
        Assert.Equal((HealthReport.Available, "Deployment.apps kube-system/app 1/2 ready"), (health.State, health.Message));
        rig.Server.Edit(KubernetesRig.Deployments + "app", "controller", static o => o["status"]!["readyReplicas"] = 0.0);
        Assert.Equal(HealthReport.Abnormal, (await rig.Driver.HealthAsync(rig.Cluster, GitOpsRig.Key, Cancellation)).State);
    }

    [Fact]
    public async Task Cut_at_any_request_and_done_again_it_ends_the_same()
    {
        await using var whole = await KubernetesRig.StartAsync();
        var first = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1"));
        var second = await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2") + KubernetesRig.Hook("h", "pre-upgrade") + "apiVersion: example.com/v1\nkind: Probe\nmetadata: {name: p}\n", Crd);
        await whole.ApplyAsync(first);
        var before = whole.Server.Requests.Count;
        await whole.ApplyAsync(second);
        var requests = whole.Server.Requests.Count - before;
        Assert.InRange(requests, 15, 200);

        for (var cut = 1; cut <= requests; cut++)
        {
            await using var rig = await KubernetesRig.StartAsync();
            await rig.ApplyAsync(first);
            var seen = 0;
            rig.Server.Fault = context =>
            {
                if (Interlocked.Increment(ref seen) < cut)
                {
                    return Task.FromResult(false);
                }

                context.Abort();
                return Task.FromResult(true);
            };
            await Assert.ThrowsAsync<DriverUnavailableException>(() => rig.ApplyAsync(second));
            rig.Server.Fault = null;

            await rig.ApplyAsync(second);

            Assert.Equal(whole.State(), rig.State());
        }
    }

    [Fact]
    public async Task A_server_that_cannot_answer_is_told_in_time()
    {
        await using var rig = await KubernetesRig.StartAsync();
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));

        rig.Server.Fault = async context =>
        {
            context.Response.ContentType = "text/html";
            await context.Response.WriteAsync("<html>portal</html>");
            return true;
        };
        Assert.Contains("no JSON object", (await Assert.ThrowsAsync<DriverDataException>(ReadAsync)).Message, StringComparison.Ordinal);
        rig.Server.Fault = static context =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };
        Assert.Contains("503", (await Assert.ThrowsAsync<DriverUnavailableException>(ReadAsync)).Message, StringComparison.Ordinal);
        rig.Server.Fault = static async context =>
        {
            var gone = new TaskCompletionSource();
            using (context.RequestAborted.Register(gone.SetResult))
            {
                await gone.Task;
            }

            return true;
        };
        var since = Stopwatch.GetTimestamp();
        Assert.Contains("did not answer in time", (await Assert.ThrowsAsync<DriverUnavailableException>(ReadAsync)).Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(since).TotalSeconds, 0, 10);
        rig.Server.Fault = null;
        await ShouldFailAsync<DriverUnavailableException>(rig, rig.Server.Kubeconfig(token: "wrong"), "refuses the credential");
        await ShouldFailAsync<DriverUnavailableException>(rig, rig.Server.Kubeconfig($"https://127.0.0.1:{UnusedPort()}"), "cannot be reached");
        await ShouldFailAsync<DriverUnavailableException>(rig, rig.Server.Kubeconfig().Replace("certificate-authority-data", "no-authority", StringComparison.Ordinal), "cannot be reached");
        await using var other = await ApiServer.StartAsync();
        await ShouldFailAsync<DriverUnavailableException>(rig, other.Kubeconfig(rig.Server.Address), "cannot be reached");
        Assert.Empty(other.Requests);
        await ShouldFailAsync<DriverRejectedException>(rig, rig.Server.Kubeconfig().Replace("user: {token", "user: {exec: {command: id}, token", StringComparison.Ordinal), "would run a program");

        Task ReadAsync() => rig.Driver.ReadReleaseAsync(rig.Cluster, GitOpsRig.Key, Cancellation).AsTask();
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_is_told_and_listed_as_unknown()
    {
        await using var rig = await KubernetesRig.StartAsync();
        await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));
        rig.Server.Objects[KubernetesRig.Secrets + "1"]["data"]!["release"] = "AAAA";

        await Assert.ThrowsAsync<DriverDataException>(async () => await rig.Driver.ReadReleaseAsync(rig.Cluster, GitOpsRig.Key, Cancellation));
        Assert.Equal(("unknown", 1), Assert.Single(await rig.Driver.ListReleasesAsync(rig.Cluster, "kube-system", Cancellation)) is var listed ? (listed.Status, listed.Revision) : default);
        Assert.Empty(await rig.Driver.ListReleasesAsync(rig.Cluster, "other", Cancellation));
    }

    [Fact]
    public async Task The_cluster_says_what_it_is()
    {
        await using var rig = await KubernetesRig.StartAsync();

        var facts = await rig.Driver.ProbeAsync(rig.Cluster, Cancellation);

        Assert.Equal("v1.28.3", facts.Version);
        Assert.Superset(new HashSet<string>(["v1", "v1/Secret", "apps/v1", "apps/v1/Deployment"]), facts.ApiVersions.ToHashSet());
        Assert.DoesNotContain("apps/v1/Secret", facts.ApiVersions);
    }

    [Theory]
    [InlineData(".spec.replicas", "{\"a\":1,\"l\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2}]}")]
    [InlineData(".spec.l[k=\"y\"].v", "{\"a\":1,\"l\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\"}],\"replicas\":2}")]
    [InlineData(".spec.l[k=\"x\",v=1]", "{\"a\":1,\"l\":[{\"k\":\"y\",\"v\":2}],\"replicas\":2}")]
    [InlineData(".spec.l[1].k", "{\"a\":1,\"l\":[{\"k\":\"x\",\"v\":1},{\"v\":2}],\"replicas\":2}")]
    [InlineData(".spec.l[k=\"z\"].v", "{\"a\":1,\"l\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2}],\"replicas\":2}")]
    [InlineData(".spec.l[k=\"x\"].a.b", "{\"a\":1,\"l\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2}],\"replicas\":2}")]
    [InlineData(".spec.nothing[", "{\"a\":1,\"l\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2}],\"replicas\":2}")]
    public void A_field_is_left_out_where_its_path_leads(string path, string expected)
    {
        var content = (GoMap)Stagedoor.Addons.Rendering.Yaml.JsonText.Read("{\"spec\":{\"a\":1,\"l\":[{\"k\":\"x\",\"v\":1},{\"k\":\"y\",\"v\":2}],\"replicas\":2}}")!;

        Assert.Equal(expected, Stagedoor.Addons.Rendering.Yaml.JsonText.Write(LiveObject.Without(content, path)["spec"]));
    }

    [Theory]
    [InlineData(".data.app.conf", "{\"data\":{\"app\":{\"conf\":1},\"app.conf.d\":2}}")]
    [InlineData(".data.app", "{\"data\":{\"app.conf\":1,\"app.conf.d\":2}}")]
    [InlineData(".data.app.conf.d", "{\"data\":{\"app\":{\"conf\":1},\"app.conf\":1}}")]
    public void A_name_with_dots_is_one_name(string path, string expected)
    {
        var content = (GoMap)Stagedoor.Addons.Rendering.Yaml.JsonText.Read("{\"data\":{\"app\":{\"conf\":1},\"app.conf\":1,\"app.conf.d\":2}}")!;

        Assert.Equal(expected, Stagedoor.Addons.Rendering.Yaml.JsonText.Write(LiveObject.Without(content, path)));
    }

    [Fact]
    public async Task A_bad_object_beside_a_definition_leaves_nothing_of_a_first_install()
    {
        await using var rig = await KubernetesRig.StartAsync();

        await Assert.ThrowsAsync<DriverRejectedException>(async () => await rig.ApplyAsync(await GitOpsRig.PlanAsync(1, "apiVersion: example.com/v1\nkind: Nothing\nmetadata: {name: bad}\n", Crd)));

        Assert.Equal((0, 0), (rig.Server.Changes, rig.Server.Objects.Count));
    }

    private static async Task ShouldFailAsync<T>(KubernetesRig rig, string kubeconfig, string message)
        where T : Exception
    {
        var e = await Assert.ThrowsAsync<T>(async () => await rig.Driver.ReadReleaseAsync(rig.Cluster with { Kubeconfig = kubeconfig }, GitOpsRig.Key, Cancellation));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    private static int UnusedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string? Data(KubernetesRig rig, string name) => rig.Server.Objects[KubernetesRig.Maps + name]["data"]?["v"]?.GetValue<string>();

    private static string? Label(KubernetesRig rig, int revision) => rig.Server.Objects[KubernetesRig.Secrets + revision]["metadata"]!["labels"]!["status"]!.GetValue<string>();
}
