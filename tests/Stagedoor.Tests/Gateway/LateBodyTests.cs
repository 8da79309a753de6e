using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Gateway.Signing;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>Headers come first and the body late; what the credential opened meanwhile has ended, and so nothing happens.</summary>
public sealed class LateBodyTests(LateBodyTests.Fixture fixture) : IClassFixture<LateBodyTests.Fixture>
{
    private StagedoorApp App => fixture.App;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("POST", "/v3.0/OS-USER/users", """{"user":{"name":"late-user","password":"Long-enough-1!","domain_id":"{domain}"}}""", "/v3/users?name=late-user", "late-user")]
    [InlineData("POST", "/v2/manage/namespaces", """{"namespace":"late-token"}""", "/v2/manage/namespaces", "late-token")]
    [InlineData("POST", "/v4/default/registry/microservices", """{"service":{"appId":"late","serviceName":"token","version":"1.0.0"}}""", "/v4/default/registry/microservices", "late")]
    public async Task A_token_that_was_revoked_while_the_body_was_sent_has_no_effect(string method, string path, string body, string list, string name)
    {
        var token = await App.NewTokenAsync();
        using var client = App.WithToken(token);

        var status = await SendLateAsync(client, method, path, body.Replace("{domain}", App.FirstRun.DomainId, StringComparison.Ordinal), async () =>
        {
            using var revoke = new HttpRequestMessage(HttpMethod.Delete, "/v3/auth/tokens");
            revoke.Headers.Add("X-Subject-Token", token);
            revoke.Headers.Add("X-Auth-Token", token);
            using var revoked = await App.Anonymous.SendAsync(revoke, Cancellation);
            Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        });

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.DoesNotContain($"\"{name}\"", await App.Admin.GetStringAsync(list, Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PUT", "/v2/late/app/manifests/1", """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", "/v2/late/app/tags/list")]
    [InlineData("POST", "/v2/late/app/blobs/uploads/?digest=sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "{}", "/v2/late/app/blobs/sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")]
    public async Task A_login_whose_key_was_deleted_while_the_body_was_sent_pushes_nothing(string method, string path, string body, string look)
    {
        using var made = await App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "late" }, Cancellation);
        var (accessKey, secretKey) = await NewKeyAsync();
        using var client = App.Registry($"{App.FirstRun.Project}@{accessKey}", LoginKey.Compute(accessKey, secretKey));

        var status = await SendLateAsync(client, method, path, body, () => DeleteKeyAsync(accessKey));

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        using var registry = App.Registry();
        using var seen = await registry.GetAsync(look, Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, seen.StatusCode);
    }

    [Theory]
    [InlineData("DELETE", "/v3/users/{user}", "{}", "/v3/users?name=late-signed", "late-signed", true)]
    [InlineData("POST", "/v2/manage/namespaces", """{"namespace":"late-signature"}""", "/v2/manage/namespaces", "late-signature", false)]
    [InlineData("POST", "/v4/default/registry/microservices", """{"service":{"appId":"late-sign","serviceName":"x","version":"1.0.0"}}""", "/v4/default/registry/microservices", "late-sign", false)]
    public async Task A_signature_of_a_key_that_was_deleted_while_the_body_was_sent_has_no_effect(string method, string path, string body, string list, string name, bool isThere)
    {
        var user = path.Contains("{user}", StringComparison.Ordinal) ? await NewUserAsync(name) : "";
        var (accessKey, secretKey) = await NewKeyAsync();
        using var client = new OutgoingClient { BaseAddress = new(App.Url) };

        var status = await SendLateAsync(
            client,
            method,
            path.Replace("{user}", user, StringComparison.Ordinal),
            body,
            () => DeleteKeyAsync(accessKey),
            request => RequestSigner.Sign(request, Encoding.UTF8.GetBytes(body), accessKey, secretKey, App.Clock.GetUtcNow()));

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.Equal(isThere, (await App.Admin.GetStringAsync(list, Cancellation)).Contains($"\"{name}\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Key_headers_that_ended_while_the_body_was_sent_register_nothing()
    {
        var (accessKey, secretKey) = await NewKeyAsync();
        using var client = new OutgoingClient { BaseAddress = new(App.Url) };
        client.DefaultRequestHeaders.Add("X-Service-AK", accessKey);
        client.DefaultRequestHeaders.Add("X-Service-ShaAKSK", LoginKey.Compute(accessKey, secretKey));

        var status = await SendLateAsync(
            client, "POST", "/v4/default/registry/microservices", """{"service":{"appId":"late-keys","serviceName":"x","version":"1.0.0"}}""", () => DeleteKeyAsync(accessKey));

        Assert.Equal(HttpStatusCode.Unauthorized, status);
        Assert.DoesNotContain("late-keys", await App.Admin.GetStringAsync("/v4/default/registry/microservices", Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("POST", "/v2/slow-token/app/blobs/uploads/?digest=sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "{}", false, HttpStatusCode.Created)]
    [InlineData("PUT", "/v2/slow-token/app/manifests/1", """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", false, HttpStatusCode.Created)]
    [InlineData("PUT", "/v2/slow-token/app/manifests/2", """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""", true, HttpStatusCode.Unauthorized)]
    public async Task A_push_that_began_with_a_good_registry_token_outlives_its_time_but_not_its_key(string method, string path, string body, bool isDeleted, HttpStatusCode expected)
    {
        using var made = await App.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "slow-token" }, Cancellation);
        var (accessKey, secretKey) = await NewKeyAsync();
        using var login = App.Registry($"{App.FirstRun.Project}@{accessKey}", LoginKey.Compute(accessKey, secretKey));
        var answer = await login.GetFromJsonAsync<JsonElement>("/swr/auth/v2/registry/auth?service=dockyard&scope=repository:slow-token/app:push,pull", Cancellation);

        // The body is asked for when the token has been looked at, and not sent before.
        using var handler = new SocketsHttpHandler { Expect100ContinueTimeout = TimeSpan.FromSeconds(60) };
        using var client = new OutgoingClient(handler) { BaseAddress = new(App.Url) };
        client.DefaultRequestHeaders.ExpectContinue = true;
        client.DefaultRequestHeaders.Authorization = new("Bearer", answer.GetProperty("token").GetString());

        var status = await SendLateAsync(client, method, path, body, async () =>
        {
            App.Clock.Advance(TimeSpan.FromSeconds(90));
            if (isDeleted)
            {
                await DeleteKeyAsync(accessKey);
            }
        });

        Assert.Equal(expected, status);
        using var next = await client.GetAsync("/v2/slow-token/app/tags/list", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, next.StatusCode);
        if (!isDeleted)
        {
            // A user has two at most.
            await DeleteKeyAsync(accessKey);
        }
    }

    [Fact]
    public async Task A_body_that_is_late_under_a_good_credential_is_taken()
    {
        using var client = App.WithToken(await App.NewTokenAsync());

        var status = await SendLateAsync(client, "POST", "/v2/manage/namespaces", """{"namespace":"late-good"}""", static () => Task.CompletedTask);

        Assert.Equal(HttpStatusCode.Created, status);
    }

    // The server has the headers and half of the body when the credential ends, and the other half when everybody knows.
    private async Task<HttpStatusCode> SendLateAsync(HttpClient client, string method, string path, string body, Func<Task> end, Action<HttpRequestMessage>? sign = null)
    {
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var request = new HttpRequestMessage(new(method), path) { Content = new HalvedContent(Encoding.UTF8.GetBytes(body), half.Task) };
        request.Content.Headers.ContentType = new(path.Contains("/manifests/", StringComparison.Ordinal) ? "application/vnd.oci.image.index.v1+json" : "application/json");
        request.RequestUri = new(client.BaseAddress!, path);
        sign?.Invoke(request);
#pragma warning disable CA2025 // It is awaited below.
        var sending = client.SendAsync(request, Cancellation);
#pragma warning restore CA2025
        await ((HalvedContent)request.Content).Sent.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        await Eventually.TrueAsync("the request has arrived", TimeSpan.FromSeconds(20), async () =>
            (await App.Anonymous.GetStringAsync("/metrics", Cancellation)).Split('\n').Any(static l =>
                l.StartsWith("stagedoor_requests_in_flight", StringComparison.Ordinal) && !l.EndsWith(" 1", StringComparison.Ordinal)));
        await end();
        App.Clock.Advance(TimeSpan.FromSeconds(3));
        half.SetResult();
        using var response = await sending;
        return response.StatusCode;
    }

    private async Task<(string AccessKey, string SecretKey)> NewKeyAsync()
    {
        using var response = await App.Admin.PostAsJsonAsync(
            "/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = App.FirstRun.UserId, description = "late" } }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var credential = (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("credential");
        return (credential.GetProperty("access").GetString()!, credential.GetProperty("secret").GetString()!);
    }

    private async Task<string> NewUserAsync(string name)
    {
        using var response = await App.Admin.PostAsJsonAsync("/v3/users", new { user = new { name, domain_id = App.FirstRun.DomainId } }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString()!;
    }

    private async Task DeleteKeyAsync(string accessKey)
    {
        using var deleted = await App.Admin.DeleteAsync($"/v3.0/OS-CREDENTIAL/credentials/{accessKey}", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    private sealed class HalvedContent(byte[] body, Task rest) : HttpContent
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Sent => _sent.Task;

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(body.AsMemory(0, 1), Cancellation);
            await stream.FlushAsync(Cancellation);
            _sent.TrySetResult();
            await rest;
            await stream.WriteAsync(body.AsMemory(1), Cancellation);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public StagedoorApp App { get; private set; } = null!;

        public async ValueTask InitializeAsync() => App = await StagedoorApp.StartAsync(("Images:TokenSeconds", "60"), ("Images:MaxBodyPauseSeconds", "600"));

        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
