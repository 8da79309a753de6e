using System.Net;
using System.Net.Sockets;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Whatever befalls a first start, the next one leaves its owner with valid keys, and says where they are.</summary>
public sealed class FirstStartTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task After_a_start_that_could_not_listen_the_keys_are_shown()
    {
        await using var stagedoor = new StagedoorProcess { IsAtTerminal = true };
        Tool.Require("script");
        using (var other = new TcpListener(IPAddress.Loopback, 0))
        {
            other.Start();
            (await Tool.RunAsync(StagedoorProcess.Call("serve", "--data", stagedoor.DataDirectory, "--urls", $"http://{other.LocalEndpoint}")))
                .ShouldFail("already in use");
        }

        await stagedoor.StartAsync();

        await Eventually.TrueAsync("the banner", TimeSpan.FromSeconds(10), () => stagedoor.Output.Contains("x-subject-token", StringComparison.Ordinal));
        Assert.Contains(stagedoor.FirstRun.SecretKey, stagedoor.Output, StringComparison.Ordinal);
        Assert.Contains($"curl -sS -i {stagedoor.Url}/v3", stagedoor.Output, StringComparison.Ordinal);
        Assert.Equal(stagedoor.Url, stagedoor.FirstRun.Url);
        await ShouldOpenAsync(stagedoor);
    }

    [Fact]
    public async Task Killed_at_any_file_that_it_makes_it_leaves_keys_that_open()
    {
        // The order in which a first start leaves traces; it is killed when it comes to each.
        foreach (var trace in (string[])["stagedoor.lock", "stagedoor.json", "gateway.db", "images.db", "discovery.db", "blobs/installation.json", "first-run.json"])
        {
            await using var stagedoor = new StagedoorProcess();
            var file = Path.Combine(stagedoor.DataDirectory, trace);
            var script = $"\"$@\" & p=$!; while [ ! -e '{file}' ] && kill -0 $p 2>/dev/null; do :; done; kill -9 $p; wait $p 2>/dev/null; exit 0";
            var call = StagedoorProcess.Call("serve", "--data", stagedoor.DataDirectory, "--urls", "http://127.0.0.1:0");
            (await Tool.RunAsync(new ToolCall("bash", ["-c", script, "kill-at", call.Program, .. call.Arguments]))).ShouldSucceed();
            Assert.True(File.Exists(file), $"It never made {trace}.");

            await stagedoor.StartAsync();

            await Eventually.TrueAsync(
                "the line about the keys", TimeSpan.FromSeconds(10), () => stagedoor.Output.Contains("first-run.json", StringComparison.Ordinal));
            await ShouldOpenAsync(stagedoor);
        }
    }

    [Fact]
    public async Task Later_starts_say_where_the_keys_are_while_the_file_is_there()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        await stagedoor.RestartAsync();
        var keys = Path.Combine(stagedoor.DataDirectory, "first-run.json");
        Assert.EndsWith($"The keys of the first start are still in {keys}: move that file to a safe place.\n", stagedoor.Output, StringComparison.Ordinal);
        await stagedoor.StopAsync();
        File.Move(keys, Path.Combine(_folder.Path, "keys"));

        var script = $"\"$@\" & p=$!; while [ ! -e '{stagedoor.DataDirectory}/stagedoor.process' ] && kill -0 $p; do :; done; kill -TERM $p; wait $p";
        var call = StagedoorProcess.Call("serve", "--data", stagedoor.DataDirectory, "--urls", "http://127.0.0.1:0");
        var later = (await Tool.RunAsync(new ToolCall("bash", ["-c", script, "stop", call.Program, .. call.Arguments])
        {
            Environment = ListenerSettings.OffInEnvironment(),
        })).ShouldSucceed();

        Assert.Matches("^Stagedoor [^ ]+ is ready at [^ ]+\n$", later.Output);
    }

    [Fact]
    public async Task No_secret_goes_to_a_log()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        await Eventually.TrueAsync(
            "the line about the keys", TimeSpan.FromSeconds(10), () => stagedoor.Output.Contains("leave it out of backups", StringComparison.Ordinal));
        var said = stagedoor.Output + stagedoor.Log;

        var keys = stagedoor.FirstRun;
        Assert.Contains(Path.Combine(stagedoor.DataDirectory, "first-run.json"), said, StringComparison.Ordinal);
        Assert.All([keys.Password, keys.SecretKey, keys.RegistryKey], secret => Assert.DoesNotContain(secret, said, StringComparison.Ordinal));
    }

    private static async Task ShouldOpenAsync(StagedoorProcess stagedoor)
    {
        using var registry = stagedoor.NewRegistryClient();
        using var response = await registry.SendAsync(HttpMethod.Get, "/v2/", null);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
