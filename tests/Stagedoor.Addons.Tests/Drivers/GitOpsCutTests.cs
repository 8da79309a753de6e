using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers;

/// <summary>The process dies at any step of a change: what is there is the old revision or the new one, whole, and doing it again ends well.</summary>
public sealed class GitOpsCutTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upgrade_that_is_cut_off_leaves_the_old_or_the_new_whole(bool canExchange)
    {
        var first = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("b", "1"));
        var second = await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("a", "2") + GitOpsRig.ConfigMap("c", "2"));
        var seen = new List<int>();
        for (var step = 0; ; step++)
        {
            using var rig = new GitOpsRig();
            await rig.ApplyAsync(first);
            var files = new CutFiles(step) { CanExchange = canExchange };
            try
            {
                await rig.ApplyAsync(second, files);
            }
            catch (DriverUnavailableException) when (files.IsDead)
            {
                // The cut.
            }

            var read = await rig.ReadAsync();
            Assert.True(read is { Revision: 1 or 2 }, $"After a cut at step {step} there is no release.");
            Assert.Equal((step, HealthReport.Running, ""), await rig.HealthAsync() is var health ? (step, health.State, health.Message) : default);
            seen.Add(read.Revision);
            await rig.ApplyAsync(second);
            Assert.Equal((2, HealthReport.Running), ((await rig.ReadAsync())?.Revision, (await rig.HealthAsync()).State));
            Assert.Equal(["00-configmap-kube-system-a.yaml", "01-configmap-kube-system-c.yaml", "inventory.json", "kustomization.yaml"], rig.Files());
            if (!files.IsDead)
            {
                break;
            }
        }

        // Both have to have been met, or nothing was tried.
        Assert.Contains(1, seen);
        Assert.Contains(2, seen.SkipLast(1));
        Assert.True(seen.Count > 8);
    }

    [Fact]
    public async Task An_install_that_is_cut_off_is_not_there_or_whole()
    {
        var plan = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"));
        for (var step = 0; ; step++)
        {
            using var rig = new GitOpsRig();
            var files = new CutFiles(step);
            try
            {
                await rig.ApplyAsync(plan, files);
            }
            catch (DriverUnavailableException) when (files.IsDead)
            {
                // The cut.
            }

            if (await rig.ReadAsync() is not null)
            {
                Assert.Equal(HealthReport.Running, (await rig.HealthAsync()).State);
            }

            await rig.ApplyAsync(plan);
            Assert.Equal(HealthReport.Running, (await rig.HealthAsync()).State);
            if (!files.IsDead)
            {
                Assert.True(step > 5);
                return;
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_that_is_being_set_is_the_old_or_the_new_one_in_a_release_that_is_whole(bool canExchange)
    {
        var plan = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + KubernetesRig.Deployment(1, "shop:1"));
        var seen = new List<bool>();
        for (var step = 0; ; step++)
        {
            using var rig = new GitOpsRig();
            await rig.ApplyAsync(plan);
            var files = new CutFiles(step) { CanExchange = canExchange };
            try
            {
                await rig.Driver(files).SetImageAsync(rig.Cluster, GitOpsRig.Workload, "shop:2", TestContext.Current.CancellationToken);
            }
            catch (DriverUnavailableException) when (files.IsDead)
            {
                // The cut.
            }

            Assert.Equal((step, HealthReport.Running, ""), await rig.HealthAsync() is var health ? (step, health.State, health.Message) : default);
            seen.Add(rig.Text("01-deployment-kube-system-app.yaml").Contains("image: shop:2", StringComparison.Ordinal));
            Assert.True((await rig.Driver().SetImageAsync(rig.Cluster, GitOpsRig.Workload, "shop:2", TestContext.Current.CancellationToken)).IsSet);
            Assert.Contains("image: shop:2", rig.Text("01-deployment-kube-system-app.yaml"), StringComparison.Ordinal);
            Assert.Equal(HealthReport.Running, (await rig.HealthAsync()).State);
            if (!files.IsDead)
            {
                break;
            }
        }

        Assert.Contains(false, seen);
        Assert.Contains(true, seen.SkipLast(1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_uninstall_that_is_cut_off_ends_when_it_is_done_again(bool leavesSome)
    {
        var plan = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + GitOpsRig.ConfigMap("k", "1", leavesSome ? ", annotations: {helm.sh/resource-policy: keep}" : ""));
        for (var step = 0; ; step++)
        {
            using var rig = new GitOpsRig();
            await rig.ApplyAsync(plan);
            var files = new CutFiles(step);
            try
            {
                await rig.UninstallAsync(files: files);
            }
            catch (DriverUnavailableException) when (files.IsDead)
            {
                // The cut.
            }

            if (await rig.ReadAsync() is { Status: ReleaseStatus.Deployed })
            {
                Assert.Equal(HealthReport.Running, (await rig.HealthAsync()).State);
            }

            await rig.UninstallAsync();
            Assert.Equal(leavesSome ? ReleaseStatus.Uninstalled : null, (await rig.ReadAsync())?.Status);
            await rig.ApplyAsync(plan);
            Assert.Equal(HealthReport.Running, (await rig.HealthAsync()).State);
            if (!files.IsDead)
            {
                Assert.True(step > 3);
                return;
            }
        }
    }
}
