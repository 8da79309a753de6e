using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>What credentials are refused with where spans are sent and read: the gateway's own codes, in the forms of the protocols.</summary>
public sealed class DoorRefusalTests : TraceService
{
    private const string Key = "a-good-key-for-the-tests";

    private const string OtherKey = "another-key-for-the-tests";
    private const string OtherProject = "0123456789abcdef0123456789abcdef";

    // A sender and a reader of each form.
    private static readonly (HttpMethod Method, string Path)[] s_doors =
    [
        (HttpMethod.Post, "/v1/traces"), (HttpMethod.Post, "/api/v2/spans"), (HttpMethod.Get, "/api/services"), (HttpMethod.Get, "/api/v2/services"),
    ];

    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Gateway:RefusalsPerSecondPerAddress", "3"), ("Tracing:Keys:0:Key", Key), ("Tracing:ReadKeys:0:Key", Key), ("Tracing:OtlpGrpcListen", "http://127.0.0.1:0"),
    ];

    [Fact]
    public async Task Trying_keys_is_slowed_down_and_a_good_key_is_not()
    {
        foreach (var (method, path) in s_doors)
        {
            var first = await WaitForSecondAsync(method, path);
            var others = await ManyAsync(method, path, "nobody-knows-this-key");

            Assert.Equal((HttpStatusCode.Unauthorized, "APIGW.0301"), first);
            Assert.Contains((HttpStatusCode.TooManyRequests, "APIGW.0308"), others);
            Assert.All(await ManyAsync(method, path, Key), static a => Assert.Equal(HttpStatusCode.OK, a.Status is HttpStatusCode.Accepted ? HttpStatusCode.OK : a.Status));
        }
    }

    [Fact]
    public async Task Trying_tokens_and_keys_in_paths_is_slowed_down_too()
    {
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 6; i++)
        {
            using var token = await ExportAsync([], headers: ("X-Auth-Token", "none"));
            using var path = await ExportAsync([], path: $"/k/wrong-{i}/v1/traces");
            answers.AddRange([token.StatusCode, path.StatusCode]);
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, answers);
        using var last = await ExportAsync([], headers: ("Authentication", Key));
        Assert.Equal(HttpStatusCode.OK, last.StatusCode);
    }

    [Fact]
    public async Task A_call_that_tries_keys_has_exhausted_a_resource_and_is_told_when_to_come_again()
    {
        var address = App.Services.GetRequiredService<BoundListeners>().Others.Single(static o => o.Listener == TracingModule.OtlpGrpc).Address;
        using var client = new OutgoingClient { BaseAddress = new(address) };
        var answers = new List<(string Status, string Code, bool HasDetails)>();
        for (var i = 0; i < 12; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc") } },
            };
            request.Headers.Authorization = new("Bearer", "nobody-knows-this-key");
            using var response = await client.SendAsync(request, Cancellation);
            await response.Content.ReadAsByteArrayAsync(Cancellation);
            string One(string name) => response.TrailingHeaders.TryGetValues(name, out var trailer) ? trailer.Single() : response.Headers.TryGetValues(name, out var header) ? header.Single() : "";
            answers.Add((One("grpc-status"), One("X-Stagedoor-Error-Code"), One("grpc-status-details-bin").Length > 0));
        }

        Assert.Contains(("16", "APIGW.0301", false), answers);
        Assert.Contains(("8", "APIGW.0308", true), answers);
    }

    [Fact]
    public async Task A_credential_is_refused_with_the_code_that_the_gateway_has_for_it()
    {
        await App.RestartAsync(("Gateway:RefusalsPerSecondPerAddress", "0"));
        foreach (var (method, path) in s_doors)
        {
            Assert.Equal((HttpStatusCode.Unauthorized, "APIGW.0305"), await AnswerAsync(App.Anonymous, method, path, static r => r.Headers.TryAddWithoutValidation("Authorization", "SDK-HMAC-SHA256 nonsense")));
            Assert.Equal(
                (HttpStatusCode.Forbidden, "APIGW.0310"),
                await AnswerAsync(App.Admin, method, path, static r => r.Headers.Add("X-Project-Id", "0123456789abcdef0123456789abcdef")));
            Assert.Equal((HttpStatusCode.Unauthorized, "APIGW.0301"), await AnswerAsync(App.Anonymous, method, path, static r => r.Headers.Add("X-Auth-Token", "none")));
        }
    }

    [Fact]
    public async Task A_token_of_a_user_who_is_switched_off_has_to_be_updated()
    {
        await App.RestartAsync(("Gateway:RefusalsPerSecondPerAddress", "0"));
        var token = await TokenAsync();
        using var client = App.WithToken(token);
        App.Sabotage("gateway").Execute("UPDATE domain SET enabled = 0");

        // What is known of an account counts for a second.
        await Eventually.TrueAsync("the refusal of the token", App.Clock, TimeSpan.FromSeconds(20), async () =>
            await AnswerAsync(client, HttpMethod.Get, "/api/services") is (HttpStatusCode.Unauthorized, _));
        foreach (var (method, path) in s_doors)
        {
            Assert.Equal((HttpStatusCode.Unauthorized, "APIGW.0307"), await AnswerAsync(client, method, path));
        }
    }

    [Fact]
    public async Task A_signed_body_over_the_limit_is_too_large()
    {
        foreach (var (method, path) in s_doors.Where(static d => d.Method == HttpMethod.Post))
        {
            Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "APIGW.0201"), await AnswerAsync(App.Admin, method, path, static r => r.Content = Body(new byte[13 << 20], r)));
        }
    }

    [Fact]
    public async Task A_directory_that_does_not_answer_is_no_fault_of_the_credential()
    {
        var token = await TokenAsync();
        await App.RestartAsync();
        using var client = App.WithToken(token);
        using var broken = App.Sabotage("gateway").Unreadable("iam_user");

        foreach (var (method, path) in s_doors)
        {
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "APIGW.0613"), await AnswerAsync(client, method, path));
        }
    }

    [Fact]
    public async Task Whoever_shows_what_is_not_known_is_not_anonymous()
    {
        await App.RestartAsync(("Gateway:RefusalsPerSecondPerAddress", "0"));
        foreach (var (method, path) in s_doors)
        {
            Assert.Equal("", (await AnswerAsync(App.Anonymous, method, path)).Code);
            foreach (var (name, value) in new[] { ("Authorization", "garbage"), ("Authorization", "Digest x"), ("Authorization", "Basic dTp4"), ("Authorization", "Bearer"), ("x-otlp-api-key", "wrong"), ("Authentication", "wrong") })
            {
                Assert.Equal((HttpStatusCode.Unauthorized, "APIGW.0301"), await AnswerAsync(App.Anonymous, method, path, r => r.Headers.TryAddWithoutValidation(name, value)));
            }

            // What stands in front may have a login of its own.
            Assert.Equal("", (await AnswerAsync(App.Anonymous, method, path, static r =>
            {
                r.Headers.TryAddWithoutValidation("Authorization", "Digest x");
                r.Headers.TryAddWithoutValidation("Authentication", Key);
            })).Code);
        }
    }

    [Fact]
    public async Task Credentials_for_different_projects_in_one_request_are_refused()
    {
        AddProject(OtherProject);
        await App.RestartAsync(
            ("Gateway:RefusalsPerSecondPerAddress", "0"), ("Tracing:Keys:1:Key", OtherKey), ("Tracing:Keys:1:Project", OtherProject), ("Tracing:ReadKeys:1:Key", OtherKey), ("Tracing:ReadKeys:1:Project", OtherProject));
        foreach (var (method, path) in s_doors)
        {
            static void Show(HttpRequestMessage request, string bearer, string other)
            {
                request.Headers.Authorization = new("Bearer", bearer);
                request.Headers.TryAddWithoutValidation("x-otlp-api-key", other);
            }

            Assert.Equal("", (await AnswerAsync(App.Anonymous, method, path, static r => Show(r, OtherKey, OtherKey))).Code);
            Assert.Equal("APIGW.0301", (await AnswerAsync(App.Anonymous, method, path, static r => Show(r, Key, OtherKey))).Code);
            Assert.Equal("APIGW.0301", (await AnswerAsync(App.Admin, method, path, static r => r.Headers.TryAddWithoutValidation("x-otlp-api-key", OtherKey))).Code);
            Assert.Equal("", (await AnswerAsync(App.Admin, method, path, static r => r.Headers.TryAddWithoutValidation("x-otlp-api-key", Key))).Code);
        }
    }

    [Fact]
    public async Task A_key_for_a_project_that_is_not_there_is_refused_and_told_at_the_start()
    {
        await App.RestartAsync(
            ("Tracing:Keys:1:Key", OtherKey), ("Tracing:Keys:1:Project", OtherProject), ("Tracing:ReadKeys:1:Key", OtherKey), ("Tracing:ReadKeys:1:Project", OtherProject));

        Assert.Equal(["Keys", "ReadKeys"], App.Log.Lines.Where(static l => l.Message.Contains(OtherProject, StringComparison.Ordinal)).Select(static l => l.Message.Split(':')[1]));
        foreach (var (method, path) in s_doors)
        {
            Assert.Equal((HttpStatusCode.Forbidden, "APIGW.0310"), await AnswerAsync(App.Anonymous, method, path, static r => r.Headers.Authorization = new("Bearer", OtherKey)));
        }
    }

    [Theory]
    [InlineData("domain")]
    [InlineData("project")]
    public async Task A_key_is_no_good_while_its_project_or_the_account_is_switched_off(string table)
    {
        App.Sabotage("gateway").Execute($"UPDATE {table} SET enabled = 0");
        await Eventually.TrueAsync("the refusal of the key", App.Clock, TimeSpan.FromSeconds(20), async () => await WithKeyAsync(HttpMethod.Get, "/api/services") is (HttpStatusCode.Forbidden, _));
        foreach (var (method, path) in s_doors)
        {
            Assert.Equal((HttpStatusCode.Forbidden, "APIGW.0310"), await WithKeyAsync(method, path));
            Assert.Equal((HttpStatusCode.Forbidden, "APIGW.0310"), await AnswerAsync(App.Anonymous, method, path));
        }

        App.Sabotage("gateway").Execute($"UPDATE {table} SET enabled = 1");
        await Eventually.TrueAsync("the key's being good again", App.Clock, TimeSpan.FromSeconds(20), async () => await WithKeyAsync(HttpMethod.Get, "/api/services") is (HttpStatusCode.OK, _));
    }

    private static AuthenticationHeaderValue Bearer { get; } = new("Bearer", Key);

    private Task<(HttpStatusCode Status, string Code)> WithKeyAsync(HttpMethod method, string path) => AnswerAsync(App.Anonymous, method, path, static r => r.Headers.Authorization = Bearer);

    private static ByteArrayContent Body(byte[] bytes, HttpRequestMessage request) => new(bytes)
    {
        Headers = { ContentType = new(request.RequestUri!.OriginalString.EndsWith("/v1/traces", StringComparison.Ordinal) ? "application/x-protobuf" : "application/json") },
    };

    private static async Task<(HttpStatusCode Status, string Code)> AnswerAsync(HttpClient client, HttpMethod method, string path, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (method == HttpMethod.Post)
        {
            request.Content = Body(path.EndsWith("/v1/traces", StringComparison.Ordinal) ? [] : "[]"u8.ToArray(), request);
        }

        change?.Invoke(request);
        using var response = await client.SendAsync(request, Cancellation);
        return (response.StatusCode, response.Headers.TryGetValues("X-Stagedoor-Error-Code", out var codes) ? codes.Single() : "");
    }

    private async Task<(HttpStatusCode Status, string Code)> WaitForSecondAsync(HttpMethod method, string path)
    {
        (HttpStatusCode, string) answer = default;
        await Eventually.TrueAsync("a second without refusals", App.Clock, TimeSpan.FromSeconds(20), async () =>
        {
            answer = await AnswerAsync(App.Anonymous, method, path, static r => r.Headers.Authorization = new("Bearer", "nobody-knows-this-key"));
            return answer.Item1 is not HttpStatusCode.TooManyRequests;
        });
        return answer;
    }

    private async Task<IReadOnlyList<(HttpStatusCode Status, string Code)>> ManyAsync(HttpMethod method, string path, string key)
    {
        var answers = new List<(HttpStatusCode, string)>();
        for (var i = 0; i < 12; i++)
        {
            answers.Add(await AnswerAsync(App.Anonymous, method, path, r => r.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key)));
        }

        return answers;
    }
}
