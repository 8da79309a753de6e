using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

public sealed class BuildahTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string AuthFile => Path.Combine(_folder.Path, "auth.json");

    [Fact]
    public async Task An_image_made_from_scratch_is_pushed_and_built_upon()
    {
        await RequireAsync();
        await LogInAsync();
        var digestFile = Path.Combine(_folder.Path, "digest");
        await MakeAsync("made:1", 100_000);

        await RunAsync("push", "--tls-verify=false", "--digestfile", digestFile, "made:1", $"docker://{stagedoor.Host}/buildah/base:1");
        await RunAsync("rmi", "made:1");
        var recipe = Path.Combine(_folder.Path, "Containerfile");
        await File.WriteAllTextAsync(
            recipe, $"FROM {stagedoor.Host}/buildah/base:1\nCOPY random.bin /again.bin\n", TestContext.Current.CancellationToken);
        await RunAsync("build", "--tls-verify=false", "-f", recipe, "-t", "built:1", _folder.Path);
        await RunAsync("push", "--tls-verify=false", "built:1", $"docker://{stagedoor.Host}/buildah/built:1");

        using var registry = stagedoor.NewRegistryClient();
        Assert.Equal(await File.ReadAllTextAsync(digestFile, TestContext.Current.CancellationToken), await registry.VerifyAsync("buildah/base", "1"));
        await registry.VerifyAsync("buildah/built", "1");
        using var built = JsonDocument.Parse(await registry.PullManifestAsync("buildah/built", "1"));
        Assert.Equal(2, built.RootElement.GetProperty("layers").GetArrayLength());
    }

    [Fact]
    public async Task A_manifest_list_is_pushed_with_its_images()
    {
        await RequireAsync();
        await LogInAsync();
        await MakeAsync("first:1", 1_000);
        await MakeAsync("second:1", 2_000);

        await RunAsync("manifest", "create", "list:1");
        await RunAsync("manifest", "add", "--arch", "amd64", "list:1", "containers-storage:localhost/first:1");
        await RunAsync("manifest", "add", "--arch", "arm64", "list:1", "containers-storage:localhost/second:1");
        await RunAsync("manifest", "push", "--all", "--tls-verify=false", "list:1", $"docker://{stagedoor.Host}/buildah/list:1");

        using var registry = stagedoor.NewRegistryClient();
        using var index = JsonDocument.Parse(await registry.PullManifestAsync("buildah/list", "1"));
        var children = index.RootElement.GetProperty("manifests").EnumerateArray().Select(m => m.GetProperty("digest").GetString()!).ToList();
        Assert.Equal(2, children.Count);
        foreach (var child in children)
        {
            Assert.Equal(child, await registry.VerifyAsync("buildah/list", child));
        }
    }

    [Fact]
    public async Task A_wrong_key_cannot_log_in()
    {
        await RequireAsync();

        var result = await BuildahAsync("login", "--tls-verify=false", "-u", stagedoor.FirstRun.RegistryUser, "-p", "wrong", stagedoor.Host);

        result.ShouldFail("invalid username/password");
    }

    public void Dispose() => _folder.Dispose();

    // Without namespaces or cgroups of its own, so that it works inside a container too.
    private Task<ToolResult> BuildahAsync(params IReadOnlyList<string> arguments) => Tool.RunAsync(new ToolCall(
        "buildah",
        ["--root", Path.Combine(_folder.Path, "root"), "--runroot", Path.Combine(_folder.Path, "run"), "--storage-driver", "vfs", .. arguments])
    {
        Environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["BUILDAH_ISOLATION"] = "chroot",
            ["REGISTRY_AUTH_FILE"] = AuthFile,
        },
    });

    private async Task<ToolResult> RunAsync(params string[] arguments) => (await BuildahAsync(arguments)).ShouldSucceed();

    private async Task RequireAsync()
    {
        Tool.Require("buildah");
        var works = await BuildahAsync("images");
        Assert.SkipUnless(works.ExitCode == 0, $"buildah does not work for this user: {works.Error.Trim()}");
    }

    private Task<ToolResult> LogInAsync() =>
        RunAsync("login", "--tls-verify=false", "-u", stagedoor.FirstRun.RegistryUser, "-p", stagedoor.FirstRun.RegistryKey, stagedoor.Host);

    private async Task MakeAsync(string name, int size)
    {
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "random.bin"), TestImage.Tar(size), TestContext.Current.CancellationToken);
        var container = (await RunAsync("from", "scratch")).Output.Trim();
        await RunAsync("copy", container, Path.Combine(_folder.Path, "random.bin"), "/random.bin");
        await RunAsync("commit", "--rm", container, name);
    }
}
