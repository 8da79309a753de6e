using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

public sealed class PodmanTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task An_imported_image_is_pushed_and_pulled_again()
    {
        await RequireAsync();
        var archive = Path.Combine(_folder.Path, "root.tar");
        await File.WriteAllBytesAsync(archive, TestImage.Tar(200_000), TestContext.Current.CancellationToken);
        var remote = $"{stagedoor.Host}/podman/imported:1";
        await RunAsync("login", "--tls-verify=false", "-u", stagedoor.FirstRun.RegistryUser, "-p", stagedoor.FirstRun.RegistryKey, stagedoor.Host);

        var imported = (await RunAsync("import", "--quiet", archive, remote)).Output.Trim();
        await RunAsync("push", "--tls-verify=false", remote);
        await RunAsync("rmi", remote);
        var pulled = (await RunAsync("pull", "--quiet", "--tls-verify=false", remote)).Output.Trim();

        Assert.EndsWith(pulled, imported, StringComparison.Ordinal);
        using var registry = stagedoor.NewRegistryClient();
        await registry.VerifyAsync("podman/imported", "1");
    }

    [Fact]
    public async Task Nothing_is_pulled_after_logging_out()
    {
        await RequireAsync();
        await RunAsync("login", "--tls-verify=false", "-u", stagedoor.FirstRun.RegistryUser, "-p", stagedoor.FirstRun.RegistryKey, stagedoor.Host);
        await RunAsync("logout", stagedoor.Host);

        var pulled = await PodmanAsync("pull", "--tls-verify=false", $"{stagedoor.Host}/podman/imported:1");

        pulled.ShouldFail("authentication required");
    }

    public void Dispose() => _folder.Dispose();

    // Without cgroups or overlay mounts, so that it works inside a container too.
    private Task<ToolResult> PodmanAsync(params IReadOnlyList<string> arguments) => Tool.RunAsync(new ToolCall(
        "podman",
        [
            "--root", Path.Combine(_folder.Path, "root"), "--runroot", Path.Combine(_folder.Path, "run"), "--storage-driver", "vfs",
            "--cgroup-manager", "cgroupfs", "--events-backend", "none", .. arguments,
        ])
    {
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["REGISTRY_AUTH_FILE"] = Path.Combine(_folder.Path, "auth.json") },
    });

    private async Task<ToolResult> RunAsync(params string[] arguments) => (await PodmanAsync(arguments)).ShouldSucceed();

    private async Task RequireAsync()
    {
        Tool.Require("podman");
        var works = await PodmanAsync("images");
        Assert.SkipUnless(works.ExitCode == 0, $"podman does not work for this user: {works.Error.Trim()}");
    }
}
