using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Stagedoor.Tracing.Ingest;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>A whole installation with the trace service, and what its tests have in common.</summary>
public abstract class TraceService : IAsyncLifetime
{
    /// <summary>The installation.</summary>
    protected StagedoorApp App { get; private set; } = null!;

    /// <summary>The project of its first account.</summary>
    protected string Project => App.FirstRun.ProjectId;

    /// <summary>What time it is there, in nanoseconds since the Unix epoch.</summary>
    protected ulong Now => (ulong)(App.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    private protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Settings that it is started with, beside that what it does itself is no trace among those that are sent.</summary>
    protected virtual IEnumerable<(string Key, string Value)> Settings => [];

    public async ValueTask InitializeAsync() =>
        App = await StagedoorApp.StartAsync([("Modules", "tracing"), ("Tracing:Own:Enabled", "false"), .. Settings]);

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>A span of protobuf that began so many seconds ago.</summary>
    private protected Message Span(byte trace, byte id, byte parent = 0, SpanKind kind = SpanKind.Server, string name = "GET /", double secondsAgo = 10, long micros = 1000)
    {
        var start = Now - (ulong)(secondsAgo * 1_000_000_000);
        var span = new Message().Blob(1, Message.Id(16, trace)).Blob(2, Message.Id(8, id)).Text(5, name).Number(6, (ulong)kind).Fixed64(7, start).Fixed64(8, start + ((ulong)micros * 1000));
        return parent == 0 ? span : span.Blob(4, Message.Id(8, parent));
    }

    /// <summary>A request with spans of one service.</summary>
    private protected static byte[] Of(string service, params Message[] spans) => Of([("service.name", service)], spans);

    /// <summary>A request with spans of one resource.</summary>
    private protected static byte[] Of((string Key, string Value)[] resource, params Message[] spans)
    {
        var of = new Message();
        foreach (var (key, value) in resource)
        {
            of.Inner(1, Message.Pair(key, value));
        }

        var scope = new Message();
        foreach (var span in spans)
        {
            scope.Inner(2, span);
        }

        return new Message().Inner(1, new Message().Inner(1, of).Inner(2, scope)).Bytes;
    }

    /// <summary>Sends by OTLP over HTTP.</summary>
    private protected async Task<HttpResponseMessage> ExportAsync(byte[] body, string mediaType = OtlpAnswer.Protobuf, string? encoding = null, HttpClient? client = null, string path = "/v1/traces", params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(body) };
        if (mediaType.Length > 0)
        {
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(mediaType);
        }

        if (encoding is not null)
        {
            request.Content.Headers.ContentEncoding.Add(encoding);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await (client ?? App.Anonymous).SendAsync(request, Cancellation);
    }

    /// <summary>Sends what is taken as it is.</summary>
    private protected async Task SendAsync(byte[] body)
    {
        using var response = await ExportAsync(body);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync(Cancellation));
    }

    /// <summary>What a query of the project answers.</summary>
    private protected async Task<JsonElement> QueryAsync(string path, HttpStatusCode status = HttpStatusCode.OK, string? project = null)
    {
        using var response = await App.Admin.GetAsync($"/v1/{project ?? Project}/{path}", Cancellation);
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == status, body);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonElement.Parse(body);
    }

    /// <summary>The names that a query answers.</summary>
    private protected async Task<IReadOnlyList<string?>> NamesAsync(string path) =>
        [.. (await QueryAsync(path)).GetProperty("responseInfo").EnumerateArray().Select(static e => e.GetString())];

    /// <summary>A window around now.</summary>
    private protected string Window => string.Create(CultureInfo.InvariantCulture, $"startTime={(Now / 1_000_000) - 3_600_000}&endTime={(Now / 1_000_000) + 3_600_000}");

    /// <summary>Adds an account that has this project.</summary>
    private protected void AddProject(string id) => App.Sabotage("gateway").Execute($"""
        INSERT INTO domain (id, name, description, enabled, created_at) VALUES ('fedcba9876543210fedcba9876543210', 'elsewhere', '', 1, 9000000000000);
        INSERT INTO project (id, domain_id, parent_id, name, description, enabled, created_at)
        VALUES ('{id}', 'fedcba9876543210fedcba9876543210', 'fedcba9876543210fedcba9876543210', 'other', '', 1, 9000000000000)
        """);

    /// <summary>A token of the first account's administrator.</summary>
    private protected async Task<string> TokenAsync()
    {
        var keys = App.FirstRun;
        using var response = await App.Anonymous.PostAsJsonAsync(
            "/v3/auth/tokens",
            new
            {
                auth = new
                {
                    identity = new { methods = new[] { "password" }, password = new { user = new { name = keys.User, password = keys.Password, domain = new { name = keys.Domain } } } },
                    scope = new { project = new { name = keys.Project } },
                },
            },
            Cancellation);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    /// <summary>What a target is answered with that no client library would send.</summary>
    private protected async Task<RawResponse> GetRawAsync(string target) =>
        await App.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: {await TokenAsync()}\r\nConnection: close\r\n\r\n");

    private protected static async Task<string> TextOf(HttpResponseMessage response) => Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(Cancellation));
}
