using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

public sealed class DockerTests(StagedoorProcess stagedoor, DockerDaemon docker)
    : IClassFixture<StagedoorProcess>, IClassFixture<DockerDaemon>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task An_imported_image_is_pushed_and_pulled_after_it_was_removed()
    {
        Require();
        var archive = Path.Combine(_folder.Path, "root.tar");
        await File.WriteAllBytesAsync(archive, TestImage.Tar(300_000), TestContext.Current.CancellationToken);
        var remote = $"{stagedoor.Host}/docker/imported:1";
        (await LogInAsync(stagedoor.FirstRun.RegistryKey)).ShouldSucceed();

        var imported = (await RunAsync("import", archive, "imported:1")).Output.Trim();
        await RunAsync("tag", "imported:1", remote);
        var pushed = await RunAsync("push", remote);
        await RunAsync("rmi", "imported:1", remote);
        await RunAsync("pull", remote);
        var pulled = await RunAsync("image", "inspect", "--format", "{{.Id}}", remote);

        Assert.Equal(imported, pulled.Output.Trim());
        using var registry = stagedoor.NewRegistryClient();
        Assert.Contains(await registry.VerifyAsync("docker/imported", "1"), pushed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_key_cannot_log_in()
    {
        Require();

        var result = await LogInAsync("wrong");

        result.ShouldFail("unauthorized: authentication required");
    }

    [Fact]
    public async Task A_missing_tag_is_reported_as_such()
    {
        Require();
        (await LogInAsync(stagedoor.FirstRun.RegistryKey)).ShouldSucceed();
        using var registry = stagedoor.NewRegistryClient();
        await registry.PushAsync("docker/there", "1", TestImage.Create(100), BlobUpload.Monolithic);

        var result = await docker.DockerAsync(new("docker", ["pull", $"{stagedoor.Host}/docker/there:2"]));

        result.ShouldFail("manifest unknown");
    }

    public void Dispose() => _folder.Dispose();

    private void Require() => Assert.SkipWhen(docker.Absence is not null, docker.Absence ?? "");

    private Task<ToolResult> LogInAsync(string key) => docker.DockerAsync(
        new("docker", ["login", "--username", stagedoor.FirstRun.RegistryUser, "--password-stdin", stagedoor.Host]) { Input = key });

    private async Task<ToolResult> RunAsync(params string[] arguments) => (await docker.DockerAsync(new("docker", arguments))).ShouldSucceed();
}
