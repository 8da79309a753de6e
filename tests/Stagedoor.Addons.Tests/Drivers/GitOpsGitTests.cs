using System.Diagnostics;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.GitOps;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers;

/// <summary>Releases are committed with the real git.</summary>
public sealed class GitOpsGitTests : IDisposable
{
    private readonly GitOpsRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task Each_change_is_one_commit_and_the_same_again_is_none()
    {
        Configure("{git: {branch: live, author: 'Ann <ann@example.org>'}}");
        var plan = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"));

        await _rig.ApplyAsync(plan);
        await _rig.ApplyAsync(plan);
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(2, GitOpsRig.ConfigMap("b", "1")));

        Assert.Equal(
            "Release kube-system/cceaddon-probe revision 2|Ann|ann@example.org\nRelease kube-system/cceaddon-probe revision 1|Ann|ann@example.org",
            Git("log", "--format=%s|%an|%ae", "live"));
        Assert.Equal(
            "clusters/c9/kube-system/cceaddon-probe/00-configmap-kube-system-b.yaml\nclusters/c9/kube-system/cceaddon-probe/inventory.json\nclusters/c9/kube-system/cceaddon-probe/kustomization.yaml",
            Git("ls-tree", "-r", "--name-only", "live"));
        Assert.Equal("", Git("status", "--porcelain"));

        await _rig.UninstallAsync();

        Assert.Equal("", Git("ls-tree", "-r", "--name-only", "live"));
        Assert.Equal("Uninstall kube-system/cceaddon-probe", Git("log", "-1", "--format=%s", "live"));
    }

    [Fact]
    public async Task An_image_that_is_set_is_one_commit_and_what_people_have_changed_is_seen_as_before()
    {
        Configure("{git: {branch: live}}");
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1") + KubernetesRig.Deployment(1, "shop:1")));
        File.AppendAllText(Path.Combine(_rig.Folder, "00-configmap-kube-system-a.yaml"), "# by hand\n");

        foreach (var _ in Enumerable.Range(0, 2))
        {
            Assert.True((await _rig.Driver().SetImageAsync(_rig.Cluster, GitOpsRig.Workload, "shop:2", TestContext.Current.CancellationToken)).IsSet);
        }

        Assert.Equal("Deployment kube-system/app runs shop:2\nRelease kube-system/cceaddon-probe revision 1", Git("log", "--format=%s", "live"));
        Assert.Contains("image: shop:2", Git("show", "live:clusters/c9/kube-system/cceaddon-probe/01-deployment-kube-system-app.yaml"), StringComparison.Ordinal);
        Assert.Equal("00-configmap-kube-system-a.yaml was changed", (await _rig.HealthAsync()).Message);
    }

    [Fact]
    public async Task What_others_have_staged_and_hooks_of_the_repository_are_left_alone()
    {
        Git("init", "--quiet", "--initial-branch=main");
        File.WriteAllText(Path.Combine(_rig.Root, "mine.txt"), "mine");
        Git("add", "mine.txt");
        foreach (var hook in (string[])["pre-commit", "post-commit", "reference-transaction", "pre-push"])
        {
            var path = Path.Combine(_rig.Root, ".git/hooks", hook);
            File.WriteAllText(path, $"#!/bin/sh\ntouch '{_rig.Root}/hooked'\n");
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Configure("{git: {branch: main}}");
        await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1")));

        Assert.Equal("A  mine.txt", Git("status", "--porcelain"));
        Assert.False(File.Exists(Path.Combine(_rig.Root, "hooked")));
        Assert.DoesNotContain("mine.txt", Git("ls-tree", "-r", "--name-only", "main"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_commit_is_pushed_to_a_remote_of_the_repository_also_when_it_could_not_be_before()
    {
        Git("init", "--quiet", "--initial-branch=main");
        var remote = Path.Combine(_rig.Root, "..", Path.GetFileName(_rig.Root) + "-remote.git");
        Git("remote", "add", "origin", remote);
        Configure("{git: {branch: main, remote: origin}}");
        var plan = await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"));

        var error = await Assert.ThrowsAsync<DriverUnavailableException>(() => _rig.ApplyAsync(plan));
        Assert.StartsWith("git push failed:", error.Message, StringComparison.Ordinal);

        Git("init", "--quiet", "--bare", remote);
        await _rig.ApplyAsync(plan);

        Assert.Equal("Release kube-system/cceaddon-probe revision 1", Git($"--git-dir={remote}", "log", "--format=%s", "main"));
        Directory.Delete(remote, recursive: true);
    }

    [Theory]
    [InlineData("{path: /etc}", "under none of the folders")]
    [InlineData("{path: ../x}", "under none of the folders")]
    [InlineData("{path: a/.git}", "begins with a dot")]
    [InlineData("{path: 1}", "path is no text")]
    [InlineData("{layout: tree}", "one of flat, flux and argo")]
    [InlineData("{other: 1}", "no member \"other\"")]
    [InlineData("{git: {branch: --force}}", "no name of a branch")]
    [InlineData("{git: {branch: a..b}}", "no name of a branch")]
    [InlineData("{git: {branch: a.lock}}", "no name of a branch")]
    [InlineData("{git: {remote: 'ext::sh -c id'}}", "the name of a remote")]
    [InlineData("{git: {remote: 'https://example.org/x.git'}}", "the name of a remote")]
    [InlineData("{git: {remote: --upload-pack=x}}", "the name of a remote")]
    [InlineData("{git: {author: me}}", "NAME <ADDRESS>")]
    [InlineData("{git: x}", "git is no object")]
    public void What_a_registration_must_not_say_is_refused(string config, string message)
    {
        var error = Assert.Throws<FormatException>(() => GitOpsSettings.Read(GitOpsRig.Config(config), [_rig.Root]));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_path_under_any_of_the_roots_is_taken()
    {
        Assert.Equal("/srv/two/x/y", GitOpsSettings.Read(GitOpsRig.Config("{path: /srv/two/x/../x/y}"), ["/srv/one", "/srv/two"]).Folder);
        Assert.Equal("/srv/one/z", GitOpsSettings.Read(GitOpsRig.Config("{path: z, layout: flux}"), ["/srv/one", "/srv/two"]).Folder);
        Assert.Equal("/srv/one", GitOpsSettings.Read([], ["/srv/one/", "/srv/two"]).Folder);
    }

    private void Configure(string config) => _rig.Cluster = _rig.Cluster with { Config = GitOpsRig.Config(config) };

    private string Git(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("git", ["-C", _rig.Root, .. arguments]) { UseShellExecute = false, RedirectStandardOutput = true })!;
        var said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return said.TrimEnd();
    }
}
