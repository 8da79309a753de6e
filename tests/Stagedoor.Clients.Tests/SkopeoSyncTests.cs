using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary><c>skopeo sync</c> between two installations, there and back.</summary>
public sealed class SkopeoSyncTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_repository_goes_to_another_installation_and_comes_back_the_same()
    {
        Tool.Require("skopeo");
        await using var other = new StagedoorProcess();
        await other.InitializeAsync();
        var layout = await OciLayout.CreateAsync(Path.Combine(_folder.Path, "source"));
        string[] tags = ["v1", "v2", "latest"];
        var images = new List<TestImage>();
        foreach (var tag in tags)
        {
            images.Add(TestImage.Create(10_000, 20_000));
            await layout.AddAsync(tag, images[^1]);
            (await Tool.RunAsync(
                "skopeo", "--insecure-policy", "copy", "--dest-tls-verify=false", "--dest-creds", stagedoor.Credentials, layout.Reference(tag), $"docker://{stagedoor.Host}/sync/app:{tag}"))
                .ShouldSucceed();
        }

        (await SyncAsync(stagedoor, $"{stagedoor.Host}/sync/app", other, $"{other.Host}/copied")).ShouldSucceed();
        (await SyncAsync(other, $"{other.Host}/copied/app", stagedoor, $"{stagedoor.Host}/back")).ShouldSucceed();

        for (var i = 0; i < tags.Length; i++)
        {
            foreach (var (installation, name) in ((StagedoorProcess, string)[])[(other, "copied/app"), (stagedoor, "back/app")])
            {
                var digest = (await Tool.RunAsync(
                    "skopeo", "inspect", "--tls-verify=false", "--creds", installation.Credentials, "--format", "{{.Digest}}", $"docker://{installation.Host}/{name}:{tags[i]}"))
                    .ShouldSucceed();
                Assert.Equal(images[i].Digest, digest.Output.Trim());
            }
        }
    }

    private static Task<ToolResult> SyncAsync(StagedoorProcess from, string source, StagedoorProcess to, string target) => Tool.RunAsync(
        "skopeo", "--insecure-policy", "sync", "--src", "docker", "--dest", "docker", "--src-tls-verify=false", "--dest-tls-verify=false",
        "--src-creds", from.Credentials, "--dest-creds", to.Credentials, source, target);
}
