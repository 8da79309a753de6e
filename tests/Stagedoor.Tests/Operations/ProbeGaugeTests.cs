using System.Globalization;
using System.Net;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

/// <summary>What alerts watch tells what is so at the moment when it is asked for.</summary>
public sealed class ProbeGaugeTests : IAsyncLifetime
{
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_part_that_is_lost_is_not_ready_and_all_others_are()
    {
        var blobs = Path.Combine(_app.DataDirectory, "blobs");
        Directory.Move(blobs, blobs + ".away");

        var lost = await ScrapeAsync();
        Directory.Move(blobs + ".away", blobs);
        var found = await ScrapeAsync();

        Assert.Equal(0, lost["stagedoor_ready{part=\"blob store\"}"]);
        Assert.Equal(1, lost["stagedoor_ready{part=\"database images\"}"]);
        Assert.Equal(1, found["stagedoor_ready{part=\"blob store\"}"]);
        Assert.InRange(found["stagedoor_ready_check_seconds{part=\"database images\"}"], 0, 3);
    }

    [Fact]
    public async Task The_disks_are_those_of_the_folders()
    {
        var metrics = await ScrapeAsync();

        Assert.Equal(new DriveInfo(_app.DataDirectory).TotalSize, metrics["stagedoor_disk_size_bytes{folder=\"data\"}"]);
        Assert.InRange(metrics["stagedoor_disk_free_bytes{folder=\"blobs\"}"], 1, metrics["stagedoor_disk_size_bytes{folder=\"blobs\"}"]);
    }

    [Fact]
    public async Task A_change_of_the_audit_log_is_told_by_the_next_check()
    {
        using (var change = await _app.Admin.DeleteAsync($"/v3/users/{0:x32}", Cancellation))
        {
            Assert.Equal(HttpStatusCode.NotFound, change.StatusCode);
        }

        await Eventually.TrueAsync("the first check", _app.Clock, TimeSpan.FromMinutes(1), async () => (await ScrapeAsync()).ContainsKey("stagedoor_audit_check_timestamp_seconds"));
        Assert.Equal(0, (await ScrapeAsync())["stagedoor_audit_problems"]);
        _app.Sabotage("gateway").Execute("UPDATE audit_record SET user_name = 'somebody'");

        await Eventually.TrueAsync("the problem", _app.Clock, TimeSpan.FromHours(6), async () => (await ScrapeAsync())["stagedoor_audit_problems"] > 0);

        Assert.True((await ScrapeAsync())["stagedoor_warnings"] >= 1);
        Assert.Contains("The audit log is not as it was written: ", await _app.Anonymous.GetStringAsync("/readyz", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_instance_that_falls_silent_is_counted()
    {
        var service = await PostAsync("/v4/default/registry/microservices", """{"service":{"appId":"a","serviceName":"s","version":"1.0.0"}}""", "serviceId");
        await PostAsync(
            $"/v4/default/registry/microservices/{service}/instances",
            """{"instance":{"hostName":"h","endpoints":["rest://127.0.0.1:1"],"healthCheck":{"mode":"push","interval":1,"times":1}}}""",
            "instanceId");
        Assert.Equal(0, (await ScrapeAsync())["stagedoor_registry_expired_total"]);

        await Eventually.TrueAsync("it is gone", _app.Clock, TimeSpan.FromSeconds(1), async () => (await ScrapeAsync())["stagedoor_registry_expired_total"] == 1);
    }

    private async Task<string> PostAsync(string path, string body, string member)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        using var response = await _app.Anonymous.PostAsync(path, content, Cancellation);
        using var answer = System.Text.Json.JsonDocument.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync(Cancellation));
        return answer.RootElement.GetProperty(member).GetString()!;
    }

    private async Task<Dictionary<string, double>> ScrapeAsync() =>
        (await _app.Anonymous.GetStringAsync("/metrics", Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(static line => line[0] is not '#')
            .ToDictionary(static line => line[..line.LastIndexOf(' ')], static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture), StringComparer.Ordinal);
}
