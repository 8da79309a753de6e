using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary><c>stagedoor health</c> and the keys in the log: what a container needs that has nothing but the program in it.</summary>
public sealed class HealthCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_server_that_runs_is_well_and_one_that_stopped_or_was_killed_is_not()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        var lives = (await HealthAsync("--data", stagedoor.DataDirectory)).ShouldSucceed();
        var ready = (await HealthAsync("--data", stagedoor.DataDirectory, "--ready")).ShouldSucceed();
        (await HealthAsync("--url", stagedoor.Url)).ShouldSucceed();

        await stagedoor.KillAsync();
        var killed = await HealthAsync("--data", stagedoor.DataDirectory);
        await stagedoor.StartAsync();
        await stagedoor.StopAsync();
        var stopped = await HealthAsync("--data", stagedoor.DataDirectory);

        Assert.Contains("\"ok\"", lives.Output, StringComparison.Ordinal);
        Assert.Contains("\"ready\"", ready.Output, StringComparison.Ordinal);
        killed.ShouldFail($"{stagedoor.Url} does not answer");
        stopped.ShouldFail("No server of ");
    }

    [Fact]
    public async Task Ready_is_more_than_alive()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        Directory.Move(Path.Combine(stagedoor.DataDirectory, "blobs"), Path.Combine(stagedoor.DataDirectory, "unmounted"));

        (await HealthAsync("--data", stagedoor.DataDirectory)).ShouldSucceed();
        (await HealthAsync("--data", stagedoor.DataDirectory, "--ready")).ShouldFail("not ready");
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("http://127.0.0.1:1/path")]
    public async Task A_wrong_address_is_told(string url) => (await HealthAsync("--url", url)).ShouldFail("is no address");

    [Fact]
    public async Task Keys_are_in_the_output_of_a_container_only_when_asked_for()
    {
        await using var silent = await StagedoorProcess.StartNewAsync();
        await using var asked = await StagedoorProcess.StartNewAsync(("Server__ShowKeys", "true"));

        await silent.StopAsync();
        await asked.StopAsync();

        Assert.DoesNotContain(silent.FirstRun.SecretKey, silent.Output, StringComparison.Ordinal);
        Assert.Contains(asked.FirstRun.SecretKey, asked.Output, StringComparison.Ordinal);
    }

    private Task<ToolResult> HealthAsync(params string[] arguments) =>
        Tool.RunAsync(StagedoorProcess.Call(["health", .. arguments]) with { Folder = _folder.Path });
}
