using System.Globalization;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>At the end of what the process may have it refuses, lives on, and recovers.</summary>
public sealed class LimitTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task More_connections_than_file_descriptors_do_not_end_the_process()
    {
        // The runtime holds one for each of some 250 assemblies.
        await using var stagedoor = new StagedoorProcess { Before = "ulimit -n 400" };
        await stagedoor.StartAsync();
        var connections = await OpenAsync(stagedoor, 500);
        await Eventually.TrueAsync(
            "the log says it", s_patience, () => stagedoor.Log.Contains("Connections are refused", StringComparison.Ordinal));

        connections.ForEach(c => c.Dispose());

        await AnswersAsync(stagedoor);
        Assert.True(stagedoor.IsRunning);
        Assert.DoesNotContain(" crit ", stagedoor.Log, StringComparison.Ordinal);
        using var client = stagedoor.NewHttpClient();
        Assert.Contains("Connections were refused", await client.GetStringAsync("/readyz", Cancellation), StringComparison.Ordinal);
        using var registry = stagedoor.NewRegistryClient();
        await registry.PushAsync("limits/app", "v1", TestImage.Create(1000), BlobUpload.Monolithic);
        Assert.Equal(0, await stagedoor.StopAsync());
    }

    [Theory]
    [InlineData(64)]
    [InlineData(128)]
    [InlineData(399)]
    public async Task With_too_few_file_descriptors_it_says_so_before_it_makes_anything(int descriptors)
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        var call = StagedoorProcess.Call("serve", "--data", data, "--urls", "http://127.0.0.1:0");

        var limited = string.Create(CultureInfo.InvariantCulture, $"ulimit -n {descriptors}; exec \"$@\"");

        var result = await Tool.RunAsync(new ToolCall("bash", ["-c", limited, "stagedoor", call.Program, .. call.Arguments]) { Timeout = s_patience });

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith(string.Create(CultureInfo.InvariantCulture, $"stagedoor: This process may have {descriptors} file descriptors, and needs 400"), result.Error, StringComparison.Ordinal);
        Assert.Contains("ulimit -n 4096", result.Error, StringComparison.Ordinal);
        Assert.Contains("LimitNOFILE=", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', result.Error.TrimEnd());
        Assert.False(Directory.Exists(data));
    }

    [Fact]
    public async Task A_soft_limit_alone_keeps_nothing_from_starting()
    {
        await using var stagedoor = new StagedoorProcess { Before = "ulimit -Sn 128" };

        await stagedoor.StartAsync();

        await AnswersAsync(stagedoor);
    }

    [Fact]
    public async Task The_limit_counts_connections_of_every_kind()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync(("Server__MaxConnections", "3"));
        using var client = stagedoor.NewHttpClient();
        var service = await RegisterAsync(client);
        client.Dispose();
        using var watch = new ClientWebSocket();
        await watch.ConnectAsync(
            new($"{stagedoor.Url.Replace("http", "ws", StringComparison.Ordinal)}/v4/default/registry/microservices/{service}/watcher"), Cancellation);
        await Eventually.TrueAsync("the first client's connection is closed", s_patience, async () => await OpenNowAsync(stagedoor) == 2);
        var idle = await OpenAsync(stagedoor, 2);

        var refused = await OpenAsync(stagedoor, 1);
        Assert.False(await LivesAsync(refused[0]));

        idle.ForEach(c => c.Dispose());
        await AnswersAsync(stagedoor);
        refused.ForEach(c => c.Dispose());
    }

    private static async Task<string> RegisterAsync(HttpClient client)
    {
        using var service = await client.PostAsJsonAsync(
            "/v4/default/registry/microservices", new { service = new { serviceName = "watcher", appId = "limits", version = "1.0.0" } }, Cancellation);
        return (await service.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("serviceId").GetString()!;
    }

    // With the one that asks.
    private static async Task<int> OpenNowAsync(StagedoorProcess stagedoor)
    {
        using var client = stagedoor.NewHttpClient();
        client.DefaultRequestHeaders.ConnectionClose = true;
        var metrics = await client.GetStringAsync("/metrics", Cancellation);
        var line = metrics.Split('\n').Single(l => l.StartsWith("stagedoor_connections_open ", StringComparison.Ordinal));
        return int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private static async Task<bool> LivesAsync(TcpClient connection)
    {
        try
        {
            return await connection.GetStream().ReadAsync(new byte[1], Cancellation) > 0;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException)
        {
            return false;
        }
    }

    private static async Task<List<TcpClient>> OpenAsync(StagedoorProcess stagedoor, int count)
    {
        var uri = new Uri(stagedoor.Url);
        var connections = new List<TcpClient>();
        for (var i = 0; i < count; i++)
        {
            connections.Add(new());
            try
            {
                await connections[^1].ConnectAsync(uri.Host, uri.Port, Cancellation);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
            {
                // Refused so quickly that it was over before it was known to be open.
            }
        }

        return connections;
    }

    private static Task AnswersAsync(StagedoorProcess stagedoor) => Eventually.TrueAsync(
        string.Create(CultureInfo.InvariantCulture, $"{stagedoor.Url}/healthz answers again"),
        s_patience,
        async () =>
        {
            using var client = stagedoor.NewHttpClient();
            try
            {
                return (await client.GetStringAsync("/healthz", Cancellation)).Contains("ok", StringComparison.Ordinal);
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
}
