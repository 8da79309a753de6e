using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Tests.Drivers;
using Stagedoor.Background.Jobs;
using Xunit;

namespace Stagedoor.Addons.Tests.Instances;

/// <summary>What is done to instances, two at once and cut off.</summary>
public sealed class OperationTests
{
    public static TheoryData<string> Engines { get; } = ["sqlite", "postgresql"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_instance_is_installed_upgraded_rolled_back_and_removed(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        await rig.WorkAsync();

        await rig.InstallAsync();
        await rig.WaitAsync(static i => i?.Status is InstanceStatus.Running, "the install");
        var installed = rig.Files.Text("00-configmap-kube-system-a.yaml");
        await rig.BeginAsync(InstanceOperation.Upgrade);
        var upgraded = await rig.WaitAsync(static i => i is { Status: InstanceStatus.Running, Version: "2.0.0" }, "the upgrade");
        Assert.Equal("1.0.0", upgraded?.PreviousVersion);
        Assert.Equal(["i1"], await rig.Store.FindRollbackableAsync(["i1"], Cancellation));

        await rig.BeginAsync(InstanceOperation.Rollback);
        var back = await rig.WaitAsync(static i => i is { Status: InstanceStatus.Running, Version: "1.0.0" }, "the rollback");
        Assert.Equal(("2.0.0", installed), (back?.PreviousVersion, rig.Files.Text("00-configmap-kube-system-a.yaml")));
        Assert.Empty(await rig.Store.FindRollbackableAsync(["i1"], Cancellation));
        Assert.Equal(["deployed", "superseded", "superseded"], (await rig.Store.ListRevisionsAsync("i1", Cancellation)).Select(static r => r.Status));

        await rig.BeginAsync(InstanceOperation.Delete);
        await rig.WaitAsync(static i => i is null, "the removal");
        Assert.False(Directory.Exists(rig.Files.Folder));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Of_two_installs_at_once_one_is_there_already(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);

        var begun = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => Task.Run(() => rig.InstallAsync(InstanceRig.New($"n{n}")), Cancellation)));

        Assert.Single(begun, static b => b.Outcome is BegunOutcome.Begun);
        Assert.Equal(5, begun.Count(static b => b.Outcome is BegunOutcome.Present));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_same_request_again_is_answered_with_what_it_made(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        var token = new ClientToken("t", "sha");

        var begun = await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(() => rig.InstallAsync(InstanceRig.New($"n{n}"), token), Cancellation)));

        var made = Assert.Single(begun, static b => b.Outcome is BegunOutcome.Begun).Instance!.Id;
        Assert.All(begun.Where(static b => b.Outcome is not BegunOutcome.Begun), b => Assert.Equal((BegunOutcome.Answered, made), (b.Outcome, b.AnsweredId)));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_version_that_is_being_deleted_is_not_installed(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var deleting = rig.DeleteVersionAsync("1.0.0", () =>
        {
            held.SetResult();
            return gate.Task;
        });
        await held.Task.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        var installing = rig.InstallAsync();
        var first = await Task.WhenAny(installing, Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System, Cancellation));
        gate.SetResult();

        Assert.NotSame(installing, first);
        Assert.True(await deleting);
        Assert.Equal(BegunOutcome.VersionGone, (await installing).Outcome);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_version_that_is_installed_is_not_deleted(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        await rig.InstallAsync();

        Assert.False(await rig.DeleteVersionAsync("1.0.0"));
        Assert.True(await rig.DeleteVersionAsync("2.0.0"));
        Assert.Equal(BegunOutcome.VersionGone, (await rig.BeginAsync(InstanceOperation.Upgrade)).Outcome);
        Assert.Equal(InstanceStatus.Installing, (await rig.FindAsync())?.Status);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Of_an_upgrade_and_a_rollback_at_once_one_begins(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        await rig.InstallAsync();
        var seen = (await rig.FindAsync())!;
        await rig.Store.SucceedAsync(seen with { PreviousVersion = "1.0.0" }, InstanceStatus.Running, "", Cancellation);
        seen = (await rig.FindAsync())!;

        var begun = await Task.WhenAll(((string[])[InstanceOperation.Upgrade, InstanceOperation.Rollback]).Select(
            o => Task.Run(() => rig.Store.BeginAsync(seen, InstanceRig.Next(seen, o), static (_, _) => null, Cancellation), Cancellation)));

        Assert.Equal([BegunOutcome.Begun, BegunOutcome.Changed], begun.Select(static b => b.Outcome).Order());
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_removal_ends_the_install_that_is_under_way(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        await rig.InstallAsync();

        // A replica that has begun it and does not go on.
        var claimed = Assert.Single(await rig.Jobs.Store.ClaimAsync(OperationJob.Name, "dead", 1, TimeSpan.FromSeconds(1), Cancellation));
        await rig.BeginAsync(InstanceOperation.Delete);
        await rig.WorkAsync();

        await rig.WaitAsync(static i => i is null, "the removal");
        Assert.Equal(JobState.Cancelled, (await rig.Jobs.Store.FindAsync(claimed.Id, Cancellation))?.State);
        Assert.Equal(BegunOutcome.Begun, (await rig.InstallAsync()).Outcome);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Whoever_has_lost_the_work_changes_nothing_any_more(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        await rig.InstallAsync();
        var frozen = Assert.Single(await rig.Jobs.Store.ClaimAsync(OperationJob.Name, "frozen", 1, TimeSpan.Zero, Cancellation));
        var other = Assert.Single(await rig.Jobs.Store.ClaimAsync(OperationJob.Name, "other", 1, TimeSpan.FromMinutes(1), Cancellation));
        var instance = (await rig.FindAsync())!;
        var stale = instance with { Job = frozen };

        Assert.False(await rig.Store.IsUnderWayAsync(stale, Cancellation));
        Assert.Null(await rig.Store.PlanAsync(stale, Stagedoor.Addons.Releases.ReleaseCodec.Encode((await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"))).Record), "pending-install", Cancellation));
        Assert.False(await rig.Store.ReportAsync(stale, "half of it", Cancellation));
        Assert.False(await rig.Store.FailAsync(stale, Reasons.Timeout, "too late", Cancellation));
        Assert.False(await rig.Store.SucceedAsync(stale, InstanceStatus.Running, "", Cancellation));
        Assert.False(await rig.Store.EndAsync(stale, Cancellation));
        Assert.Equal((InstanceStatus.Installing, ""), await rig.FindAsync() is { } now ? (now.Status, now.Message) : default);

        Assert.True(await rig.Store.SucceedAsync(instance with { Job = other }, InstanceStatus.Running, "", Cancellation));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Two_replicas_do_an_operation_once(string engine)
    {
        await using var rig = await InstanceRig.StartAsync(engine);
        await rig.WorkAsync();
        await rig.WorkAsync();

        await rig.InstallAsync();
        await rig.WaitAsync(static i => i?.Status is InstanceStatus.Running, "the install");

        Assert.Single(await rig.Store.ListRevisionsAsync("i1", Cancellation));
        Assert.Equal(2, (await rig.Store.ListEventsAsync("i1", Cancellation)).Count);
    }

    [Fact]
    public async Task An_operation_whose_replica_died_goes_on_with_what_it_had_planned()
    {
        await using var rig = await InstanceRig.StartAsync("sqlite");
        rig.Charts["1.0.0"] = new Charts.ChartBuilder("probe").Add("templates/all.yaml", GitOpsRig.ConfigMap("a", "{{ randAlphaNum 20 }}")).Load();
        await rig.InstallAsync();
        var cut = new CutFiles(4);
        rig.Driver = rig.Files.Driver(cut);
        await rig.Jobs.Store.ClaimAsync(OperationJob.Name, "dead", 1, TimeSpan.FromSeconds(1), Cancellation);
        var instance = (await rig.FindAsync())!;
        await Assert.ThrowsAsync<DriverUnavailableException>(async () => await ApplyOnceAsync(rig, instance));
        var planned = (await rig.Store.FindRevisionAsync("i1", 1, Cancellation))!.Manifest;

        rig.Driver = rig.Files.Driver();
        await rig.WorkAsync();
        await rig.WaitAsync(static i => i?.Status is InstanceStatus.Running, "the install");

        Assert.Equal(planned, (await rig.Store.FindRevisionAsync("i1", 1, Cancellation))!.Manifest);
    }

    [Fact]
    public async Task What_fails_says_why_and_can_be_removed()
    {
        await using var rig = await InstanceRig.StartAsync("sqlite");
        rig.Charts["1.0.0"] = new Charts.ChartBuilder("probe").Add("templates/all.yaml", "{{ fail \"no such luck\" }}").Load();
        await rig.WorkAsync();
        await rig.InstallAsync();

        var failed = await rig.WaitAsync(static i => i?.Status is InstanceStatus.InstallFailed, "the failure");
        Assert.Equal((Reasons.RenderFailed, true), (failed?.Reason, failed?.Message.Contains("no such luck", StringComparison.Ordinal)));

        await rig.BeginAsync(InstanceOperation.Delete);
        await rig.WaitAsync(static i => i is null, "the removal");
    }

    [Fact]
    public async Task A_package_that_is_gone_and_a_folder_that_cannot_be_read_are_told_apart()
    {
        await using var rig = await InstanceRig.StartAsync("sqlite");
        await rig.WorkAsync();
        await rig.InstallAsync();
        await rig.WaitAsync(static i => i?.Status is InstanceStatus.Running, "the install");
        var chart = rig.Charts["2.0.0"];
        rig.Charts.Remove("2.0.0");

        await rig.BeginAsync(InstanceOperation.Upgrade);
        Assert.Equal(Reasons.PackageMissing, (await rig.WaitAsync(static i => i?.Status is InstanceStatus.UpgradeFailed, "the failure"))?.Reason);

        rig.Charts["2.0.0"] = chart;
        Directory.Delete(rig.Files.Folder, recursive: true);
        await File.WriteAllTextAsync(rig.Files.Folder, "x", Cancellation);
        await rig.BeginAsync(InstanceOperation.Upgrade);
        Assert.Equal(Reasons.ClusterUnreachable, (await rig.WaitAsync(static i => i?.Reason is Reasons.ClusterUnreachable, "the failure"))?.Reason);
    }

    [Fact]
    public async Task An_operation_that_takes_too_long_has_failed()
    {
        await using var rig = await InstanceRig.StartAsync("sqlite");
        rig.Settings.TimeoutSeconds = 1;
        rig.Settings.UnreachableSeconds = 60;
        Directory.CreateDirectory(Path.GetDirectoryName(rig.Files.Folder)!);
        await File.WriteAllTextAsync(rig.Files.Folder, "x", Cancellation);
        await rig.WorkAsync();

        await rig.InstallAsync();

        Assert.Equal(Reasons.Timeout, (await rig.WaitAsync(static i => i?.Status is InstanceStatus.InstallFailed, "the failure"))?.Reason);
    }

    // The first half of an attempt: planned, and cut off while it is written.
    private static async Task ApplyOnceAsync(InstanceRig rig, Instance instance)
    {
        var rendered = await new Charts.ChartBuilder("probe").Add("templates/all.yaml", GitOpsRig.ConfigMap("a", "planned")).RenderAsync(cancellationToken: Cancellation);
        var plan = Stagedoor.Addons.Releases.ReleasePlan.Of(rendered, new()
        {
            Key = GitOpsRig.Key,
            Revision = 1,
            Chart = rig.Charts["1.0.0"],
            Config = [],
            Now = TimeProvider.System.GetUtcNow(),
            OwnerId = instance.Id,
        });
        await rig.Store.PlanAsync(instance, Stagedoor.Addons.Releases.ReleaseCodec.Encode(plan.Record), "pending-install", Cancellation);
        await foreach (var _ in rig.Driver.ApplyAsync(rig.Files.Cluster, plan, Cancellation))
        {
            // Until it is cut off.
        }
    }
}
