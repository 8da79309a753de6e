using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Requests;

public sealed class AdmissionTests(AdmissionTests.Fixture engine) : IClassFixture<AdmissionTests.Fixture>
{
    private static readonly string[] s_public = ["version", "health", "readiness"];

    [Fact]
    [Provokes("401002")]
    public async Task Who_sends_no_credential_is_not_let_in()
    {
        using var response = await engine.Client.GetAsync($"{Engine.Base}/microservices", Engine.Cancellation);

        var body = await response.Content.ReadAsStringAsync(Engine.Cancellation);
        Assert.StartsWith("{\"errCode\":\"401002\",\"errMsg\":\"Request unauthorized\",\"detail\":\"no credential was sent\"", body, StringComparison.Ordinal);
        await response.ShouldFailAsync(401, "401002");
    }

    [Fact]
    [Provokes("401002")]
    public async Task Nothing_but_the_health_of_the_engine_is_public()
    {
        var routes = engine.App.Services.GetServices<EndpointDataSource>().SelectMany(static s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(static e => e.Metadata.GetMetadata<ServiceMetadata>()?.Service is "discovery" or "monitoring").ToList();
        Assert.True(routes.Count > 40);

        foreach (var route in routes)
        {
            var path = "/" + route.RoutePattern.RawText!.TrimStart('/').Replace("{project}", "default", StringComparison.Ordinal);
            if (Array.Exists(s_public, p => path.EndsWith(p, StringComparison.Ordinal)))
            {
                continue;
            }

            path = System.Text.RegularExpressions.Regex.Replace(path, "{[^}]*}", "x", System.Text.RegularExpressions.RegexOptions.NonBacktracking);
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                using var request = new HttpRequestMessage(new(method), path);
                using var response = await engine.Client.SendAsync(request, Engine.Cancellation);
                Assert.True(response.StatusCode is HttpStatusCode.Unauthorized, $"{method} {path} answered {(int)response.StatusCode}");
            }
        }
    }

    [Theory]
    [InlineData("/v4/default/registry/version")]
    [InlineData("/v4/default/registry/health/readiness")]
    public async Task The_health_of_the_engine_is_public(string path)
    {
        using var response = await engine.Client.GetAsync(path, Engine.Cancellation);

        await Engine.OkAsync(response);
    }

    [Fact]
    [Provokes("401002")]
    public async Task Key_headers_let_in_and_wrong_ones_do_not()
    {
        var run = engine.App.FirstRun;
        using var right = await SendAsync(run.AccessKey, LoginKey.Compute(run.AccessKey, run.SecretKey));
        using var wrong = await SendAsync(run.AccessKey, new string('0', 64));
        using var unknown = await SendAsync("NOBODYSKEY0000000000", LoginKey.Compute(run.AccessKey, run.SecretKey));
        using var half = await SendAsync(run.AccessKey, null);

        await Engine.OkAsync(right);
        await wrong.ShouldFailAsync(401, "401002");
        await unknown.ShouldFailAsync(401, "401002");
        await half.ShouldFailAsync(401, "401002");
    }

    [Fact]
    [Provokes("401002")]
    public async Task Signatures_and_tokens_of_the_gateway_count()
    {
        using var token = engine.App.WithToken(await engine.App.NewTokenAsync());
        using var signed = await engine.App.Admin.GetAsync($"{Engine.Base}/microservices", Engine.Cancellation);
        using var withToken = await token.GetAsync($"{Engine.Base}/microservices", Engine.Cancellation);
        using var bad = engine.App.WithToken("nonsense");
        using var refused = await bad.GetAsync($"{Engine.Base}/microservices", Engine.Cancellation);

        await Engine.OkAsync(signed);
        await Engine.OkAsync(withToken);
        await refused.ShouldFailAsync(401, "401002");
    }

    [Fact]
    [Provokes("401002")]
    public async Task A_credential_opens_its_own_domain_only()
    {
        using var own = await DomainAsync(engine.App.FirstRun.Domain);
        using var usual = await DomainAsync("default");
        using var other = await DomainAsync("other");

        await Engine.OkAsync(own);
        await Engine.OkAsync(usual);
        await other.ShouldFailAsync(401, "401002");
    }

    [Fact]
    [Provokes("403001")]
    public async Task Who_may_only_read_cannot_register()
    {
        using var guest = await NewUserAsync("guest", "te_guest");

        using var read = await guest.GetAsync($"{Engine.Base}/microservices", Engine.Cancellation);
        using var write = await guest.PostAsJsonAsync($"{Engine.Base}/microservices", new { service = new { serviceName = "x" } }, Engine.Cancellation);
        using var query = await guest.PostAsJsonAsync(
            $"{Engine.Base}/instances/action?type=query", new { services = new[] { new { service = new { appId = "a", serviceName = "b" } } } }, Engine.Cancellation);

        await Engine.OkAsync(read);
        await write.ShouldFailAsync(403, "403001");
        await Engine.OkAsync(query);
    }

    [Fact]
    [Provokes("401002")]
    public async Task Trust_in_this_machine_ends_at_a_foreign_name()
    {
        await using var trusting = await ConfiguredEngine.StartAsync();

        var rebound = await trusting.App.SendRawAsync("GET /v4/default/registry/microservices HTTP/1.1\nHost: evil.example\nConnection: close\n\n");
        var local = await trusting.App.SendRawAsync("GET /v4/default/registry/microservices HTTP/1.1\nHost: localhost\nConnection: close\n\n");

        Assert.Equal((401, 200), (rebound.Status, local.Status));
    }

    [Fact]
    [Provokes("400001")]
    public async Task A_domain_and_a_project_have_a_length()
    {
        await using var trusting = await ConfiguredEngine.StartAsync();
        using var fits = await trusting.Client.GetAsync($"/v4/{new string('p', 64)}/registry/microservices", Engine.Cancellation);
        using var tooLong = await trusting.Client.GetAsync($"/v4/{new string('p', 65)}/registry/microservices", Engine.Cancellation);

        await Engine.OkAsync(fits);
        await tooLong.ShouldFailAsync(400, "400001");
    }

    [Fact]
    [Provokes("500011")]
    public async Task Known_keys_outlive_the_directory_by_a_minute()
    {
        await using var own = await ConfiguredEngine.StartAsync(("Discovery:Anonymous", "Never"));
        var run = own.App.FirstRun;
        async Task<HttpResponseMessage> ListAsync()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{Engine.Base}/microservices");
            request.Headers.Add("X-Service-AK", run.AccessKey);
            request.Headers.Add("X-Service-ShaAKSK", LoginKey.Compute(run.AccessKey, run.SecretKey));
            return await own.Client.SendAsync(request, Engine.Cancellation);
        }

        using var before = await ListAsync();
        await Engine.OkAsync(before);
        using var sabotage = own.App.Sabotage("gateway").Unreadable("access_key");
        own.App.Clock.Advance(TimeSpan.FromSeconds(50));
        using var during = await ListAsync();
        await Engine.OkAsync(during);
        own.App.Clock.Advance(TimeSpan.FromSeconds(15));
        using var tooLate = await ListAsync();
        await tooLate.ShouldFailAsync(500, "500011");
    }

    private async Task<HttpResponseMessage> SendAsync(string accessKey, string? hash)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Engine.Base}/microservices");
        request.Headers.Add("X-Service-AK", accessKey);
        request.Headers.Add("X-Service-Project", engine.App.FirstRun.Project);
        if (hash is not null)
        {
            request.Headers.Add("X-Service-ShaAKSK", hash);
        }

        return await engine.Client.SendAsync(request, Engine.Cancellation);
    }

    private async Task<HttpResponseMessage> DomainAsync(string domain)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Engine.Base}/microservices");
        request.Headers.Add("X-Domain-Name", domain);
        return await engine.App.Admin.SendAsync(request, Engine.Cancellation);
    }

    private async Task<HttpClient> NewUserAsync(string name, string role)
    {
        var admin = engine.App.Admin;
        using var made = await admin.PostAsJsonAsync("/v3/users", new { user = new { name, password = "correct-Horse-7", access_mode = "default" } }, Engine.Cancellation);
        var user = (await made.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>(Engine.Cancellation)).GetProperty("user");
        var id = user.GetProperty("id").GetString();
        using var keyed = await admin.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = id } }, Engine.Cancellation);
        var key = (await keyed.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>(Engine.Cancellation)).GetProperty("credential");
        using var roles = await admin.GetAsync("/v3/roles", Engine.Cancellation);
        var roleId = (await roles.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>(Engine.Cancellation)).GetProperty("roles").EnumerateArray()
            .Single(r => string.Equals(r.GetProperty("name").GetString(), role, StringComparison.Ordinal)).GetProperty("id").GetString();
        using var granted = await admin.PutAsync($"/v3/projects/{engine.App.FirstRun.ProjectId}/users/{id}/roles/{roleId}", null, Engine.Cancellation);
        Assert.True(granted.IsSuccessStatusCode, $"{(int)granted.StatusCode}");
        return engine.App.WithKeys(key.GetProperty("access").GetString()!, key.GetProperty("secret").GetString()!);
    }

    public sealed class Fixture : Engine
    {
        protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:Anonymous", "Never")];
    }
}
