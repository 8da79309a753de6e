using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The commands that a first start prints, pasted into a shell as they stand.</summary>
public sealed class BannerTests(StagedoorProcess stagedoor, DockerDaemon docker)
    : IClassFixture<StagedoorProcess>, IClassFixture<DockerDaemon>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_command_is_tried_here() =>
        Assert.Equal(["docker", "skopeo", "curl"], (await CommandsAsync()).Select(line => line.Split(' ')[0]));

    [Fact]
    public async Task Docker_logs_in()
    {
        Assert.SkipWhen(docker.Absence is not null, docker.Absence ?? "");
        var command = await CommandAsync("docker");

        var result = await docker.DockerAsync(new("docker", command.Split(' ')[1..]));

        Assert.Contains("Login Succeeded", result.ShouldSucceed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Skopeo_pushes()
    {
        Tool.Require("skopeo");
        var image = TestImage.Create(1000);
        await (await OciLayout.CreateAsync(Path.Combine(_folder.Path, "some-image"))).AddAsync("1", image);

        (await PasteAsync(await CommandAsync("skopeo"))).ShouldSucceed();

        using var registry = stagedoor.NewRegistryClient();
        Assert.Equal(image.Digest, await registry.VerifyAsync("team-a/app", "1.0"));
    }

    [Fact]
    public async Task Curl_gets_a_token()
    {
        Tool.Require("curl");

        var result = (await PasteAsync(await CommandAsync("curl"))).ShouldSucceed();

        Assert.Matches("(?i)^x-subject-token: [^ ]{20,}\r?\n$", result.Output);
    }

    private Task<ToolResult> PasteAsync(string command) => Tool.RunAsync(new ToolCall("sh", ["-c", command]) { Folder = _folder.Path });

    private async Task<string> CommandAsync(string program) =>
        (await CommandsAsync()).Single(line => line.StartsWith($"{program} ", StringComparison.Ordinal));

    // They stand indented below lines that end with a colon. The address comes first: the rest may not be there yet when it is known.
    private async Task<IReadOnlyList<string>> CommandsAsync()
    {
        await Eventually.TrueAsync(
            "the end of the banner", TimeSpan.FromSeconds(10), () => stagedoor.Output.Contains("x-subject-token", StringComparison.Ordinal));
        return [.. stagedoor.Output.Split('\n')
            .SkipWhile(line => !line.StartsWith("Log in", StringComparison.Ordinal))
            .Where(line => line.StartsWith("  ", StringComparison.Ordinal))
            .Select(line => line.Trim())];
    }
}
