using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stagedoor.Iam;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>The server's own requests and jobs among the traces: by the request id of an answer.</summary>
public sealed class OwnTraceTests : IAsyncLifetime
{
    private const string NoTraces = "SVCSTG.ATS.200103";

    // What is never kept by chance can only be found because it was refused.
    private static readonly (string, string)[] s_settings = [("Tracing:Own:SamplePerMille", "0")];

    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync(s_settings);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData("DELETE", "/v3/users/0123456789abcdef0123456789abcdef", "DELETE /v3/users/{id}")]
    [InlineData("GET", "/v2/manage/namespaces/nobody", "GET /v2/manage/namespaces/{namespace}")]
    [InlineData("GET", "/v4/default/registry/microservices/unknown", "GET /v4/{project}/registry/microservices/{serviceId}")]
    [InlineData("GET", "/v2/nobody/app/manifests/latest", "GET /v2/{name}/manifests/{reference}")]
    [InlineData("PUT", "/nothing/of/the/kind", "PUT")]
    public async Task A_refused_request_is_found_by_its_id(string method, string path, string name)
    {
        using var registry = _app.Registry();
        using var request = new HttpRequestMessage(new(method), path);
        using var response = await (path.Contains("/manifests/", StringComparison.Ordinal) ? registry : _app.Admin).SendAsync(request, Cancellation);
        Assert.InRange((int)response.StatusCode, 400, 499);

        var root = await RootAsync(response);

        Assert.Equal(name, root.GetProperty("name").GetString());
        Assert.Equal("SERVER", root.GetProperty("kind").GetString());
        Assert.Equal("stagedoor", root.GetProperty("application").GetString());
        var attributes = root.GetProperty("attributes");
        Assert.Equal((int)response.StatusCode, attributes.GetProperty("http.response.status_code").GetInt32());
        Assert.Equal(path, attributes.GetProperty("url.path").GetString());
        Assert.Equal(response.Headers.GetValues("X-Stagedoor-Error-Code").Single(), attributes.GetProperty("error.type").GetString());
        Assert.Equal("127.0.0.1", attributes.GetProperty("client.address").GetString());
        Assert.Equal((await response.Content.ReadAsByteArrayAsync(Cancellation)).Length, attributes.GetProperty("http.response.body.size").GetInt32());
        if (name.Contains(' ', StringComparison.Ordinal))
        {
            Assert.Equal(_app.FirstRun.DomainId, attributes.GetProperty("stagedoor.account.id").GetString());
            Assert.Equal(_app.FirstRun.User, attributes.GetProperty("stagedoor.user.name").GetString());
        }
    }

    [Fact]
    public async Task It_is_found_within_a_second()
    {
        using var response = await _app.Anonymous.GetAsync("/v3/users", Cancellation);
        var since = _app.Clock.GetTimestamp();

        await RootAsync(response);

        Assert.InRange(_app.Clock.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Successes_are_kept_by_chance_and_slow_ones_and_those_that_a_known_caller_wants()
    {
        var chosen = new string('3', 32);
        await GetAsync(_app.Admin, "/v3/users", null, HttpStatusCode.OK);
        using var anonymous = new HttpRequestMessage(HttpMethod.Get, "/v3") { Headers = { { "traceparent", $"00-{new string('4', 32)}-{new string('5', 16)}-01" } } };
        using var open = await _app.Anonymous.SendAsync(anonymous, Cancellation);
        Assert.True((int)open.StatusCode < 400, $"{open.StatusCode}");
        await GetAsync(_app.Admin, "/v3/users", $"00-{chosen}-{new string('2', 16)}-01", HttpStatusCode.OK);
        var root = await RootAsync(chosen);

        Assert.Equal(new string('2', 16), root.GetProperty("parentId").GetString());

        // It came last, and the writer takes one after the other.
        Assert.Equal([chosen], await TracesAsync());
        Assert.Null(await FindAsync(new string('4', 32)));
        await _app.RestartAsync(("Tracing:Own:SamplePerMille", "1000"));
        using var sampled = await _app.Admin.GetAsync("/v3/users", Cancellation);
        await RootAsync(sampled);
        await _app.RestartAsync(("Tracing:Own:SamplePerMille", "0"), ("Tracing:Own:SlowMilliseconds", "1"));
        using var slow = await _app.Admin.GetAsync("/v2/manage/namespaces", Cancellation);
        await RootAsync(slow);
    }

    [Fact]
    public async Task A_caller_that_speaks_B3_is_continued_and_says_what_is_kept()
    {
        var (dropped, kept, debugged) = (new string('6', 32), new string('7', 32), new string('8', 16));
        await GetAsync([("b3", $"{dropped}-{new string('2', 16)}-0")]);
        await GetAsync([("b3", $"{kept}-{new string('2', 16)}-1")]);
        await GetAsync([("X-B3-TraceId", debugged), ("X-B3-SpanId", new string('3', 16)), ("X-B3-Flags", "1")]);

        Assert.Equal(new string('3', 16), (await RootAsync(debugged)).GetProperty("parentId").GetString());
        Assert.Equal(new string('2', 16), (await RootAsync(kept)).GetProperty("parentId").GetString());
        Assert.Null(await FindAsync(dropped));

        async Task GetAsync((string Name, string Value)[] headers)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v3/users");
            foreach (var (name, value) in headers)
            {
                request.Headers.Add(name, value);
            }

            using var response = await _app.Admin.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Storage_is_below_the_request_and_shows_nothing_but_names()
    {
        await _app.RestartAsync(("Tracing:Own:SamplePerMille", "1000"));
        using var created = await PostAsync("/v2/manage/namespaces", """{"namespace":"quiet-words"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);

        var root = await RootAsync(created);

        var spans = Below(root).ToList();
        var insert = Assert.Single(spans, static s => s.GetProperty("name").GetString() is "INSERT organizations");
        var attributes = insert.GetProperty("attributes");
        Assert.Equal("images", attributes.GetProperty("db.namespace").GetString());
        Assert.Equal(1, attributes.GetProperty("stagedoor.rows").GetInt32());
        Assert.DoesNotContain("quiet-words", root.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("VALUES", root.ToString(), StringComparison.OrdinalIgnoreCase);
        Assert.All(spans, s => Assert.True(s.GetProperty("startTime").GetInt64() >= root.GetProperty("startTime").GetInt64()));
    }

    [Fact]
    public async Task A_fault_of_storage_names_the_statement_that_failed()
    {
        using var broken = _app.Sabotage("images").Unreadable("organizations");
        using var failed = await _app.Admin.GetAsync("/v2/manage/namespaces/team", Cancellation);
        Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);

        var root = await RootAsync(failed);

        Assert.Equal(1, root.GetProperty("status").GetInt32());
        var statement = Assert.Single(Below(root), static s => s.GetProperty("attributes").TryGetProperty("error.type", out _));
        Assert.Equal("SELECT organizations", statement.GetProperty("name").GetString());
        Assert.Equal("database_failed", statement.GetProperty("attributes").GetProperty("error.type").GetString());
        Assert.Equal(1, statement.GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task Traces_are_those_of_the_callers_project_and_of_nobody_else()
    {
        var account = (await IamModule.CreateAccountAsync(_app.Services, "elsewhere", Cancellation))!;
        using var other = _app.WithKeys(account.AccessKey, account.SecretKey);
        using var theirs = await other.GetAsync("/v2/manage/namespaces/their-secret", Cancellation);
        using var ours = await _app.Admin.GetAsync("/v2/manage/namespaces/our-secret", Cancellation);
        var id = IdOf(theirs);
        await Eventually.TrueAsync("the other account sees its trace", TimeSpan.FromSeconds(10), async () => await FindAsync(id, other, account.ProjectId) is not null);
        await RootAsync(ours);

        Assert.Null(await FindAsync(id));
        Assert.Null(await FindAsync(IdOf(ours), other, account.ProjectId));
    }

    [Fact]
    public async Task A_bad_signature_is_found_by_the_owner_of_the_key()
    {
        var account = (await IamModule.CreateAccountAsync(_app.Services, "signer", Cancellation))!;
        using var other = _app.WithKeys(account.AccessKey, account.SecretKey);
        using var wrong = _app.WithKeys(account.AccessKey, "not-the-secret-of-this-key");
        using var refused = await wrong.GetAsync("/v2/manage/namespaces", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        await Eventually.TrueAsync("the trace is there", TimeSpan.FromSeconds(10), async () => await FindAsync(IdOf(refused), other, account.ProjectId) is not null);

        var root = (await FindAsync(IdOf(refused), other, account.ProjectId))!.Value;
        Assert.False(root.GetProperty("attributes").TryGetProperty("stagedoor.user.name", out _));
    }

    [Fact]
    public async Task Probes_and_spans_that_come_are_no_traces_and_keys_in_paths_are_nowhere()
    {
        const string Key = "an-ingest-key-nobody-may-see";
        await _app.RestartAsync(("Tracing:Own:SamplePerMille", "1000"), ("Logging:Requests", "All"));
        foreach (var path in (string[])["/healthz", "/metrics", "/readyz"])
        {
            await GetAsync(_app.Anonymous, path, null, HttpStatusCode.OK);
        }

        using var refused = await _app.Anonymous.PostAsync($"/k/{Key}/v1/traces", null, Cancellation);
        using var unknown = await _app.Anonymous.PostAsync($"/k/{Key}/v1/trace", null, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        var root = await RootAsync(unknown);

        Assert.Equal("/k/********/v1/trace", root.GetProperty("attributes").GetProperty("url.path").GetString());
        Assert.Equal([IdOf(unknown)], (await TracesAsync()).Take(1));
        Assert.Null(await FindAsync(IdOf(refused)));
        await Eventually.TrueAsync("the line is there", TimeSpan.FromSeconds(10), () => _app.Log.Lines.Any(static l => l.Message.Contains("/k/********/v1/traces ", StringComparison.Ordinal)));
        Assert.DoesNotContain(_app.Log.Lines, static l => l.Message.Contains(Key, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_line_of_the_log_has_the_bytes_of_a_streamed_answer_and_the_id()
    {
        await _app.RestartAsync(("Logging:Requests", "All"));
        using var response = await _app.Admin.GetAsync("/v3/users", HttpCompletionOption.ResponseHeadersRead, Cancellation);
        var length = (await response.Content.ReadAsByteArrayAsync(Cancellation)).Length;
        LogLine? line = null;
        await Eventually.TrueAsync(
            "the line is there",
            TimeSpan.FromSeconds(10),
            () => (line = _app.Log.Lines.FirstOrDefault(l => l.Category is "Stagedoor.Requests" && l.Scopes.Contains(IdOf(response), StringComparison.Ordinal))) is not null);

        Assert.Matches($"^GET /v3/users 200 - \\d+ ms {length} bytes {_app.FirstRun.Domain}/{_app.FirstRun.User} 127\\.0\\.0\\.1$", line!.Message);
    }

    [Fact]
    public async Task An_attempt_at_a_job_is_in_the_trace_of_the_request_that_asked_for_it()
    {
        await using var target = await StagedoorApp.StartAsync(("Modules", "images"), ("Images:AutoCreateOrganization", "true"));
        await _app.RestartAsync(
            ("Tracing:Own:SamplePerMille", "1000"),
            ("Images:Sync:Regions:there:Type", "swr"),
            ("Images:Sync:Regions:there:Endpoint", target.Url),
            ("Images:Sync:Regions:there:User", target.FirstRun.RegistryUser),
            ("Images:Sync:Regions:there:Password", target.FirstRun.RegistryKey));
        await PushAsync();
        using var asked = await PostAsync("/v2/manage/namespaces/team/repos/app/sync_images", """{"remoteRegionId":"there","remoteNamespace":"backup","imageTag":["1"]}""");
        Assert.Equal("", asked.IsSuccessStatusCode ? "" : await asked.Content.ReadAsStringAsync(Cancellation));
        JsonElement? attempt = null;
        await Eventually.TrueAsync(
            "the attempt is in the trace",
            TimeSpan.FromSeconds(30),
            async () => await FindAsync(IdOf(asked)) is { } root
                && (attempt = Below(root).Cast<JsonElement?>().FirstOrDefault(static s => s!.Value.GetProperty("kind").GetString() is "CONSUMER")) is not null);

        Assert.Equal("process sync", attempt!.Value.GetProperty("name").GetString());
        Assert.Equal("done", attempt.Value.GetProperty("attributes").GetProperty("stagedoor.job.outcome").GetString());
        var calls = Below(attempt.Value).Where(static s => s.GetProperty("attributes").TryGetProperty("server.port", out _)).ToList();
        Assert.NotEmpty(calls);
        Assert.All(calls, c => Assert.Equal(new Uri(target.Url).Port, c.GetProperty("attributes").GetProperty("server.port").GetInt32()));
    }

    [Fact]
    public async Task What_waits_when_the_server_is_stopped_is_written_before_it_ends()
    {
        string id;
        using (_app.Sabotage("gateway").Unreadable("domain"))
        {
            using var refused = await _app.Anonymous.GetAsync("/v3/users", Cancellation);
            id = IdOf(refused);
            await Eventually.TrueAsync(
                "it waits", TimeSpan.FromSeconds(20), () => _app.Log.Lines.Any(static l => l.Message.StartsWith("Traces of the server's own requests cannot be written", StringComparison.Ordinal)));
        }

        await _app.RestartAsync();

        await RootAsync(id);
    }

    [Fact]
    public async Task They_are_sent_to_another_collector_too_and_one_that_is_dead_costs_nothing()
    {
        await using var collector = await StagedoorApp.StartAsync([("Modules", "tracing"), .. s_settings]);
        await _app.RestartAsync(("Tracing:Own:Export:Endpoint", collector.Url));
        using var refused = await _app.Anonymous.GetAsync("/v3/users", Cancellation);
        await Eventually.TrueAsync(
            "the collector has it", TimeSpan.FromSeconds(20), async () => await FindAsync(IdOf(refused), collector.Admin, collector.FirstRun.ProjectId) is not null);
        await _app.RestartAsync(("Tracing:Own:Export:Endpoint", "http://127.0.0.1:9"));
        using var later = await _app.Anonymous.GetAsync("/v3/users", Cancellation);
        await RootAsync(later);
    }

    private static string IdOf(HttpResponseMessage response) => response.Headers.GetValues("X-Request-Id").Single();

    private static IEnumerable<JsonElement> Below(JsonElement span) =>
        span.GetProperty("children").EnumerateArray().SelectMany(static c => Below(c).Prepend(c));

    private static async Task GetAsync(HttpClient client, string path, string? parent, HttpStatusCode status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (parent is not null)
        {
            request.Headers.Add("traceparent", parent);
        }

        using var response = await client.SendAsync(request, Cancellation);
        Assert.Equal(status, response.StatusCode);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await _app.Admin.PostAsync(path, content, Cancellation);
    }

    private Task<JsonElement> RootAsync(HttpResponseMessage response) => RootAsync(IdOf(response));

    private async Task<JsonElement> RootAsync(string id)
    {
        JsonElement? found = null;
        await Eventually.TrueAsync($"the trace {id} is there", TimeSpan.FromSeconds(15), async () => (found = await FindAsync(id)) is not null);
        return found!.Value;
    }

    /// <summary>The first span of the trace as the query of its tree answers; null when there is no such trace.</summary>
    private async Task<JsonElement?> FindAsync(string id, HttpClient? client = null, string? project = null)
    {
        using var response = await (client ?? _app.Admin).GetAsync($"/v1/{project ?? _app.FirstRun.ProjectId}/ats/traces/{id}", Cancellation);
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        if (!response.IsSuccessStatusCode)
        {
            Assert.Equal(NoTraces, body.GetProperty("errorCode").GetString());
            return null;
        }

        return body.GetProperty("responseInfo").GetProperty("spanTree")[0];
    }

    /// <summary>The ids of the traces, without those of the questions about them that found nothing.</summary>
    private async Task<IReadOnlyList<string?>> TracesAsync()
    {
        var now = _app.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        using var response = await _app.Admin.GetAsync(
            $"/v1/{_app.FirstRun.ProjectId}/ats/traces?application=stagedoor&startTime={now - 3_600_000}&endTime={now + 3_600_000}&limit=1000", Cancellation);
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        return [.. body.GetProperty("responseInfo").GetProperty("traceChains").EnumerateArray()
            .Where(static t => !t.GetProperty("transaction").GetString()!.Contains("/ats/", StringComparison.Ordinal)).Select(static t => t.GetProperty("traceId").GetString())];
    }

    private async Task PushAsync()
    {
        using var created = await PostAsync("/v2/manage/namespaces", """{"namespace":"team"}""");
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        using var registry = _app.Registry();
        var blob = "{}"u8.ToArray();
        var digest = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(blob))}";
        using var content = new ByteArrayContent(blob) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        using var pushed = await registry.PostAsync($"/v2/team/app/blobs/uploads/?digest={digest}", content, Cancellation);
        Assert.Equal(HttpStatusCode.Created, pushed.StatusCode);
        const string Type = "application/vnd.oci.image.manifest.v1+json";
        using var manifest = new StringContent(
            $$"""{"schemaVersion":2,"mediaType":"{{Type}}","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{digest}}","size":2},"layers":[]}""", Encoding.UTF8, Type);
        manifest.Headers.ContentType = new(Type);
        using var tagged = await registry.PutAsync("/v2/team/app/manifests/1", manifest, Cancellation);
        Assert.Equal(HttpStatusCode.Created, tagged.StatusCode);
    }
}
