using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>From what a user sees an operator finds the cause in the log.</summary>
public sealed class RequestLogTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_id_of_a_fault_leads_to_its_cause_and_its_request()
    {
        await using var app = await StagedoorApp.StartAsync();
        string id;
        using (app.Sabotage("images").RefuseInsert("organizations"))
        {
            using var response = await app.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "unlucky" }, Cancellation);
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
            id = response.Headers.GetValues("X-Request-Id").Single();
        }

        var lines = await OfAsync(app, id, 2);

        Assert.Contains(lines, static l => l.Level == LogLevel.Error && l.Exception is not null && l.Message.Contains("POST /v2/manage/namespaces", StringComparison.Ordinal));
        var line = Assert.Single(lines, static l => l.Category is "Stagedoor.Requests");
        Assert.Matches(@"^POST /v2/manage/namespaces 500 SVCSTG\.SWR\.\d+ \d+ ms \d+ bytes stagedoor/admin (::ffff:)?127\.0\.0\.1$", line.Message);
    }

    [Fact]
    public async Task A_refusal_has_a_line_and_a_success_has_none()
    {
        await using var app = await StagedoorApp.StartAsync();

        using var refused = await app.Anonymous.GetAsync("/v3/users", Cancellation);
        using var good = await app.Admin.GetAsync("/v3/users", Cancellation);

        await OfAsync(app, refused.Headers.GetValues("X-Request-Id").Single(), 1);
        Assert.DoesNotContain(app.Log.Lines, l => l.Scopes.Contains(good.Headers.GetValues("X-Request-Id").Single(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("all", 1, 1)]
    [InlineData("off", 0, 0)]
    public async Task The_setting_says_which_requests_have_a_line(string setting, int successes, int refusals)
    {
        await using var app = await StagedoorApp.StartAsync(("Logging:Requests", setting));

        using (await app.Admin.GetAsync("/v3/users", Cancellation))
        using (await app.Anonymous.GetAsync("/v3/users", Cancellation))
        {
        }

        // What comes last in the log comes after all lines that are looked for.
        await app.RestartAsync();
        var lines = app.Log.Lines.Where(static l => l.Category is "Stagedoor.Requests").ToList();
        Assert.Equal((successes, refusals), (lines.Count(static l => l.Message.Contains(" 200 ", StringComparison.Ordinal)), lines.Count(static l => l.Message.Contains(" 401 ", StringComparison.Ordinal))));
    }

    [Fact]
    public async Task The_process_says_when_it_starts_is_ready_and_stops()
    {
        await using var app = await StagedoorApp.StartAsync();
        var url = app.Url;

        await app.RestartAsync();

        var lines = app.Log.Lines.Where(static l => l.Category is "Stagedoor.Process").Select(static l => l.Message).ToList();
        Assert.Contains("starts as process", lines[0], StringComparison.Ordinal);
        Assert.Equal($"Ready on {url}", lines[1]);
        Assert.StartsWith("Stopping", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("Stopped after", lines[3], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_the_registry_knows_stands_in_the_line()
    {
        await using var app = await StagedoorApp.StartAsync();
        using var registry = app.Registry();

        using var response = await registry.GetAsync("/v2/none-such/app/manifests/1", Cancellation);

        var line = (await OfAsync(app, response.Headers.GetValues("X-Request-Id").Single(), 1))[0];
        Assert.Contains(" stagedoor/admin ", line.Message, StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<LogLine>> OfAsync(StagedoorApp app, string id, int atLeast)
    {
        List<LogLine> found = [];
        await Eventually.TrueAsync($"{atLeast} lines about {id}", TimeSpan.FromSeconds(10), () =>
            (found = [.. app.Log.Lines.Where(l => l.Scopes.Contains(id, StringComparison.Ordinal))]).Count >= atLeast);
        return found;
    }
}
