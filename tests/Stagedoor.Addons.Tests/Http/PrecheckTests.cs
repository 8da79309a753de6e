using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.PrecheckSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>What speaks against an upgrade is found before it.</summary>
public sealed class PrecheckTests
{
    private const string Definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: things.example.com}
        spec:
          group: example.com
          scope: Namespaced
          names: {kind: Thing, plural: things}
          versions: [VERSIONS]
        """;

    private const string Immutable = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: fixed}\nimmutable: true\ndata: {k: VALUE}\n";

    public static TheoryData<string> Engines { get; } = ["sqlite", "postgresql"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Where_nothing_speaks_against_it_everything_that_was_looked_at_is_told(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.PublishAsync("1.1.0");

        using var response = await site.Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id), new { addonTemplateName = "probe", addonInstanceID = id, type = "addonStatic" }), Cancellation);
        var asked = await AddonSite.ReadAsync(response);
        await Eventually.TrueAsync("both", TimeSpan.FromSeconds(60), async () => (await site.ListAsync(cluster)).All(static t => StatusOf(t) is "Success"));

        Assert.Equal(("AddonCheck", "v3", cluster), (asked.GetProperty("kind").GetString(), asked.GetProperty("apiVersion").GetString(), asked.GetProperty("spec").GetProperty("clusterID").GetString()));
        Assert.Equal("1.1.0", asked.GetProperty("spec").GetProperty("addonList")[0].GetProperty("targetVersion").GetString());
        Assert.Equal("Init", asked.GetProperty("status").GetProperty("phase").GetString());
        Assert.Equal(
            [("probe", "AddonCheck"), ("probe", "AddonCheck")],
            asked.GetProperty("status").GetProperty("itemsStatus").EnumerateArray().Select(static i => (i.GetProperty("name").GetString(), i.GetProperty("group").GetString())));
        var upgrade = Assert.Single(await site.ListAsync(cluster, "type=addonUpgrade"));
        var metadata = upgrade.GetProperty("metadata");
        Assert.Equal(("addonUpgrade", "probe", id), (metadata.GetProperty("type").GetString(), metadata.GetProperty("addonTemplateName").GetString(), metadata.GetProperty("addonInstanceID").GetString()));
        Assert.Equal(
            24, Math.Round((metadata.GetProperty("expireTimeStamp").GetDateTimeOffset() - metadata.GetProperty("createTimeStamp").GetDateTimeOffset()).TotalHours, 1));
        Assert.Equal("1.1.0", upgrade.GetProperty("spec").GetProperty("addonTargetVersion").GetString());
        Assert.Equal("", MessageOf(upgrade));
        Assert.Equal(
            ["InstanceStatus", "ClusterVersion", "Dependencies", "Conflicts", "Drift", "Values", "Rendering", "RemovedAPIs", "StorageVersions"],
            upgrade.GetProperty("status").GetProperty("riskList").EnumerateArray().Select(static r => r.GetProperty("riskName").GetString()));
        Assert.Single(await site.ListAsync(cluster, $"task_id={metadata.GetProperty("taskID").GetString()}"));
        Assert.Equal(2, (await site.ListAsync(cluster, $"addon_instance_id={id}")).Count);
        Assert.Empty(await site.ListAsync(cluster, "task_id=none"));
        Assert.Empty(await site.ListAsync(cluster, "addon_instance_id=none"));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_version_for_other_clusters_is_found(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.PublishAsync("1.1.0", ("addon.yaml", "supportVersions: [{clusterType: VirtualMachine, clusterVersion: [v1.29]}]\n"));

        ShouldFind(await site.CheckAsync(cluster, id), "ClusterVersion Fatal", "is not for clusters of type VirtualMachine");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_API_that_the_cluster_does_not_serve_any_more_is_found(string engine)
    {
        const string Budget = "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: b}\n---\napiVersion: example.com/v1\nkind: Other\nmetadata: {name: o}\n";
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.PublishAsync("1.1.0", ("templates/b.yaml", Budget));

        var task = await site.CheckAsync(cluster, id);

        // Of kinds that others define nobody can tell without a server to ask.
        ShouldFind(task, "RemovedAPIs Fatal", "does not serve policy/v1beta1 PodDisruptionBudget b");
        Assert.DoesNotContain("example.com", MessageOf(task), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_API_that_a_server_does_not_serve_is_found(string engine)
    {
        await using var server = await ApiServer.StartAsync();
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync(server);
        await site.PublishAsync("1.1.0", ("templates/o.yaml", "apiVersion: example.com/v1\nkind: Other\nmetadata: {name: o}\n"));

        ShouldFind(await site.CheckAsync(cluster, id), "RemovedAPIs Fatal", "the cluster (v1.28.3) does not serve example.com/v1 Other o");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_is_required_and_not_there_is_found_and_what_must_not_be_there(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.PublishAsync("1.1.0", ("addon.yaml", "requires: [{name: metrics, version: '>=1.0.0'}]\n"));
        await site.PublishAsync("1.2.0", ("addon.yaml", "conflicts: [{name: other}]\n"));
        await site.Site.PublishAsync(AddonSite.Chart("other", "1.0.0"));
        await site.App.InstallAsync(cluster, "other");

        ShouldFind(await site.CheckAsync(cluster, id), "Dependencies Fatal", "requires metrics >=1.0.0");
        ShouldFind(await site.CheckAsync(cluster, id, "1.2.0"), "Conflicts Fatal", "cannot be beside other 1.0.0");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_others_have_changed_is_found_and_is_no_obstacle(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.PublishAsync("1.1.0");
        var file = Directory.EnumerateFiles(site.App.Release(cluster, "probe"), "*configmap*").Single();
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, Cancellation)).Replace("\"1\"", "\"7\"", StringComparison.Ordinal), Cancellation);

        ShouldFind(await site.CheckAsync(cluster, id), "Drift Warning", "ConfigMap kube-system/cceaddon-probe (changed)");
        ShouldFind(await site.CheckAsync(cluster, new { addonTemplateName = "probe", addonInstanceID = id, type = "addonStatic" }), "Drift Warning", "(changed)");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Values_that_the_schema_refuses_are_found(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.PublishAsync("1.1.0", ("values.schema.json", """{"properties":{"replicas":{"type":"integer","maximum":3}}}"""));

        ShouldFind(await site.CheckAsync(cluster, id, values: new { replicas = 9 }), "Values Fatal", "/replicas");
        Assert.Equal("Success", StatusOf(await site.CheckAsync(cluster, id, values: new { replicas = 3 })));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_template_that_does_not_render_is_found(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.PublishAsync("1.1.0", ("templates/config.yaml", """{{ fail "say a tenant" }}"""));

        ShouldFind(await site.CheckAsync(cluster, id), "Rendering Fatal", "say a tenant");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Another_version_in_which_custom_resources_are_stored_is_found(string engine)
    {
        await using var server = await ApiServer.StartAsync();
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync(server, ("crds/thing.yaml", Defined("{name: v1alpha1, served: true, storage: true}")));
        await site.PublishAsync("1.1.0", ("crds/thing.yaml", Defined("{name: v1alpha1, served: true, storage: false}, {name: v1, served: true, storage: true}")));
        await site.PublishAsync("1.2.0", ("crds/thing.yaml", Defined("{name: v1, served: true, storage: true}")));

        ShouldFind(await site.CheckAsync(cluster, id), "StorageVersions Warning", "things.example.com is stored as v1 instead of v1alpha1");
        ShouldFind(await site.CheckAsync(cluster, id, "1.2.0"), "StorageVersions Fatal", "has no version v1alpha1 any more");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_field_that_cannot_change_is_found_and_nothing_is_changed(string engine)
    {
        await using var server = await ApiServer.StartAsync();
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync(server, ("templates/fixed.yaml", Immutable.Replace("VALUE", "old", StringComparison.Ordinal)));
        await site.PublishAsync("1.1.0", ("templates/fixed.yaml", Immutable.Replace("VALUE", "new", StringComparison.Ordinal)));
        var changes = server.Changes;

        ShouldFind(await site.CheckAsync(cluster, id), "ImmutableFields Fatal", "ConfigMap kube-system/fixed: fixed is invalid: data: Forbidden: field is immutable");
        Assert.Equal(changes, server.Changes);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_object_that_the_cluster_refuses_or_that_is_others_is_found(string engine)
    {
        await using var server = await ApiServer.StartAsync();
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync(server);
        await site.PublishAsync("1.1.0", ("templates/bad.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bad}\ndatum: {}\n"));
        await site.PublishAsync("1.2.0", ("templates/taken.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: taken}\n"));
        server.Objects["/api/v1/namespaces/kube-system/configmaps/taken"] =
            new JsonObject { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = "taken", ["namespace"] = "kube-system" } };

        ShouldFind(await site.CheckAsync(cluster, id), "DryRun Fatal", "field not declared in schema");
        ShouldFind(await site.CheckAsync(cluster, id, "1.2.0"), "DryRun Fatal", "taken exists and does not belong to the release");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_cluster_that_does_not_answer_is_told(string engine)
    {
        await using var server = await ApiServer.StartAsync();
        await using var site = await StartAsync(engine, ("Addons:Operations:UnreachableSeconds", "0"));
        var (cluster, id) = await site.InstallAsync(server);
        await site.PublishAsync("1.1.0");
        server.Fault = static context =>
        {
            context.Abort();
            return Task.FromResult(true);
        };

        ShouldFind(await site.CheckAsync(cluster, id), "ClusterUnreachable Fatal", "cannot be reached");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_is_wrong_with_a_request_is_said_in_the_order_of_the_checks(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.PublishAsync("0.9.0");
        var other = await site.Site.RegisterAsync("checked-other");
        const string Invalid = "SVCSTG.CCE-ADDONMGR.4000003";
        const string Missing = "SVCSTG.CCE-ADDONMGR.4040204";
        var nowhere = Guid.NewGuid().ToString();
        (string Cluster, object Body, int Status, string Code)[] cases =
        [
            (cluster, new { kind = "Addon", spec = new { } }, 400, Invalid),
            (cluster, new { kind = "AddonCheck" }, 400, Invalid),
            (cluster, Body(other, Upgrade(id)), 400, Invalid),
            (cluster, Body(cluster), 400, Invalid),
            (cluster, Body(cluster, [.. Enumerable.Repeat(Upgrade(id), 51)]), 400, Invalid),
            (cluster, Body(cluster, new { addonTemplateName = "probe", addonInstanceID = id, type = "addonUpgrade" }), 400, Invalid),
            (cluster, Body(cluster, new { addonTemplateName = "probe", addonInstanceID = id, type = "addonOther" }), 400, Invalid),
            (cluster, Body(cluster, new { addonTemplateName = "probe", addonInstanceID = id, targetVersion = "1.0.0", type = "addonUpgrade", values = "x" }), 400, Invalid),
            (nowhere, Body(nowhere, Upgrade("none", "none")), 404, "CCE.03404001"),
            (cluster, Body(cluster, Upgrade("none")), 400, Missing),
            (other, Body(other, Upgrade(id)), 400, Missing),
            (cluster, Body(cluster, new { addonTemplateName = "other", addonInstanceID = id, type = "addonStatic" }), 400, Invalid),
            (cluster, Body(cluster, Upgrade(id, "9.9.9")), 400, Missing),
            (cluster, Body(cluster, Upgrade(id, "0.9.0")), 400, Invalid),
        ];
        foreach (var (where, body, status, code) in cases)
        {
            using var response = await site.Admin.PostAsJsonAsync(site.Path(where), body, Cancellation);
            Assert.Equal(code, (await AddonSite.ReadAsync(response, status)).GetProperty("error_code").GetString());
        }

        using var list = await site.Admin.GetAsync($"{site.Path(nowhere)}/tasks", Cancellation);
        await list.ShouldFailAsync(404, "CCE.03404001");
        using var type = await site.Admin.GetAsync($"{site.Path(cluster)}/tasks?type=other", Cancellation);
        await type.ShouldFailAsync(400, Invalid);
        using var most = await site.Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, [.. Enumerable.Repeat(Upgrade(id, "1.0.0"), 50)]), Cancellation);
        await AddonSite.ReadAsync(most);
        Assert.Single(await site.ListAsync(cluster));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_same_look_twice_at_once_is_one(string engine)
    {
        await using var server = await ApiServer.StartAsync();
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync(server);
        await site.PublishAsync("1.1.0");
        await site.PublishAsync("1.2.0");
        using var held = new HeldRequests(server);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => site.Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id, i < 3 ? "1.1.0" : "1.2.0")), Cancellation)));
        Assert.All(answers, static a => Assert.Equal(200, (int)a.StatusCode));
        answers.ToList().ForEach(static a => a.Dispose());
        Assert.Equal(2, (await site.ListAsync(cluster)).Count);

        held.Release();
        await Eventually.TrueAsync("both", TimeSpan.FromSeconds(60), async () => (await site.ListAsync(cluster)).All(static t => StatusOf(t) is "Success"));
        await site.CheckAsync(cluster, id);
        Assert.Equal(3, (await site.ListAsync(cluster)).Count);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_instance_that_goes_meanwhile_leaves_nothing_hanging(string engine)
    {
        await using var server = await ApiServer.StartAsync();
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync(server);
        var other = await site.Site.RegisterAsync("checked-files");
        await site.PublishAsync("1.1.0");
        using var held = new HeldRequests(server);
        foreach (var version in (string[])["1.0.0", "1.1.0"])
        {
            using var asked = await site.Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id, version)), Cancellation);
            await AddonSite.ReadAsync(asked);
        }

        await held.ReachedAsync();
        using var forgotten = await site.Admin.DeleteAsync($"{InstanceSite.Root}/{id}?preserve=true", Cancellation);
        await AddonSite.ReadAsync(forgotten);
        held.Release();
        await Eventually.TrueAsync("both", TimeSpan.FromSeconds(60), async () => (await site.ListAsync(cluster)).All(static t => StatusOf(t) is "Success" or "Failed"));
        using var gone = await site.Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id)), Cancellation);
        await gone.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4040204");

        // A cluster that goes takes what was found with it out of sight.
        using var left = await site.Admin.DeleteAsync($"{site.Site.Clusters}/{cluster}", Cancellation);
        await AddonSite.ReadAsync(left);
        using var list = await site.Admin.GetAsync($"{site.Path(cluster)}/tasks", Cancellation);
        await list.ShouldFailAsync(404, "CCE.03404001");
        Assert.Empty(await site.ListAsync(other));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_a_server_that_died_was_looking_at_another_one_looks_at(string engine)
    {
        await using var server = await ApiServer.StartAsync();
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync(server);
        await site.PublishAsync("1.1.0");
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = 0;
        server.Fault = async context =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                await held.Task.WaitAsync(context.RequestAborted);
            }

            return false;
        };
        using var response = await site.Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id)), Cancellation);
        await AddonSite.ReadAsync(response);
        await Eventually.TrueAsync("the look", TimeSpan.FromSeconds(30), async () => Volatile.Read(ref asked) > 0 && StatusOf((await site.ListAsync(cluster))[0]) is "Running");

        // As the job stands when whoever had it is gone, and its time is over.
        site.App.Sabotage("addons").Execute("UPDATE job SET owner = 'gone', epoch = epoch + 1, next_at = 0 WHERE kind = 'addons.precheck' AND finished_at IS NULL");
        var task = await site.WaitAsync(cluster);
        held.TrySetResult();

        Assert.Equal("Success", StatusOf(task));
        Assert.Single(await site.ListAsync(cluster));
    }

    [Fact]
    public async Task Two_replicas_do_each_look_once()
    {
        await using var site = await StartAsync("postgresql");
        await using var other = await StagedoorApp.JoinAsync(site.App, [.. site.Settings, ("Addons:GitOps:Roots:0", Path.Combine(site.App.DataDirectory, "gitops"))]);
        var (cluster, id) = await site.InstallAsync();
        foreach (var minor in Enumerable.Range(1, 6))
        {
            await site.PublishAsync($"1.{minor}.0");
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            (i % 2 == 0 ? site.App : other).Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id, $"1.{(i / 2) + 1}.0")), Cancellation)));

        Assert.All(answers, static a => Assert.Equal(200, (int)a.StatusCode));
        answers.ToList().ForEach(static a => a.Dispose());
        await Eventually.TrueAsync("all", TimeSpan.FromSeconds(60), async () => (await site.ListAsync(cluster)).All(static t => StatusOf(t) is "Success"));
        Assert.Equal(6, (await site.ListAsync(cluster)).DistinctBy(static t => t.GetProperty("spec").GetRawText(), StringComparer.Ordinal).Count());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_was_found_is_forgotten_after_a_day(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        await site.CheckAsync(cluster, new { addonTemplateName = "probe", addonInstanceID = id, type = "addonStatic" });

        site.App.Clock.Advance(TimeSpan.FromHours(23));
        Assert.Single(await site.ListAsync(cluster));
        site.App.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Empty(await site.ListAsync(cluster));

        await Eventually.TrueAsync("the row to go", site.App.Clock, TimeSpan.FromMinutes(10), () => Task.FromResult(site.App.Sabotage("addons").Count("addon_precheck") == 0));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task More_than_a_hundred_at_once_are_refused_for_a_while(string engine)
    {
        await using var site = await StartAsync(engine);
        var (cluster, id) = await site.InstallAsync();
        var sabotage = site.App.Sabotage("addons");
        foreach (var i in Enumerable.Range(0, 99))
        {
            sabotage.Execute(
                $"""
                INSERT INTO addon_precheck (id, domain_id, project_id, cluster_id, instance_id, template, type, target_version, values_json, body_sha256, status, message, risks, created_at, expires_at)
                VALUES ('{i}', '', '', '{cluster}', '{id}', 'probe', 'addonUpgrade', '', '', '{i}', 'Init', '', '[]', 0, 9999999999999)
                """);
        }

        using var last = await site.Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id, "1.0.0")), Cancellation);
        await AddonSite.ReadAsync(last);
        using var refused = await site.Admin.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id, "1.0.0", new { a = 1 }), Upgrade(id, "1.0.0", new { a = 2 })), Cancellation);

        await refused.ShouldFailAsync(429, "CCE.01429002");
        Assert.Equal("5", refused.Headers.GetValues("Retry-After").Single());
    }

    [Fact]
    public async Task Who_may_only_look_reads_what_was_found_and_asks_for_nothing()
    {
        await using var site = await StartAsync("sqlite");
        var (cluster, id) = await site.InstallAsync();
        using var reader = await site.Site.AddReaderAsync("precheck-reader");

        using var asked = await reader.PostAsJsonAsync(site.Path(cluster), Body(cluster, Upgrade(id, "1.0.0")), Cancellation);
        using var listed = await reader.GetAsync($"{site.Path(cluster)}/tasks", Cancellation);

        await asked.ShouldFailAsync(403, "CCE.03403001");
        await AddonSite.ReadAsync(listed);
    }

    private static string Defined(string versions) => Definition.Replace("VERSIONS", versions, StringComparison.Ordinal);
}
