using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Npgsql;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>The traces of two replicas' own requests and jobs, in the database that they share.</summary>
public sealed class OwnTraceReplicaTests : IAsyncLifetime
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    private OwnDatabase? _database;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        _database = await OwnDatabase.CreateAsync();
    }

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    [Fact]
    public async Task A_request_that_one_replica_answered_is_found_at_the_other()
    {
        await using var first = await StagedoorApp.StartAsync([("Modules", "images,tracing"), .. _database!.Settings]);
        await using var second = await StagedoorApp.JoinAsync(first, [("Modules", "images,tracing"), .. _database.Settings]);
        using var refused = await second.Admin.GetAsync("/v2/manage/namespaces/nobody", Cancellation);
        using var stranger = await first.Anonymous.GetAsync("/v3/users", Cancellation);

        var atFirst = await RootAsync(first, IdOf(refused));
        var atSecond = await RootAsync(second, IdOf(stranger));

        Assert.Equal((404, 401), (StatusOf(atFirst), StatusOf(atSecond)));
        Assert.Contains(Below(atFirst), static s => s.GetProperty("name").GetString() is "SELECT organizations");
    }

    [Fact]
    public async Task A_job_that_one_replica_was_asked_for_and_the_other_tries_is_in_the_trace_and_says_why_it_failed()
    {
        (string, string)[] settings =
        [
            ("Modules", "images,tracing"), .. _database!.Settings, ("Tracing:Own:SamplePerMille", "0"), ("Images:Triggers:AllowedNetworks:0", "127.0.0.1"), ("Images:Jobs:PollSeconds", "1"),
        ];
        await using var first = await StagedoorApp.StartAsync(settings);
        await using var collector = new RawListener("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        string id;
        await using (var second = await StagedoorApp.JoinAsync(first, settings))
        {
            using var organization = await second.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "team" }, Cancellation);
            using var repository = await second.Admin.PostAsJsonAsync("/v2/manage/namespaces/team/repos", new { repository = "app", is_public = false }, Cancellation);
            using var content = new StringContent($$"""{"url":"{{collector.Url}}hook","enabled":true}""", Encoding.UTF8, "application/json");
            using var made = await second.Admin.PostAsync("/v2/manage/namespaces/team/repos/app/webhooks", content, Cancellation);
            Assert.True(made.IsSuccessStatusCode, await made.Content.ReadAsStringAsync(Cancellation));
            var webhook = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetInt64();
            using var asked = await second.Admin.PostAsync($"/v2/manage/namespaces/team/repos/app/webhooks/{webhook}/test", null, Cancellation);
            Assert.True(asked.IsSuccessStatusCode, await asked.Content.ReadAsStringAsync(Cancellation));
            id = IdOf(asked);
            await Eventually.TrueAsync("it was tried once", s_soon, async () => (await AttemptsAsync(first, id)).Count == 1);
        }

        // Who was asked is gone; who is left tries again.
        await Eventually.TrueAsync("it was tried again", first.Clock, TimeSpan.FromMinutes(1), async () => (await AttemptsAsync(first, id)).Count > 1);
        foreach (var attempt in await AttemptsAsync(first, id))
        {
            Assert.Equal(1, attempt.GetProperty("status").GetInt32());
            Assert.NotEqual("", attempt.GetProperty("attributes").GetProperty("error.type").GetString());
            var call = Assert.Single(Below(attempt), static s => s.GetProperty("attributes").TryGetProperty("server.port", out _));
            Assert.Equal(500, call.GetProperty("attributes").GetProperty("http.response.status_code").GetInt32());
        }

        foreach (var heard in collector.Heard)
        {
            var parents = heard.Split("\r\n").Where(static l => l.StartsWith("traceparent:", StringComparison.OrdinalIgnoreCase)).ToList();
            Assert.StartsWith($"traceparent: 00-{id}-", Assert.Single(parents), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task A_database_that_is_gone_holds_up_no_request_and_traces_wait_for_it_in_bounded_memory()
    {
        var server = new NpgsqlConnectionStringBuilder(_database!.ConnectionString);
        await using var link = new FaultyLink(server.Host!, server.Port);
        (server.Host, server.Port) = ("127.0.0.1", link.Port);
        (string, string)[] throughLink = [.. _database.Settings.Where(static s => s.Key is not "Storage:PostgreSql"), ("Storage:PostgreSql", server.ConnectionString)];
        await using var app = await StagedoorApp.StartAsync([("Modules", "images,tracing"), .. throughLink, ("Tracing:Own:MaxPerSecond", "100000"), ("Gateway:RefusalsPerSecondPerAddress", "0")]);
        using (var known = await app.Anonymous.GetAsync("/v3/users", Cancellation))
        {
            await RootAsync(app, IdOf(known));
        }

        link.Cut();
        using var early = await app.Anonymous.GetAsync("/v3/users", Cancellation);
        var answers = 0;
        await Parallel.ForAsync(0, 9000, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, async (_, cancellationToken) =>
        {
            using var refused = await app.Anonymous.GetAsync("/v3/users", cancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
            Interlocked.Increment(ref answers);
        });
        Assert.Equal(9000, answers);

        // Some seven thousand have room, and nobody waited for the others.
        Assert.InRange(await MetricAsync(app, "stagedoor_tracing_own_dropped_total{reason=\"queue\"}"), 500, 9000);
        link.Mend();
        Assert.Equal(401, StatusOf(await RootAsync(app, IdOf(early))));
        await Eventually.TrueAsync("what waited is written", s_soon, async () => await MetricAsync(app, "stagedoor_tracing_own_spans_total") > 1000);
        using var late = await app.Anonymous.GetAsync("/v3/users", Cancellation);
        await RootAsync(app, IdOf(late));
    }

    private static string IdOf(HttpResponseMessage response) => response.Headers.GetValues("X-Request-Id").Single();

    private static int StatusOf(JsonElement root) => root.GetProperty("attributes").GetProperty("http.response.status_code").GetInt32();

    private static IEnumerable<JsonElement> Below(JsonElement span) => span.GetProperty("children").EnumerateArray().SelectMany(static c => Below(c).Prepend(c));

    private static async Task<long> MetricAsync(StagedoorApp app, string name)
    {
        var text = await app.Anonymous.GetStringAsync("/metrics", Cancellation);
        var line = text.Split('\n').Single(l => l.StartsWith(name + " ", StringComparison.Ordinal));
        return long.Parse(line[(name.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<IReadOnlyList<JsonElement>> AttemptsAsync(StagedoorApp app, string id) =>
        [.. (await RootsAsync(app, id)).SelectMany(static r => Below(r).Prepend(r)).Where(static s => s.GetProperty("kind").GetString() is "CONSUMER")];

    private static async Task<JsonElement> RootAsync(StagedoorApp app, string id)
    {
        IReadOnlyList<JsonElement> roots = [];
        await Eventually.TrueAsync($"the trace {id} is there", TimeSpan.FromSeconds(60), async () => (roots = await RootsAsync(app, id)).Count > 0);
        return roots[0];
    }

    private static async Task<IReadOnlyList<JsonElement>> RootsAsync(StagedoorApp app, string id)
    {
        using var response = await app.Admin.GetAsync($"/v1/{app.FirstRun.ProjectId}/ats/traces/{id}", Cancellation);
        return response.StatusCode is HttpStatusCode.OK
            ? [.. JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation)).GetProperty("responseInfo").GetProperty("spanTree").EnumerateArray()]
            : [];
    }
}
