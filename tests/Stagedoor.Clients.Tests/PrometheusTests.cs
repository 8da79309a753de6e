using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Debian's Prometheus collects from a server that works, by the configuration and rules of <c>eng/monitoring</c>.</summary>
public sealed class PrometheusTests(MonitoredProcess monitored) : IClassFixture<MonitoredProcess>, IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    // There has been no fault, and no collection yet.
    private static readonly string[] s_empty = ["status=~\"5..\"", "stagedoor_images_collector_end_timestamp_seconds"];
    private readonly TemporaryFolder _folder = new();
    private Process? _process;
    private HttpClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Tool.Require("prometheus");
        var config = MonitoringFiles.Read("prometheus.yml")
            .Replace("127.0.0.1:8080", monitored.Server.Host, StringComparison.Ordinal)
            .Replace("_interval: 15s", "_interval: 1s", StringComparison.Ordinal)
            .Replace("scrape_timeout: 10s", "scrape_timeout: 1s", StringComparison.Ordinal);
        Assert.Contains(monitored.Server.Host, config, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "prometheus.yml"), config, Cancellation);
        File.Copy(Path.Combine(MonitoringFiles.Folder, "alerts.yml"), Path.Combine(_folder.Path, "alerts.yml"));
        var address = FreeAddress();
        _process = new()
        {
            StartInfo = Tool.StartInfo(
                "prometheus",
                [$"--config.file={_folder.Path}/prometheus.yml", $"--storage.tsdb.path={_folder.Path}/data", $"--web.listen-address={address}", "--log.level=error"],
                null),
        };
        _process.Start();
        // A pipe that nobody reads would hold it up.
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, e) => TestContext.Current.SendDiagnosticMessage(e.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _client = new OutgoingClient { BaseAddress = new($"http://{address}") };
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            _process.Dispose();
            _client.Dispose();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task It_collects_and_every_rule_and_panel_can_be_evaluated()
    {
        await Eventually.TrueAsync("the server is up", s_patience, async () => await QueryAsync("up{job=\"stagedoor\"} == 1") is { Count: 1 });
        await monitored.WorkAsync();
        await Eventually.TrueAsync("two scrapes have seen everything", s_patience, async () => await QueryAsync("rate(stagedoor_cse_qps[1m])") is { Count: > 0 });

        foreach (var expression in MonitoringFiles.DashboardExpressions)
        {
            var found = await QueryAsync(expression);
            Assert.True(
                found.Count > 0 || expression.StartsWith("changes(", StringComparison.Ordinal) || s_empty.Any(e => expression.Contains(e, StringComparison.Ordinal)),
                $"A panel would be empty: {expression}");
        }

        List<JsonElement> rules = [];
        await Eventually.TrueAsync("every rule was evaluated", s_patience, async () =>
        {
            rules = [.. (await GetAsync("/api/v1/rules")).GetProperty("groups").EnumerateArray().SelectMany(static g => g.GetProperty("rules").EnumerateArray())];
            return rules.Count == AlertTests.Alerts.Count && rules.TrueForAll(static r => r.GetProperty("health").GetString() is not "unknown");
        });
        Assert.All(rules, static rule => Assert.True(rule.GetProperty("health").GetString() is "ok", rule.ToString()));
        // The certificate of the test ends in two days, and nothing else is wrong.
        Assert.All(
            rules.Where(static r => r.GetProperty("state").GetString() is "firing"),
            static r => Assert.StartsWith("StagedoorCertificateEnds", r.GetProperty("name").GetString(), StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<JsonElement>> QueryAsync(string expression)
    {
        try
        {
            return [.. (await GetAsync($"/api/v1/query?query={Uri.EscapeDataString(expression)}")).GetProperty("result").EnumerateArray()];
        }
        catch (HttpRequestException e) when (e.StatusCode is null or HttpStatusCode.ServiceUnavailable)
        {
            // It has not begun to listen.
            return [];
        }
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using var response = await _client.GetAsync(path, Cancellation);
        var answer = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode is not (HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity), $"{path}: {answer}");
        response.EnsureSuccessStatusCode();
        return JsonSerializer.Deserialize<JsonElement>(answer).GetProperty("data");
    }

    // On a loopback address of its own, so that nobody takes the port between the look and its use.
    private static string FreeAddress()
    {
        var id = Environment.ProcessId;
        var address = new IPAddress([127, 93, (byte)(id >> 8), (byte)Math.Clamp(id & 0xff, 1, 254)]);
        using var listener = new TcpListener(address, 0);
        listener.Start();
        return listener.LocalEndpoint.ToString()!;
    }
}
