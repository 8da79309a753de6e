using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary><c>/docs/api</c> in a browser that can reach nothing but the server.</summary>
public sealed class ApiViewerTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    // The browser's own business, which nothing of a page decides; none of it is reached.
    private static readonly string[] s_browser = ["clients2.google.com", "update.googleapis.com", "accounts.google.com", "optimizationguide-pa.googleapis.com"];
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task It_shows_the_operations_and_asks_nobody_but_the_server()
    {
        Tool.Require("chromium");
        var log = Path.Combine(_folder.Path, "net.json");

        var run = await Tool.RunAsync(
            "chromium",
            "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync", "--disable-default-apps", "--disable-extensions",
            "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            $"--user-data-dir={Path.Combine(_folder.Path, "profile")}", $"--log-net-log={log}", "--virtual-time-budget=15000", "--dump-dom", $"{stagedoor.Url}/docs/api#iam");

        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.Contains("List the audit records of the account", run.Output, StringComparison.Ordinal);
        // What the policy had to refuse was asked for, too.
        Assert.DoesNotContain("Content Security Policy", run.Error, StringComparison.Ordinal);
        var asked = await AskedAsync(log);
        Assert.Contains($"{stagedoor.Url}/openapi/iam.json", asked, StringComparer.Ordinal);
        Assert.DoesNotContain(asked, u => !u.StartsWith(stagedoor.Url + "/", StringComparison.Ordinal) && !s_browser.Contains(new Uri(u).Host, StringComparer.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    // The addresses of all requests, also of those that got nowhere.
    private static async Task<List<string>> AskedAsync(string log)
    {
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken));
        return
        [
            .. document.RootElement.GetProperty("events").EnumerateArray()
                .Where(static e => e.TryGetProperty("params", out var found) && found.ValueKind is JsonValueKind.Object && found.TryGetProperty("url", out _))
                .Select(static e => e.GetProperty("params").GetProperty("url").GetString()!)
                .Where(static u => u.StartsWith("http", StringComparison.Ordinal) || u.StartsWith("ws", StringComparison.Ordinal)).Distinct(StringComparer.Ordinal),
        ];
    }
}
