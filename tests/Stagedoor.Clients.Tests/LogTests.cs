using System.Globalization;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What a process writes to standard error, as programs read it.</summary>
public sealed class LogTests
{
    // Each as a header and in a path, percent-encoded there.
    private static readonly string[] s_hostile = ["a\tb", "\u2028\u2029", "\"}{\\", "<0>forged", "\u202eturned", "组织"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task As_JSON_every_line_of_a_run_is_an_object()
    {
        var lines = await RunAsync("json");

        var entries = lines.ConvertAll(static line => JsonSerializer.Deserialize<JsonElement>(line));
        Assert.All(entries, static e =>
        {
            Assert.True(DateTimeOffset.TryParse(e.GetProperty("time").GetString(), CultureInfo.InvariantCulture, out _));
            Assert.Contains(e.GetProperty("level").GetString(), (string[])["trace", "debug", "info", "warn", "error", "crit"]);
            Assert.NotEmpty(e.GetProperty("category").GetString()!);
            Assert.True(e.TryGetProperty("requestId", out _));
            Assert.True(e.TryGetProperty("message", out _));
        });
        Assert.Contains(entries, static e => e.GetProperty("message").GetString()!.StartsWith("Ready on ", StringComparison.Ordinal));
        Assert.True(entries.Count(static e => e.GetProperty("category").GetString() is "Stagedoor.Requests") >= 2 * s_hostile.Length);
    }

    [Fact]
    public async Task For_the_journal_every_line_has_its_priority()
    {
        var lines = await RunAsync("journal");

        Assert.All(lines, static line => Assert.Matches(@"^<[2-7]>(?:trace|debug|info|warn|error|crit) [A-Z][\w.]* \[(?:-|[0-9a-f]{32})\] ", line));
    }

    [Fact]
    public async Task As_text_every_line_has_its_time() => Assert.All(await RunAsync("text"), static line => Assert.Matches(@"^\d{4}-\d\d-\d\dT[0-9:.]+Z ", line));

    private static async Task<List<string>> RunAsync(string format)
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync(("Logging:Format", format), ("Logging:Requests", "all"));
        using (var client = stagedoor.NewHttpClient())
        {
            foreach (var hostile in s_hostile)
            {
                using var path = await client.GetAsync(new Uri($"/v2/{Uri.EscapeDataString(hostile)}/manifests/1", UriKind.Relative), Cancellation);
                using var request = new HttpRequestMessage(HttpMethod.Get, $"/v3/users?name={Uri.EscapeDataString(hostile)}");
                request.Headers.TryAddWithoutValidation("User-Agent", "a\tb \"}{\\");
                using var answer = await client.SendAsync(request, Cancellation);
            }
        }

        // So that all lines are written.
        Assert.Equal(0, await stagedoor.StopAsync());
        return [.. stagedoor.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
