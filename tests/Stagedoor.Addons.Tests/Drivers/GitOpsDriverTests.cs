using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Releases;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers;

/// <summary>Releases as files.</summary>
public sealed class GitOpsDriverTests : IDisposable
{
    private const string Crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: zebras.demo.io}\nspec: {group: demo.io, scope: Cluster, names: {kind: Zebra}}\n";

    private readonly GitOpsRig _rig = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task An_install_writes_a_file_for_each_object_and_says_whose_it_is()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + "apiVersion: demo.io/v1\nkind: Zebra\nmetadata: {name: z, namespace: lost}\n", Crd));

        Assert.Equal(
            ["00-customresourcedefinition--zebras.demo.io.yaml", "01-configmap-kube-system-a.yaml", "02-zebra--z.yaml", "inventory.json", "kustomization.yaml"], _rig.Files());
        Assert.Equal(
            """
            apiVersion: v1
            data:
              v: "1"
            kind: ConfigMap
            metadata:
              annotations:
                meta.helm.sh/release-name: cceaddon-probe
                meta.helm.sh/release-namespace: kube-system
                stagedoor.io/addon-id: i1
              labels:
                app.kubernetes.io/managed-by: Helm
              name: a
              namespace: kube-system

            """,
            _rig.Text("01-configmap-kube-system-a.yaml"));
        Assert.Contains("- 00-customresourcedefinition--zebras.demo.io.yaml\n- 01-configmap", _rig.Text("kustomization.yaml"), StringComparison.Ordinal);
        Assert.Equal((1, ReleaseStatus.Deployed, "i1"), await _rig.ReadAsync() is { } record ? (record.Revision, record.Status, record.OwnerId) : default);
        Assert.Equal(HealthReport.Running, (await _rig.HealthAsync()).State);
    }

    [Fact]
    public async Task An_upgrade_takes_away_what_is_not_wanted_any_more_and_leaves_what_stays()
    {
        const string Keep = ", annotations: {helm.sh/resource-policy: keep}";
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1") + GitOpsRig.ConfigMap("k", "1", Keep)
            + "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}\n", Crd));

        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2")));
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(3, GitOpsRig.ConfigMap("a", "3")));

        Assert.Equal(
            ["00-configmap-kube-system-a.yaml", "01-customresourcedefinition--zebras.demo.io.yaml", "02-configmap-kube-system-k.yaml", "03-persistentvolumeclaim-kube-system-data.yaml"],
            _rig.Files().Where(static f => f.EndsWith(".yaml", StringComparison.Ordinal) && f[0] == '0'));
        Assert.Equal(3, (await _rig.ReadAsync())?.Revision);
    }

    [Fact]
    public async Task A_rollback_from_the_record_brings_the_same_bytes_back()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1")));
        var (before, record) = (_rig.Text("00-configmap-kube-system-a.yaml"), ReleaseCodec.Encode((await _rig.ReadAsync())!));
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2")));

        await _rig.ApplyAsync(ReleasePlan.Of(ReleaseCodec.Decode(record) with { Revision = 3 }));

        Assert.Equal(before, _rig.Text("00-configmap-kube-system-a.yaml"));
        Assert.Contains("01-configmap-kube-system-b.yaml", _rig.Files());
    }

    [Fact]
    public async Task Processes_are_refused_before_anything_is_written()
    {
        var plan = await GitOpsRig.PlanAsync(1, "apiVersion: stagedoor.io/v1\nkind: ProcessSet\nmetadata: {name: p}\nspec: {services: [{name: a, command: [/bin/true]}]}\n");

        var fault = await Assert.ThrowsAsync<DriverRejectedException>(() => _rig.ApplyAsync(plan));

        Assert.Equal(
            (Reasons.ApplyRejected, "ProcessSet.stagedoor.io kube-system/p is for clusters with the driver process, and this one has the driver gitops."), (fault.Reason, fault.Message));
        Assert.False(Directory.Exists(_rig.Folder));
    }

    [Fact]
    public async Task A_changed_or_missing_file_is_told_by_its_name()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1")));
        File.AppendAllText(Path.Combine(_rig.Folder, "00-configmap-kube-system-a.yaml"), "# mine\n");
        File.Delete(Path.Combine(_rig.Folder, "01-configmap-kube-system-b.yaml"));

        var health = await _rig.HealthAsync();

        Assert.Equal((HealthReport.Abnormal, "00-configmap-kube-system-a.yaml was changed; 01-configmap-kube-system-b.yaml is missing"), (health.State, health.Message));
    }

    [Fact]
    public async Task Applying_again_mends_what_was_changed()
    {
        var plan = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"));
        await _rig.ApplyAsync(plan);
        File.WriteAllText(Path.Combine(_rig.Folder, "00-configmap-kube-system-a.yaml"), "x");

        await _rig.ApplyAsync(plan);

        Assert.Equal(HealthReport.Running, (await _rig.HealthAsync()).State);
    }

    [Fact]
    public async Task A_difference_is_shown_line_by_line_and_secrets_are_not()
    {
        static string Secret(string value) => $"apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{p: {value}}}\n---\n";
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1") + Secret("hush1")));
        var plan = await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2") + GitOpsRig.ConfigMap("c", "1") + Secret("hush2"));

        var diff = await _rig.Driver().DiffAsync(_rig.Cluster, plan, Cancellation);

        Assert.Equal(["changed s", "changed a", "added c", "removed b"], diff.Objects.Select(static d => $"{d.Change} {d.Id.Name}"));
        Assert.Contains("-  v: \"1\"\n+  v: \"2\"\n", diff.Objects[1].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", diff.Objects[0].Text, StringComparison.Ordinal);
        Assert.Contains("+  p: sha256:", diff.Objects[0].Text, StringComparison.Ordinal);
        Assert.True((await _rig.Driver().DiffAsync(_rig.Cluster, ReleasePlan.Of((await _rig.ReadAsync())!), Cancellation)).IsEmpty);
    }

    [Fact]
    public async Task An_uninstall_takes_all_away_but_definitions_and_what_says_so()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"), Crd));

        await _rig.UninstallAsync();

        Assert.Equal(["00-customresourcedefinition--zebras.demo.io.yaml", "inventory.json", "kustomization.yaml"], _rig.Files());
        Assert.Equal(ReleaseStatus.Uninstalled, (await _rig.ReadAsync())?.Status);
        Assert.Empty(await _rig.Driver().ListReleasesAsync(_rig.Cluster, null, Cancellation));

        await _rig.UninstallAsync(new() { DeletesCustomResources = true });

        Assert.False(Directory.Exists(_rig.Folder));
        await _rig.UninstallAsync();
        Assert.Null(await _rig.ReadAsync());
    }

    [Fact]
    public async Task An_object_of_another_release_is_a_conflict()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n"));

        var error = await Assert.ThrowsAsync<DriverRejectedException>(async () =>
            await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: x}\n", key: new("other", "rel"))));

        Assert.Equal((Reasons.ApplyConflict, "ConfigMap x/a belongs to the release kube-system/cceaddon-probe."), (error.Reason, error.Message));
    }

    [Fact]
    public async Task A_late_writer_of_an_older_revision_changes_nothing()
    {
        var late = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"));
        await _rig.ApplyAsync(late);
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2")));

        await Assert.ThrowsAsync<DriverRejectedException>(() => _rig.ApplyAsync(late));

        Assert.Equal(2, (await _rig.ReadAsync())?.Revision);
    }

    [Fact]
    public async Task What_is_refused_right_before_the_change_is_not_changed()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));
        var plan = await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => _rig.ApplyAsync(plan with { Confirm = static _ => throw new InvalidOperationException() }));
        await Assert.ThrowsAsync<InvalidOperationException>(() => _rig.UninstallAsync(new() { Confirm = static _ => throw new InvalidOperationException() }));

        Assert.Equal((1, HealthReport.Running), ((await _rig.ReadAsync())?.Revision, (await _rig.HealthAsync()).State));
    }

    [Fact]
    public async Task A_file_in_the_place_of_the_folder_cannot_be_read()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));
        Directory.Delete(_rig.Folder, recursive: true);
        File.WriteAllText(_rig.Folder, "x");

        await Assert.ThrowsAsync<DriverUnavailableException>(_rig.ReadAsync);
        await Assert.ThrowsAsync<DriverUnavailableException>(_rig.HealthAsync);
        Assert.Empty(await _rig.Driver().ListReleasesAsync(_rig.Cluster, null, Cancellation));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"schemaVersion\":2}")]
    [InlineData("{\"schemaVersion\":1,\"revision\":1,\"objects\":[{\"file\":\"../../../secret.yaml\"}]}")]
    [InlineData("{\"schemaVersion\":1,\"revision\":1,\"release\":\"AAAA\",\"objects\":[]}")]
    public async Task An_inventory_that_is_none_is_told_apart_from_one_that_is_not_there(string text)
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));
        File.WriteAllText(Path.Combine(_rig.Folder, "inventory.json"), text);

        await Assert.ThrowsAsync<DriverDataException>(_rig.ReadAsync);
        Assert.Equal(ReleaseStatus.Unknown, Assert.Single(await _rig.Driver().ListReleasesAsync(_rig.Cluster, null, Cancellation)).Status);

        File.Delete(Path.Combine(_rig.Folder, "inventory.json"));
        await Assert.ThrowsAsync<DriverUnavailableException>(_rig.ReadAsync);
    }

    [Fact]
    public async Task Of_what_an_inventory_does_not_name_nothing_is_taken_away()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));
        File.WriteAllText(Path.Combine(_rig.Folder, "inventory.json"), "{");

        await Assert.ThrowsAsync<DriverDataException>(() => _rig.UninstallAsync());

        Assert.Contains("00-configmap-kube-system-a.yaml", _rig.Files());
    }

    [Fact]
    public async Task Names_cannot_lead_out_of_the_folder()
    {
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1,
            "apiVersion: v1\nkind: ../../Pod\nmetadata: {name: ../../../../etc/passwd, namespace: \"..\"}\n---\napiVersion: v1\nkind: .git/hooks\nmetadata: {name: " + new string('x', 250) + "}\n"));

        Assert.Equal(
            ["00-.._.._pod-..-.._.._.._.._etc_passwd.yaml", $"01-.git_hooks-kube-system-{new string('x', 200 - "01-.git_hooks-kube-system-".Length)}.yaml", "inventory.json", "kustomization.yaml"],
            _rig.Files().OrderBy(static f => f, StringComparer.Ordinal));
        Assert.Equal(HealthReport.Running, (await _rig.HealthAsync()).State);
    }

    [Theory]
    [InlineData("..", "a")]
    [InlineData("a", "..")]
    [InlineData("a/b", "a")]
    [InlineData("", "a")]
    [InlineData("a", ".git")]
    [InlineData("a", "A")]
    public async Task A_release_whose_name_is_none_of_a_folder_is_refused(string @namespace, string name) => await Assert.ThrowsAsync<DriverRejectedException>(
        async () => await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"), key: new(@namespace, name))));

    [Fact]
    public async Task A_link_in_the_way_is_not_followed()
    {
        var outside = Directory.CreateTempSubdirectory("outside").FullName;
        Directory.CreateDirectory(Path.Combine(_rig.Root, "clusters"));
        Directory.CreateSymbolicLink(Path.Combine(_rig.Root, "clusters/c9"), outside);

        await Assert.ThrowsAsync<DriverUnavailableException>(async () => await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"))));

        Assert.Empty(Directory.GetFileSystemEntries(outside));
        Directory.Delete(outside);
    }

    [Fact]
    public async Task Two_at_once_come_one_after_the_other()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")) with
        {
            Confirm = async _ =>
            {
                reached.SetResult();
                await gate.Task;
            },
        });
        await reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        var second = _rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2")) with { Confirm = _ => gate.Task });
        gate.SetResult();
        await Task.WhenAll(first, second).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal(2, (await _rig.ReadAsync())?.Revision);
        Assert.Equal(HealthReport.Running, (await _rig.HealthAsync()).State);
    }
}
