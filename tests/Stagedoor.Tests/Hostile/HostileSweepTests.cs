using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Hostile;

/// <summary>
/// Sends every operation of the host the same bad things, with a good credential and without one. What it answers is a coded refusal in its
/// own shape, or a success; never a fault, never a wait, and nothing in the log that nobody has foreseen.
/// </summary>
public sealed class HostileSweepTests
{
    private const string RootPassword = "Hostile-Root-1";
    private const int Long = 64 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private static readonly string[] s_pathValues =
    [
        "%ED%A0%80", "%00", "%zz", "%", "%2F", "a%2Fb", "%252e%252e", "..", ".", "%5C", "9223372036854775808", "-1", "%F0%9F%98%80", "'%22%3B--", "%20",
        "%7B%7D", "a%0d%0ab", "sha256:0", "sha256:" + "g0000000000000000000000000000000000000000000000000000000000000000", new('x', 20_000), new('x', Long),
    ];

    private static readonly string[] s_queryNames =
    [
        "appId", "artifactType", "code", "count", "digest", "domain_id", "end", "endTime", "env", "filter", "force", "from", "interval", "lang", "last",
        "limit", "marker", "mount", "n", "name", "namespace", "nocatalog", "noCache", "offset", "options", "page", "per_page", "property", "q", "rev",
        "resource_type", "scope", "service", "serviceId", "serviceName", "start", "startTime", "tag", "tags", "to", "trace_name", "type", "user", "version", "withShared",
    ];

    private static readonly string[] s_queryValues =
    [
        "%ED%A0%80", "%00", "%zz", "9223372036854775808", "-1", "", "%F0%9F%98%80", "%25", "'%22%3B--", "1&{0}=2", "%0d%0a", "NaN", new('x', 500),
    ];

    private static readonly (string Name, string Value)[] s_headers =
    [
        ("X-Auth-Token", "not-a-token"), ("X-Auth-Token", ""), ("X-Auth-Token", new('x', 20_000)), ("X-Subject-Token", "\u00e9\u0080"), ("X-Project-Id", "\u00ff"),
        ("X-Project-Id", new('x', 20_000)), ("X-Project-Id", "0123456789abcdef0123456789abcdef"), ("X-Domain-Id", "foreign"),
        ("X-Domain-Name", "\u00c3\u00a9\u00c2\u0085"), ("X-Domain-Name", new('x', 20_000)), ("X-Tenant-Name", "'"), ("X-ConsumerId", "\u00e2\u0080\u00ae"),
        ("Authorization", "Basic %%%"), ("Authorization", "Basic " + "77+9AAo="), ("Authorization", "Bearer x.y.z"), ("Authorization", "Bearer "), ("Authorization", "Digest x"),
        ("Authorization", "SDK-HMAC-SHA256 Access=NOBODYSKEY0000000000, SignedHeaders=x-sdk-date, Signature=" + "0000000000000000000000000000000000000000000000000000000000000000"),
        ("Authorization", "SDK-HMAC-SHA256 Access=, SignedHeaders=;;, Signature=zz"), ("Authorization", "V11-HMAC-SHA256 Credential=a/b/c/d, SignedHeaders=host, Signature=0"),
        ("X-Service-AK", "nobody"), ("X-Service-ShaAKSK", "00"), ("X-Service-Project", "%zz"), ("Range", "bytes=9223372036854775808-"), ("Range", "bytes=-0"),
        ("Content-Range", "9223372036854775808-1"), ("Content-Range", "a-b"), ("If-None-Match", "\"\\"), ("If-Modified-Since", "never"), ("Accept", ",;q=x"),
        ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site"), ("X-Forwarded-For", "999.1.1.1,,"), ("Forwarded", "for=\"_x"), ("Connection", "Upgrade"),
        ("Upgrade", "websocket"), ("Sec-WebSocket-Key", "x"), ("Expect", "nothing"), ("traceparent", "00-zz"), ("b3", "zz-0"), ("X-B3-TraceId", "zz"), ("X-Apig-Mode", "debug"), ("Cookie", ";;="), ("Host", "evil.example"),
    ];

    private readonly ConcurrentBag<(string Door, string Attack, string Problem)> _wrong = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_operation_refuses_bad_requests_in_its_own_words()
    {
        await using var app = await StagedoorApp.StartAsync(Settings());

        await SweepAsync(app);
    }

    [Fact]
    public async Task Every_operation_does_so_on_PostgreSQL()
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var app = await StagedoorApp.StartAsync(
            [.. Settings(), ("Storage:Database", "postgresql"), ("Storage:PostgreSql", database.ConnectionString)]);

        await SweepAsync(app);
    }

    private static (string Key, string Value)[] Settings() =>
    [
        // What is looked for is behind the limits on how often one may try.
        ("Gateway:RequestsPerSecond", "0"), ("Gateway:LoginsPerMinute", "1000000"), ("Gateway:PasswordIterations", "100000"),
        ("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:RootPassword", RootPassword), ("Discovery:Rbac:PasswordIterations", "10000"), ("Discovery:Rules", "true"),
        // Switched off it answers 500, as the original service does.
        ("Images:Packages:Signing", "true"),
    ];

    private async Task SweepAsync(StagedoorApp app)
    {
        var doors = Door.All(app.Services.GetRequiredService<EndpointDataSource>());
        Assert.NotEmpty(doors);
        using var client = new OutgoingClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
        })
        {
            BaseAddress = new(app.Url),
            Timeout = s_patience,
        };
        var credentials = await Credentials.OfAsync(app, RootPassword);

        await Parallel.ForEachAsync(doors, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Cancellation }, async (door, _) =>
        {
            foreach (var attack in Attacks(door))
            {
                await TryAsync(client, door, attack, credentials.For(door));
            }

            await CutAsync(app, door, credentials.For(door));
        });

        using var alive = await client.GetAsync(new Uri("/healthz", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, alive.StatusCode);
        var unforeseen = app.Log.Lines.Where(static l => l.Level >= LogLevel.Error).Select(static l => l.ToString()).ToList();
        // One line for what went wrong in the same way, with the first of many operations.
        var kinds = _wrong.GroupBy(static w => w.Problem).Select(static g => $"{g.Count()} x {g.Key} | {string.Join(", ", g.Select(static w => $"{w.Door} {w.Attack}").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(4))}");
        Assert.True(
            _wrong.IsEmpty && unforeseen is [],
            $"{_wrong.Count} wrong answers, {unforeseen.Count} lines in the log:\n{string.Join('\n', kinds.Order(StringComparer.Ordinal).Take(40))}\n{string.Join('\n', unforeseen.Take(10))}");
    }

    private static IEnumerable<Attack> Attacks(Door door)
    {
        var good = door.PathWith(Plausible);
        yield return new("nothing wrong", good);
        yield return new("no credential", good) { HasCredential = false };
        foreach (var parameter in door.Parameters.Distinct(StringComparer.Ordinal))
        {
            foreach (var value in s_pathValues)
            {
                yield return new($"{{{parameter}}} = {Short(value)}", door.PathWith(name => string.Equals(name, parameter, StringComparison.Ordinal) ? value : Plausible(name)));
            }
        }

        foreach (var value in s_queryValues)
        {
            var query = string.Join('&', s_queryNames.Select(name => $"{name}={value.Replace("{0}", name, StringComparison.Ordinal)}"));
            yield return new($"queries = {Short(value)}", $"{good}?{query}");
        }

        foreach (var (name, value) in s_headers)
        {
            yield return new($"{name}: {Short(value)}", good) { Headers = [(name, value)] };
            yield return new($"{name}: {Short(value)}, no credential", good) { Headers = [(name, value)], HasCredential = false };
        }

        yield return new("all credentials at once", good)
        {
            Headers = [("X-Auth-Token", "x"), ("Authorization", "Basic eDp5"), ("X-Service-AK", "a"), ("X-Service-ShaAKSK", "b"), ("X-Service-Project", "c")],
            HasCredential = false,
        };
        if (door.HasBody)
        {
            foreach (var body in BadBodies.Of(SampleBodies.Of(door)))
            {
                yield return new($"body: {body.Name}", good) { Body = body };
            }

            var bytes = new BadBody("no JSON", "<xml/>"u8.ToArray(), "application/json");
            yield return new("body: no JSON, no credential", good) { Body = bytes, HasCredential = false };
            yield return new("body: text/plain, no credential", good) { Body = bytes with { ContentType = "text/plain" }, HasCredential = false };
        }
    }

    private static string Plausible(string name) => name switch
    {
        "project" => "default",
        "serviceId" => SampleBodies.Service,
        "digest" => "sha256:" + SampleBodies.Service + SampleBodies.Service[..24],
        "apiVersion" => "v2",
        "code" => "APIGW.0101",
        "documentName" => "images",
        "id" or "scope" or "user" or "role" => SampleBodies.Service[..32],
        _ => "hostile",
    };

    private static string Short(string value) => value.Length <= 40 ? value : $"{value.Length} characters";

    private async Task TryAsync(HttpClient client, Door door, Attack attack, (string Name, string Value)? credential)
    {
        using var request = new HttpRequestMessage(
            new(door.Method), new Uri(client.BaseAddress!.ToString().TrimEnd('/') + attack.Target, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        if (attack.Body is { } body)
        {
            request.Content = new ByteArrayContent(body.Bytes);
            if (body.ContentType is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Type", body.ContentType);
            }
        }

        if (attack.HasCredential && credential is { } known)
        {
            request.Headers.TryAddWithoutValidation(known.Name, known.Value);
        }

        foreach (var (name, value) in attack.Headers)
        {
            if (name.StartsWith("Content-", StringComparison.Ordinal))
            {
                request.Content ??= new ByteArrayContent([]);
                request.Content.Headers.TryAddWithoutValidation(name, value);
            }
            else
            {
                request.Headers.Remove(name);
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
            var isTaken = (int)response.StatusCode < 400 && attack.Body?.Name is BadBodies.SameTwice && !door.Template.EndsWith("/metric", StringComparison.Ordinal) && !door.ReadsSpans
                && SampleBodies.AreRead(door);
            if ((isTaken ? "what is there twice is taken" : await ProblemAsync(door, response)) is { } problem)
            {
                _wrong.Add((door.ToString(), attack.Name, Regex.Replace(problem, "[0-9a-f]{32}", "…", RegexOptions.NonBacktracking)));
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TaskCanceledException && !Cancellation.IsCancellationRequested)
        {
            _wrong.Add((door.ToString(), attack.Name, $"{e.GetType().Name} {e.Message}"));
        }
    }

    // The body is announced and ends half-way, with the connection.
    private static async Task CutAsync(StagedoorApp app, Door door, (string Name, string Value)? credential)
    {
        if (!door.HasBody)
        {
            return;
        }

        var uri = new Uri(app.Url);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
        await using var stream = tcp.GetStream();
        var header = credential is { } known ? $"{known.Name}: {known.Value}\r\n" : "";
        var path = door.PathWith(Plausible);
        await stream.WriteAsync(
            Encoding.Latin1.GetBytes($"{door.Method} {path} HTTP/1.1\r\nHost: {uri.Authority}\r\nContent-Type: application/json\r\n{header}Content-Length: 100\r\n\r\n{{\"a\":"), Cancellation);
    }

    private static async Task<string?> ProblemAsync(Door door, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status < 400)
        {
            return null;
        }

        // Documented of the original: what is no measure is its fault.
        if (status == 500 && response.Headers.TryGetValues("X-Stagedoor-Error-Code", out var own) && own.Contains("SVCSTG.CSE.500500", StringComparer.Ordinal)
            && door.Template.EndsWith("/metric", StringComparison.Ordinal))
        {
            return null;
        }

        if (status >= 500)
        {
            return $"{status} {Cut(await response.Content.ReadAsStringAsync(Cancellation))}";
        }

        if (!response.Headers.TryGetValues("X-Request-Id", out _) || !response.Headers.TryGetValues("X-Stagedoor-Error-Code", out var codes))
        {
            return $"{status} without request id or code";
        }

        var text = await response.Content.ReadAsStringAsync(Cancellation);
        return string.Equals(door.Method, "HEAD", StringComparison.Ordinal) ? null
            : door.IsReader ? IsOfReaders(text, response.Content.Headers.ContentType?.MediaType) ? null : $"{status} in no reader's words: {Cut(text)}"
            : door.IsSender ? IsOfProtocol(text, response.Content.Headers.ContentType?.MediaType) ? null : $"{status} in no protocol: {Cut(text)}"
            // Pages for people say it in their words.
            : door.Template.StartsWith("/errors/", StringComparison.Ordinal) && response.Content.Headers.ContentType?.MediaType is "text/plain" or "text/html" ? null
            : response.Content.Headers.ContentType?.MediaType is not "application/json" ? $"{status} as {response.Content.Headers.ContentType}"
            : IsOwnShape(door, text, codes.First()) ? null : $"{status} in another shape: {Cut(text)}";
    }

    // Senders of spans are told in the words of their protocols: text, or a status of gRPC as JSON or protobuf. The gateway's own refusals are as everywhere.
    private static bool IsOfProtocol(string text, string? mediaType)
    {
        if (mediaType is not "application/json")
        {
            return mediaType is "text/plain" or "application/x-protobuf" && text.Length > 0;
        }

        using var json = JsonDocument.Parse(text);
        return json.RootElement.TryGetProperty("message", out _) || json.RootElement.TryGetProperty("error_code", out _);
    }

    // Readers of spans are told in the words of the product that they know: text, Jaeger's list of errors, or a single one.
    private static bool IsOfReaders(string text, string? mediaType)
    {
        if (mediaType is not "application/json")
        {
            return mediaType is "text/plain" && text.Length > 0;
        }

        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        return root.TryGetProperty("errors", out var errors) ? Text(errors[0], "msg") is { Length: > 0 }
            : root.TryGetProperty("error", out var error) ? Text(error, "message") is { Length: > 0 }
            : Text(root, "error_code") is { Length: > 0 };
    }

    private static bool IsOwnShape(Door door, string text, string code)
    {
        using var json = JsonDocument.Parse(text);
        var root = json.RootElement;
        if (door.IsRegistry)
        {
            return IsRegistryShape(root, code);
        }

        if (code.StartsWith("APIGW.", StringComparison.Ordinal))
        {
            return IsRegistryShape(root, code) ? door.Template.StartsWith("/{apiVersion", StringComparison.Ordinal) : Text(root, "error_code") == code && Text(root, "request_id") is { Length: 32 };
        }

        return door.Service switch
        {
            // The token endpoint speaks to the registry's clients.
            "images" => IsRegistryShape(root, code) || (root.ValueKind is JsonValueKind.Array && Text(root[0], "errorCode") == code),
            "iam" => Text(root, "error_code") == code && root.TryGetProperty("error", out _),
            "addons" => Text(root, "error_code") == code && Text(root, "error_msg") is { Length: > 0 },
            "discovery" or "monitoring" or "tracing" => Text(root, "errorCode") == code || Text(root, "error_code") == code,
            _ => false,
        };
    }

    private static bool IsRegistryShape(JsonElement root, string code) =>
        root.ValueKind is JsonValueKind.Object && root.TryGetProperty("errors", out var errors)
        && Text(errors[0], "code") is { Length: > 0 } && Text(errors[0].GetProperty("detail"), "errorCode") == code;

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static string Cut(string text) => text.Length <= 300 ? text : text[..300];

    private sealed record Attack(string Name, string Target)
    {
        public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

        public bool HasCredential { get; init; } = true;

        public BadBody? Body { get; init; }
    }

    /// <summary>A credential for each service, good enough for all its operations.</summary>
    private sealed record Credentials(string Token, string Basic, string Engine)
    {
        public static async Task<Credentials> OfAsync(StagedoorApp app, string rootPassword)
        {
            using var response = await app.Anonymous.PostAsJsonAsync("/v4/token", new { name = "root", password = rootPassword }, Cancellation);
            response.EnsureSuccessStatusCode();
            var engine = (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("token").GetString()!;
            var login = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{app.FirstRun.RegistryUser}:{app.FirstRun.RegistryKey}"));
            return new(await app.NewTokenAsync(), login, engine);
        }

        public (string Name, string Value)? For(Door door) =>
            door.IsRegistry ? ("Authorization", $"Basic {Basic}")
            : door.Service is "discovery" or "monitoring" ? ("Authorization", $"Bearer {Engine}")
            : door.Service.Length > 0 ? ("X-Auth-Token", Token)
            : null;
    }
}
