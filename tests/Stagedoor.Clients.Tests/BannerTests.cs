using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The commands that a first start prints to a person, pasted into a shell as they stand, one after the other.</summary>
public sealed class BannerTests(BannerTests.Terminal terminal, DockerDaemon docker)
    : IClassFixture<BannerTests.Terminal>, IClassFixture<DockerDaemon>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private StagedoorProcess Stagedoor => terminal.Process;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_command_is_tried_here() => Assert.Equal(
        PrintedCommands.Names,
        (await PrintedCommands.AllAsync(Stagedoor)).Select(line => PrintedCommands.Names.First(name => line.Contains(name, StringComparison.Ordinal))));

    [Fact]
    public async Task Docker_logs_in_and_pushes_a_tiny_image()
    {
        Assert.SkipWhen(docker.Absence is not null, docker.Absence ?? "");

        var login = await PasteAsync(await CommandAsync("docker login"));
        Assert.Contains("Login Succeeded", login.ShouldSucceed().Output, StringComparison.Ordinal);
        Assert.DoesNotContain("insecure", login.Error.Replace("unencrypted", "", StringComparison.Ordinal), StringComparison.Ordinal);
        (await PasteAsync(await CommandAsync("docker import"))).ShouldSucceed();

        using var registry = Stagedoor.NewRegistryClient();
        Assert.NotEmpty(await registry.VerifyAsync("team-a/hello", "1.0"));
    }

    [Fact]
    public async Task Skopeo_logs_in_and_pushes_a_tiny_image()
    {
        Tool.Require("skopeo");

        (await PasteAsync(await CommandAsync("skopeo login"))).ShouldSucceed();
        (await PasteAsync(await CommandAsync("skopeo copy"))).ShouldSucceed();

        using var registry = Stagedoor.NewRegistryClient();
        Assert.NotEmpty(await registry.VerifyAsync("team-a/hello", "1.0"));
    }

    [Fact]
    public async Task Curl_gets_a_token()
    {
        Tool.Require("curl");

        var result = (await PasteAsync(await CommandAsync("curl"))).ShouldSucceed();

        Assert.Matches("(?i)^x-subject-token: [^ ]{20,}\r?\n$", result.Output);
    }

    private Task<ToolResult> PasteAsync(string command) => Tool.RunAsync(new ToolCall("sh", ["-c", command])
    {
        Folder = _folder.Path,
        Environment = new Dictionary<string, string>(docker.Environment, StringComparer.Ordinal)
        {
            ["REGISTRY_AUTH_FILE"] = Path.Combine(_folder.Path, "auth.json"),
        },
    });

    private Task<string> CommandAsync(string name) => PrintedCommands.FindAsync(Stagedoor, name);

    /// <summary>An installation that is started by a person.</summary>
    public sealed class Terminal : IAsyncLifetime
    {
        public StagedoorProcess Process { get; } = new() { IsAtTerminal = true };

        public async ValueTask InitializeAsync()
        {
            Tool.Require("script");
            await Process.StartAsync();
        }

        public ValueTask DisposeAsync() => Process.DisposeAsync();
    }
}
