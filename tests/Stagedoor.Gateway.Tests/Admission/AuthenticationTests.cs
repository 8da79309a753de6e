using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Stagedoor.Gateway.Admission;
using Stagedoor.Gateway.Signing;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Admission;

/// <summary>Who is let through, and what the others are told.</summary>
public sealed class AuthenticationTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("APIGW.0301")]
    public async Task Without_a_credential_the_token_is_missed()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await host.Anonymous.GetAsync("/who", Cancellation);

        await TellsAsync(response, 401, "APIGW.0301", "Incorrect IAM authentication information: x-auth-token not found");
    }

    [Fact]
    public async Task A_token_is_let_through()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await GetAsync(host, "/who", ("X-Auth-Token", "good"));

        Assert.Equal("alice 0a1b2c3d4e5f60718293a4b5c6d7e8f9 Token", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    [Provokes("APIGW.0301")]
    public async Task A_token_that_nobody_issued_is_not_decrypted()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await GetAsync(host, "/who", ("X-Auth-Token", "forged"));

        await TellsAsync(response, 401, "APIGW.0301", "Incorrect IAM authentication information: decrypt token fail");
    }

    [Fact]
    [Provokes("APIGW.0307")]
    public async Task A_token_that_is_over_must_be_updated()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await GetAsync(host, "/who", ("X-Auth-Token", "expired"));

        await response.ShouldFailAsync(401, "APIGW.0307");
    }

    [Fact]
    public async Task A_signature_is_let_through()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await host.Signed.GetAsync("/who?b=2&a=1", Cancellation);

        Assert.Equal("alice 0a1b2c3d4e5f60718293a4b5c6d7e8f9 Signature", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    [Provokes("APIGW.0301")]
    public async Task A_wrong_signature_is_shown_the_servers_canonical_request()
    {
        await using var host = await PipelineHost.StartAsync();
        using var client = host.SignedBy("anotherSecret");

        using var response = await client.GetAsync("/who", Cancellation);

        await TellsAsync(
            response, 401, "APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:GET|/who/||host:");
    }

    [Fact]
    [Provokes("APIGW.0301")]
    public async Task An_unknown_key_does_not_exist()
    {
        await using var host = await PipelineHost.StartAsync();
        using var client = host.SignedBy("secret", "STAGEDOOREXAMPLEAK99");

        using var response = await client.GetAsync("/who", Cancellation);

        await TellsAsync(response, 401, "APIGW.0301", "Incorrect IAM authentication information: ak STAGEDOOREXAMPLEAK99 not exist");
    }

    [Fact]
    [Provokes("APIGW.0301")]
    public async Task An_inactive_key_is_named_so()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.KeyIsActive = false;

        using var response = await host.Signed.GetAsync("/who", Cancellation);

        await TellsAsync(response, 401, "APIGW.0301", "Incorrect IAM authentication information: ak STAGEDOOREXAMPLEAK01 is inactive");
    }

    [Theory]
    [InlineData(-870, true)]
    [InlineData(899, true)]
    [InlineData(-901, false)]
    [InlineData(930, false)]
    public async Task A_signature_holds_for_fifteen_minutes_both_ways(int seconds, bool holds)
    {
        await using var host = await PipelineHost.StartAsync();
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow().AddSeconds(seconds));
        using var client = host.SignedBy(FakeDirectory.SecretKey, clock: clock);

        using var response = await client.GetAsync("/who", Cancellation);

        if (holds)
        {
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
        else
        {
            await TellsAsync(
                response,
                401,
                "APIGW.0301",
                "Incorrect IAM authentication information: calc aksk signature fail:signature expired, signature time:");
        }
    }

    [Theory]
    [InlineData("Basic YWxpY2U6cGFzcw==", "the scheme is not SDK-HMAC-SHA256 or V11-HMAC-SHA256")]
    [InlineData("Bearer abc", "the scheme is not SDK-HMAC-SHA256 or V11-HMAC-SHA256")]
    [InlineData("none", "the scheme is not SDK-HMAC-SHA256 or V11-HMAC-SHA256")]
    [InlineData("SDK-HMAC-SM3 Access=a, SignedHeaders=b, Signature=c", "unsupported signing algorithm: SDK-HMAC-SM3")]
    [InlineData("sdk-hmac-sha256 Access=a, SignedHeaders=b, Signature=c", "unsupported signing algorithm: sdk-hmac-sha256")]
    [InlineData("SDK-HMAC-SHA256 Access=a", "malformed signature: ")]
    [Provokes("APIGW.0305")]
    public async Task Another_kind_of_credential_is_the_wrong_one(string authorization, string detail)
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await GetAsync(host, "/who", ("Authorization", authorization));

        await TellsAsync(response, 401, "APIGW.0305", $"Incorrect authentication information: {detail}");
    }

    [Fact]
    public async Task Beside_a_signature_the_token_is_ignored()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Signed.DefaultRequestHeaders.Add("X-Auth-Token", "forged");

        using var response = await host.Signed.GetAsync("/who", Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    [Provokes("APIGW.0305")]
    public async Task Identity_management_takes_one_credential_only()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Signed.DefaultRequestHeaders.Add("X-Auth-Token", "good");

        using var response = await host.Signed.PostAsync("/iam/echo", new StringContent("{}"), Cancellation);

        await response.ShouldFailAsync(401, "APIGW.0305");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    [InlineData(12 * 1024 * 1024)]
    public async Task The_handler_reads_the_very_body_that_was_signed(int length)
    {
        await using var host = await PipelineHost.StartAsync();
        var body = new byte[length];
        body.AsSpan().Fill(7);

        using var response = await host.Signed.PostAsync("/echo", new ByteArrayContent(body), Cancellation);

        Assert.Equal(
            $"{length} {Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(body))}",
            await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Provokes("APIGW.0201", Status = 413)]
    public async Task A_signed_body_over_12_MiB_is_too_large_wherever_it_goes(bool chunked)
    {
        await using var host = await PipelineHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/big") { Content = new ByteArrayContent(new byte[(12 * 1024 * 1024) + 1]) };
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await host.Signed.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(413, "APIGW.0201");
    }

    [Fact]
    public async Task With_a_token_a_route_without_limit_takes_more()
    {
        await using var host = await PipelineHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/big") { Content = new ByteArrayContent(new byte[13 * 1024 * 1024]) };
        request.Headers.Add("X-Auth-Token", "good");

        using var response = await host.Anonymous.SendAsync(request, Cancellation);

        Assert.StartsWith("13631488 ", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Provokes("APIGW.0201", Status = 413)]
    public async Task A_body_over_the_limit_of_the_gateway_is_too_large(bool chunked)
    {
        await using var host = await PipelineHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/echo") { Content = new ByteArrayContent(new byte[(12 * 1024 * 1024) + 1]) };
        request.Headers.Add("X-Auth-Token", "good");
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await host.Anonymous.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(413, "APIGW.0201");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_service_names_the_limit_of_its_own_route(bool chunked)
    {
        await using var host = await PipelineHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/named") { Content = new ByteArrayContent(new byte[11]) };
        request.Headers.Add("X-Auth-Token", "good");
        request.Headers.TransferEncodingChunked = chunked;

        using var response = await host.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Contains(Errors.ImagesCodes.FileTooLarge.Code, await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_outside_the_signature_is_let_through_when_the_statement_is_signed()
    {
        await using var host = await PipelineHost.StartAsync();

        var signature = await SendUnsignedAsync(host, "/echo");

        Assert.Equal(HttpStatusCode.OK, signature);
    }

    [Theory]
    [InlineData("/iam/echo")]
    [InlineData("/told")]
    public async Task A_body_that_says_what_is_to_be_done_is_not_taken_outside_the_signature(string path)
    {
        await using var host = await PipelineHost.StartAsync();

        var signature = await SendUnsignedAsync(host, path);

        Assert.Equal(HttpStatusCode.Unauthorized, signature);
    }

    [Fact]
    [Provokes("APIGW.0301")]
    public async Task Six_wrong_signatures_in_a_row_lock_the_key_here_for_five_minutes()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:TrustedProxies:0", "127.0.0.0/8"));
        using var guessing = host.SignedBy("guess");
        for (var i = 0; i < 5; i++)
        {
            using var wrong = await guessing.GetAsync("/who", Cancellation);
            await TellsAsync(wrong, 401, "APIGW.0301", "Incorrect IAM authentication information: verify aksk signature fail");
        }

        using var sixth = await guessing.GetAsync("/who", Cancellation);
        using var right = await host.Signed.GetAsync("/who", Cancellation);
        host.Signed.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        using var elsewhere = await host.Signed.GetAsync("/who", Cancellation);
        host.Signed.DefaultRequestHeaders.Remove("X-Forwarded-For");
        host.Clock.Advance(TimeSpan.FromMinutes(5));
        using var later = await host.Signed.GetAsync("/who", Cancellation);

        const string Limit = "Incorrect IAM authentication information: AK access failed to reach the limit,forbidden.";
        await TellsAsync(sixth, 401, "APIGW.0301", Limit);
        await TellsAsync(right, 401, "APIGW.0301", Limit);
        Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
        Assert.Equal(HttpStatusCode.OK, later.StatusCode);
    }

    [Theory]
    [InlineData("/who", null, FakeDirectory.DefaultProject)]
    [InlineData("/who", FakeDirectory.OtherProject, FakeDirectory.OtherProject)]
    [InlineData($"/v1/{FakeDirectory.OtherProject}/who", null, FakeDirectory.OtherProject)]
    [InlineData($"/v1/{FakeDirectory.OtherProject}/who", FakeDirectory.DefaultProject, FakeDirectory.DefaultProject)]
    // Foreign and malformed projects in a path are for the service to refuse.
    [InlineData($"/v1/{FakeDirectory.ForeignProject}/who", null, FakeDirectory.DefaultProject)]
    [InlineData("/v1/0/who", null, FakeDirectory.DefaultProject)]
    public async Task A_signed_call_acts_in_one_project(string path, string? header, string project)
    {
        await using var host = await PipelineHost.StartAsync();
        if (header is not null)
        {
            host.Signed.DefaultRequestHeaders.Add("X-Project-Id", header);
        }

        using var response = await host.Signed.GetAsync(path, Cancellation);

        Assert.Equal($"alice {project} Signature", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Theory]
    [InlineData("/who", FakeDirectory.DisabledProject)]
    [InlineData("/who", FakeDirectory.ForeignProject)]
    [InlineData($"/v1/{FakeDirectory.DisabledProject}/who", null)]
    [Provokes("APIGW.0310")]
    public async Task A_project_that_is_disabled_or_foreign_is_unavailable(string path, string? header)
    {
        await using var host = await PipelineHost.StartAsync();
        if (header is not null)
        {
            host.Signed.DefaultRequestHeaders.Add("X-Project-Id", header);
        }

        using var response = await host.Signed.GetAsync(path, Cancellation);

        await response.ShouldFailAsync(403, "APIGW.0310");
    }

    [Fact]
    [Provokes("APIGW.0613")]
    public async Task A_directory_that_does_not_answer_lets_nobody_through()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsDown = true;

        using var signed = await host.Signed.GetAsync("/who", Cancellation);
        using var token = await GetAsync(host, "/who", ("X-Auth-Token", "good"));

        await signed.ShouldFailAsync(503, "APIGW.0613");
        await token.ShouldFailAsync(503, "APIGW.0613");
    }

    [Fact]
    [Provokes("APIGW.0306")]
    public async Task A_role_without_the_action_is_denied()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.Roles = [RoleNames.SecurityAdministrator];

        using var response = await host.Signed.GetAsync("/guarded", Cancellation);

        await TellsAsync(response, 403, "APIGW.0306", "API access denied: Policy doesn't allow apm:ats:get to be performed.");
    }

    [Theory]
    [InlineData("/guarded", RoleNames.TenantGuest)]
    [InlineData("/images", RoleNames.SecurityAdministrator)]
    [InlineData("/who", "nothing")]
    public async Task A_role_with_the_action_or_an_api_without_one_is_let_through(string path, string role)
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.Roles = [role];

        using var response = await host.Signed.GetAsync(path, Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    [Provokes("APIGW.0306")]
    public async Task A_route_whose_author_forgot_to_say_who_may_is_for_nobody()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsRoot = true;

        using var response = await host.Signed.GetAsync("/forgotten", Cancellation);

        await response.ShouldFailAsync(403, "APIGW.0306");
    }

    [Theory]
    [InlineData(null, null, "nobody|")]
    [InlineData("X-Auth-Token", "good", "alice|")]
    [InlineData("X-Auth-Token", "forged", "nobody|Incorrect IAM authentication information: decrypt token fail")]
    [InlineData("Authorization", "Basic YTpi", "nobody|")]
    [InlineData("Authorization", "SDK-HMAC-SHA256 Access=a", "nobody|Incorrect authentication information: malformed signature:")]
    public async Task A_passthrough_route_answers_for_itself(string? header, string? value, string expected)
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = header is null ? await host.Anonymous.GetAsync("/pass", Cancellation) : await GetAsync(host, "/pass", (header, value!));

        Assert.StartsWith(expected, await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_passthrough_route_goes_on_while_the_directory_is_down()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsDown = true;

        using var response = await host.Signed.GetAsync("/pass", Cancellation);

        Assert.Equal("nobody|The IAM service is currently unavailable.", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_passthrough_route_hears_that_a_chunked_body_is_too_long_to_be_verified()
    {
        await using var host = await PipelineHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Put, "/pass") { Content = new ByteArrayContent(new byte[13 * 1024 * 1024]) };
        request.Headers.TransferEncodingChunked = true;

        using var response = await host.Signed.SendAsync(request, Cancellation);

        Assert.StartsWith("nobody|Request entity too large", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_under_a_key_that_nobody_has_is_not_kept()
    {
        await using var host = await PipelineHost.StartAsync();
        using var stranger = host.SignedBy(FakeDirectory.SecretKey, "NOBODYSKEY0000000000");
        var waiting = host.Services.GetRequiredService<WaitingBodies>();

        using var content = new GatedContent(waiting, 8 * 1024 * 1024);
        using var response = await stranger.PostAsync("/echo", content, Cancellation);

        await response.ShouldFailAsync(401, "APIGW.0301");
        Assert.Equal(0, waiting.Bytes);
    }

    [Fact]
    public async Task A_body_waits_for_its_signature_in_memory_and_leaves_nothing_behind()
    {
        await using var host = await PipelineHost.StartAsync();
        var waiting = host.Services.GetRequiredService<WaitingBodies>();
        var files = Directory.GetFiles(Path.GetTempPath(), "ASPNETCORE_*.tmp").Length;
        var body = new byte[3 * 1024 * 1024];

        using var response = await host.Signed.PostAsync("/echo", new ByteArrayContent(body), Cancellation);

        Assert.StartsWith("3145728 ", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        await Eventually.TrueAsync("the memory is given back", TimeSpan.FromSeconds(10), () => waiting.Bytes == 0);
        Assert.Equal(files, Directory.GetFiles(Path.GetTempPath(), "ASPNETCORE_*.tmp").Length);
    }

    [Fact]
    [Provokes("APIGW.0308")]
    public async Task A_network_cannot_take_all_the_memory_for_waiting_bodies()
    {
        await using var host = await PipelineHost.StartAsync();
        var waiting = host.Services.GetRequiredService<WaitingBodies>();
        var network = ClientNetwork.Of(IPAddress.Loopback);
        for (var taken = 0L; taken < WaitingBodies.MaxBytesPerNetwork; taken += KeptBody.BlockSize)
        {
            Assert.True(waiting.TryTake(network, KeptBody.BlockSize));
        }

        using var refused = await host.Signed.PostAsync("/echo", new ByteArrayContent(new byte[100]), Cancellation);

        await refused.ShouldFailAsync(429, "APIGW.0308");
        Assert.True(waiting.TryTake(ClientNetwork.Of(IPAddress.Parse("192.0.2.1")), KeptBody.BlockSize));
    }

    [Theory]
    [InlineData("none", HttpStatusCode.InternalServerError)]
    [InlineData("passthrough", HttpStatusCode.InternalServerError)]
    [InlineData("iam", HttpStatusCode.Unauthorized)]
    public async Task The_settings_may_change_who_checks_a_route(string mode, HttpStatusCode expected)
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:Routes:0:Prefix", "/v1/{project_id}"), ("Gateway:Routes:0:Auth", mode));

        // The handler demands a caller, and without one it fails.
        using var response = await host.Anonymous.GetAsync($"/v1/{FakeDirectory.DefaultProject}/who", Cancellation);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Identity_headers_of_the_client_mean_nothing()
    {
        await using var host = await PipelineHost.StartAsync();

        using var response = await GetAsync(host, "/who", ("X-Stagedoor-User", "root"), ("X-Stagedoor-Identity", "forged"));

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Flipping_any_bit_of_a_signed_request_breaks_it()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequestsPerSecond", "0"));
        var clock = host.Clock;
        var capture = new Capture();
        using var signing = new SigningHandler(FakeDirectory.AccessKey, FakeDirectory.SecretKey, clock) { InnerHandler = capture };
        using var client = new OutgoingClient(signing) { BaseAddress = host.Anonymous.BaseAddress };
        using var _ = await client.PostAsync("/echo?a=1", new StringContent("body", Encoding.UTF8, new MediaTypeHeaderValue("text/plain")), Cancellation);
        var authorization = capture.Authorization!;
        var date = capture.Date!;

        Assert.Equal(HttpStatusCode.OK, await ResendAsync(host, HttpMethod.Post, "/echo?a=1", "body", authorization, date));
        Assert.Equal(HttpStatusCode.Unauthorized, await ResendAsync(host, HttpMethod.Put, "/big?a=1", "body", authorization, date));
        Assert.Equal(HttpStatusCode.Unauthorized, await ResendAsync(host, HttpMethod.Post, "/named?a=1", "body", authorization, date));
        Assert.Equal(HttpStatusCode.Unauthorized, await ResendAsync(host, HttpMethod.Post, "/echo?a=2", "body", authorization, date));
        Assert.Equal(HttpStatusCode.Unauthorized, await ResendAsync(host, HttpMethod.Post, "/echo?a=1", "bodY", authorization, date));
        Assert.Equal(
            HttpStatusCode.Unauthorized,
            await ResendAsync(host, HttpMethod.Post, "/echo?a=1", "body", authorization[..^1] + (authorization[^1] == '0' ? '1' : '0'), date));
    }

    private static async Task<HttpStatusCode> ResendAsync(
        PipelineHost host, HttpMethod method, string path, string body, string authorization, string date)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("text/plain")) };
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        request.Headers.TryAddWithoutValidation("X-Sdk-Date", date);
        using var response = await host.Anonymous.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> SendUnsignedAsync(PipelineHost host, string path)
    {
        var headers = new Microsoft.AspNetCore.Http.HeaderDictionary
        {
            ["Host"] = host.Anonymous.BaseAddress!.Authority,
            ["X-Sdk-Content-Sha256"] = "UNSIGNED-PAYLOAD",
        };
        var signed = new SignedRequest("POST", path, headers, SignedRequest.UnsignedPayload);
        var authorization = RequestSigner.Sign(signed, FakeDirectory.AccessKey, FakeDirectory.SecretKey, host.Clock.GetUtcNow());
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(new byte[100]) };
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        request.Headers.TryAddWithoutValidation("X-Sdk-Date", headers["X-Sdk-Date"].ToString());
        request.Headers.TryAddWithoutValidation("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD");
        using var response = await host.Anonymous.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    private static async Task<HttpResponseMessage> GetAsync(PipelineHost host, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await host.Anonymous.SendAsync(request, Cancellation);
    }

    private static async Task TellsAsync(HttpResponseMessage response, int status, string code, string text)
    {
        var error = await response.ShouldFailAsync(status, code);
        Assert.Contains($"\"error_msg\":\"{text}", error.Body, StringComparison.Ordinal);
    }

    private sealed class Capture : HttpMessageHandler
    {
        public string? Authorization { get; private set; }

        public string? Date { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorization = request.Headers.GetValues("Authorization").Single();
            Date = request.Headers.GetValues("X-Sdk-Date").Single();
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
