using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Stagedoor.Tests.Hostile;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>Every change is in the audit log, whoever checks the caller, with who it was.</summary>
public sealed class AuditTests
{
    private const string RootPassword = "Audit-Root-1";
    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_that_changes_something_says_how_it_is_recorded()
    {
        await using var app = await StagedoorApp.StartAsync();
        var doors = Door.All(app.Services.GetRequiredService<EndpointDataSource>()).Where(static d => d.Method is not ("GET" or "HEAD" or "OPTIONS")).ToList();

        var silent = doors.Where(static d =>
            d.Endpoint.Metadata.GetMetadata<AuditMetadata>() is null
            && d.Endpoint.Metadata.GetMetadata<IEndpointNameMetadata>() is null
            && d.Endpoint.Metadata.GetMetadata<NotAuditedMetadata>() is null
            && d.Endpoint.Metadata.GetMetadata<OwnAuditMetadata>() is null);
        var exempt = doors.Select(static d => d.Endpoint.Metadata.GetMetadata<NotAuditedMetadata>()).OfType<NotAuditedMetadata>().ToList();

        Assert.Empty(silent.Select(static d => d.ToString()));
        Assert.All(exempt, static e => Assert.NotEmpty(e.Reason));
        Assert.NotEmpty(doors);
    }

    [Fact]
    public async Task Pushes_and_deletions_are_recorded_with_who_made_them()
    {
        await using var app = await StagedoorApp.StartAsync(("Images:AutoCreateOrganization", "true"));
        using var registry = app.Registry();
        var config = await PushBlobAsync(registry, "{}"u8.ToArray());
        var layer = await PushBlobAsync(registry, "layer"u8.ToArray());
        var manifest = $$"""{"schemaVersion":2,"mediaType":"{{Manifest}}","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{{config}}","size":2},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{{layer}}","size":5}]}""";
        using var content = new StringContent(manifest, new MediaTypeHeaderValue(Manifest));
        using (var pushed = await registry.PutAsync("/v2/team/app/manifests/1.0", content, Cancellation))
        {
            Assert.Equal(HttpStatusCode.Created, pushed.StatusCode);
        }

        using (await registry.PostAsync($"/v2/team/other/blobs/uploads/?mount={layer}&from=team/app", null, Cancellation))
        using (await registry.DeleteAsync("/v2/team/app/manifests/1.0", Cancellation))
        {
        }

        var records = await RecordsAsync(app, static all => all.Any(static r => Text(r, "trace_name") is "deleteImageTag"));

        Assert.Equal(
            ["deleteImageTag team/app:1.0 202", $"mountLayer team/other@{layer} 201", "pushManifest team/app:1.0 201", $"uploadLayer team/app@{config} 201", $"uploadLayer team/app@{layer} 201"],
            records.Where(static r => Text(r, "service_type") is "SWR").Select(static r => $"{Text(r, "trace_name")} {Text(r, "resource_name")} {Text(r, "code")}").Order(StringComparer.Ordinal));
        Assert.All(records.Where(static r => Text(r, "service_type") is "SWR"), static r => Assert.Equal("admin", r.GetProperty("user").GetProperty("name").GetString()));
    }

    [Fact]
    public async Task A_grant_is_recorded_with_what_was_given_to_whom_and_a_key_with_whose_it_is()
    {
        await using var app = await StagedoorApp.StartAsync();
        var user = (await SendAsync(app, HttpMethod.Post, "/v3.0/OS-USER/users", new { user = new { name = "nina", password = "Long-enough-1!", domain_id = app.FirstRun.DomainId } })).GetProperty("user").GetProperty("id").GetString()!;
        var role = (await app.Admin.GetFromJsonAsync<JsonElement>("/v3/roles", Cancellation)).GetProperty("roles").EnumerateArray().Single(static r => Text(r, "name") is "swr_admin").GetProperty("id").GetString();
        foreach (var place in (string[])[$"domains/{app.FirstRun.DomainId}", $"projects/{app.FirstRun.ProjectId}"])
        {
            await SendAsync(app, HttpMethod.Put, $"/v3/{place}/users/{user}/roles/{role}", null);
            await SendAsync(app, HttpMethod.Delete, $"/v3/{place}/users/{user}/roles/{role}", null);
        }

        await SendAsync(app, HttpMethod.Post, "/v2/manage/namespaces", new { @namespace = "told" });
        await SendAsync(app, HttpMethod.Post, "/v2/manage/namespaces/told/access", new[] { new { user_id = user, user_name = "nina", auth = 3 } });
        await SendAsync(app, HttpMethod.Patch, "/v2/manage/namespaces/told/access", new[] { new { user_id = user, user_name = "nina", auth = 7 } });
        await SendAsync(app, HttpMethod.Delete, "/v2/manage/namespaces/told/access", new[] { user });
        var key = (await SendAsync(app, HttpMethod.Post, "/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = user } })).GetProperty("credential").GetProperty("access").GetString();
        await SendAsync(app, HttpMethod.Put, $"/v3.0/OS-CREDENTIAL/credentials/{key}", new { credential = new { status = "inactive" } });
        await SendAsync(app, HttpMethod.Delete, $"/v3.0/OS-CREDENTIAL/credentials/{key}", null);

        var records = await RecordsAsync(app, static all => all.Any(static r => Text(r, "trace_name") is "deleteCredential"));

        var nina = $"nina ({user})";
        Assert.Equal(
            [
                $"createCredential {key}: for user {nina}",
                $"createUserNamespaceAuth told: to {nina}: edit",
                $"deleteCredential {key}: of user {user}",
                $"deleteUserNamespaceAuth told: from {user}",
                $"grantDomainRole {role}: swr_admin to user {nina}, the whole account",
                $"grantProjectRole {role}: swr_admin to user {nina}, project {app.FirstRun.Project} ({app.FirstRun.ProjectId})",
                $"revokeDomainRole {role}: swr_admin from user {nina}, the whole account",
                $"revokeProjectRole {role}: swr_admin from user {nina}, project {app.FirstRun.Project} ({app.FirstRun.ProjectId})",
                $"updateCredential {key}: of user {user}: inactive",
                $"updateUserNamespaceAuth told: to {nina}: manage",
            ],
            records.Where(static r => Text(r, "response") is { Length: > 0 }).Select(static r => $"{Text(r, "trace_name")} {Text(r, "resource_name")}: {Text(r, "response")}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task No_operation_that_is_told_in_json_what_to_do_takes_a_body_outside_the_signature()
    {
        await using var app = await StagedoorApp.StartAsync(("Gateway:RefusalsPerSecondPerAddress", "0"));
        var doors = Door.All(app.Services.GetRequiredService<EndpointDataSource>())
            .Where(static d => d.HasBody && (d.Endpoint.Metadata.GetMetadata<AuthMetadata>()?.Mode ?? AuthMode.Iam) is AuthMode.Iam
                && d.Endpoint.Metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes.Contains("application/json") is true)
            .ToList();
        var taken = new List<string>();
        foreach (var door in doors)
        {
            using var request = new HttpRequestMessage(new(door.Method), app.Url + door.PathWith(static _ => "x"));
            request.Headers.Add("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD");
            Stagedoor.Gateway.GatewayModule.Sign(request, [], app.FirstRun.AccessKey, app.FirstRun.SecretKey, app.Clock.GetUtcNow());
            request.Content = new StringContent("[]", Encoding.UTF8, "application/json");
            using var answer = await app.Anonymous.SendAsync(request, Cancellation);
            if (answer.StatusCode is not HttpStatusCode.Unauthorized)
            {
                taken.Add($"{door}: {(int)answer.StatusCode}");
            }

            // Each is a wrong signature of this key.
            app.Clock.Turn(TimeSpan.FromMinutes(6));
        }

        Assert.Contains(doors, static d => d.Template.EndsWith("/access", StringComparison.Ordinal));
        Assert.Empty(taken);
    }

    [Fact]
    public async Task Changes_of_the_engine_are_recorded_with_its_own_accounts()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:RootPassword", RootPassword));
        using (await app.Anonymous.PostAsJsonAsync("/v4/token", new { name = "root", password = "wrong" }, Cancellation))
        {
        }

        using var login = await app.Anonymous.PostAsJsonAsync("/v4/token", new { name = "root", password = RootPassword }, Cancellation);
        var token = (await login.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("token").GetString();
        using var root = new HttpRequestMessage(HttpMethod.Post, "/v4/accounts") { Content = JsonContent.Create(new { name = "builder", password = "Builder-1", roles = new[] { "developer" } }) };
        root.Headers.Authorization = new("Bearer", token);
        using (var made = await app.Anonymous.SendAsync(root, Cancellation))
        {
            Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        }

        using var gone = new HttpRequestMessage(HttpMethod.Delete, "/v4/accounts/builder") { Headers = { Authorization = new("Bearer", token) } };
        using (await app.Anonymous.SendAsync(gone, Cancellation))
        {
        }

        var records = await RecordsAsync(app, static all => all.Any(static r => Text(r, "trace_name") is "deleteAccount"));

        var engine = records.Where(static r => Text(r, "service_type") is "CSE").ToList();
        Assert.Equal(
            ["createAccount builder root", "deleteAccount builder root", "login root ", "loginFailed root "],
            engine.Select(static r => $"{Text(r, "trace_name")} {Text(r, "resource_name")} {Text(r.GetProperty("user"), "name")}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_registration_by_key_names_the_user_of_the_key()
    {
        await using var app = await StagedoorApp.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v4/default/registry/microservices")
        {
            Content = JsonContent.Create(new { service = new { appId = "shop", serviceName = "cart", version = "1.0.0" } }),
        };
        request.Headers.Add("X-Service-AK", app.FirstRun.AccessKey);
        request.Headers.Add("X-Service-ShaAKSK", app.FirstRun.RegistryKey);
        using (var registered = await app.Anonymous.SendAsync(request, Cancellation))
        {
            Assert.Equal(HttpStatusCode.OK, registered.StatusCode);
        }

        var record = (await RecordsAsync(app, static all => all.Any(static r => Text(r, "service_type") is "CSE"))).Single(static r => Text(r, "service_type") is "CSE");

        Assert.Equal("admin", Text(record.GetProperty("user"), "name"));
        Assert.Equal(app.FirstRun.DomainId, Text(record, "domain_id"));
    }

    [Fact]
    public async Task A_registration_that_changes_nothing_is_not_recorded_and_a_refused_one_is()
    {
        await using var app = await StagedoorApp.StartAsync();
        object cart = new { appId = "shop", serviceName = "cart", version = "1.0.0" };
        var bodies = new (object Body, HttpStatusCode Status)[]
        {
            (new { service = cart }, HttpStatusCode.OK),
            (new { service = cart }, HttpStatusCode.OK),
            (new { service = cart, tags = new { tier = "front" } }, HttpStatusCode.OK),
            (new { service = new { serviceId = "other", appId = "shop", serviceName = "cart", version = "1.0.0" } }, HttpStatusCode.BadRequest),
            (new { service = new { appId = "shop", serviceName = "last", version = "1.0.0" } }, HttpStatusCode.OK),
        };
        foreach (var (body, status) in bodies)
        {
            using var answer = await app.Anonymous.PostAsJsonAsync("/v4/default/registry/microservices", body, Cancellation);
            Assert.Equal(status, answer.StatusCode);
        }

        var records = await RecordsAsync(app, static all => all.Count(static r => Text(r, "service_type") is "CSE") >= 4);

        Assert.Equal(["200", "200", "200", "400"], records.Where(static r => Text(r, "service_type") is "CSE").Select(static r => Text(r, "code")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Refused_logins_of_the_registry_are_one_record_a_minute_with_whose_key_it_is()
    {
        await using var app = await StagedoorApp.StartAsync();
        using var wrong = app.Registry(app.FirstRun.RegistryUser, "0000");
        for (var i = 0; i < 5; i++)
        {
            using var refused = await wrong.GetAsync("/v2/", Cancellation);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        var records = await RecordsAsync(app, static all => all.Any(static r => Text(r, "trace_name") is "authenticationFailed"));

        var record = Assert.Single(records, static r => Text(r, "trace_name") is "authenticationFailed");
        Assert.Equal(app.FirstRun.RegistryUser, Text(record, "resource_name"));
        Assert.Equal("admin", Text(record.GetProperty("user"), "name"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Invented_keys_do_not_hide_a_wrong_login_of_a_real_one(bool fromManyNetworks)
    {
        await using var app = await StagedoorApp.StartAsync(("Gateway:TrustedProxies:0", "127.0.0.1"));
        await Parallel.ForAsync(0, 5000, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, async (i, cancellationToken) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/");
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"cn-local-1@INVENTED{i:D12}:0000")));
            request.Headers.Add("X-Forwarded-For", fromManyNetworks ? $"10.1.{i / 250}.{i % 250}" : "10.1.0.1");
            using var refused = await app.Anonymous.SendAsync(request, cancellationToken);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        });
        using var wrong = app.Registry(app.FirstRun.RegistryUser, "0000");
        using (var refused = await wrong.GetAsync("/v2/", Cancellation))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        var records = await RecordsAsync(app, all => all.Any(r => Text(r, "resource_name") == app.FirstRun.RegistryUser));

        Assert.Single(records, r => Text(r, "resource_name") == app.FirstRun.RegistryUser);
        var invented = records.Count(static r => Text(r, "resource_name")?.Contains("INVENTED", StringComparison.Ordinal) is true);
        Assert.True(fromManyNetworks || invented is > 0 and < 5, $"{invented} records");
    }

    private static async Task<JsonElement> SendAsync(StagedoorApp app, HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var answer = await app.Admin.SendAsync(request, Cancellation);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        Assert.True(answer.IsSuccessStatusCode, $"{method} {path}: {(int)answer.StatusCode} {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }

    private static async Task<IReadOnlyList<JsonElement>> RecordsAsync(StagedoorApp app, Func<IReadOnlyList<JsonElement>, bool> areAll)
    {
        IReadOnlyList<JsonElement> records = [];
        await Eventually.TrueAsync("the records", TimeSpan.FromSeconds(20), async () =>
        {
            var answer = await app.Admin.GetFromJsonAsync<JsonElement>("/v3/audit/records?limit=200", Cancellation);
            records = [.. answer.GetProperty("traces").EnumerateArray()];
            return areAll(records);
        });
        return records;
    }

    private static async Task<string> PushBlobAsync(HttpClient client, byte[] bytes)
    {
        var digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var begun = await client.PostAsync("/v2/team/app/blobs/uploads/", null, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);
        using var content = new ByteArrayContent(bytes);
        using var done = await client.PutAsync($"{begun.Headers.Location}?digest={digest}", content, Cancellation);
        Assert.Equal(HttpStatusCode.Created, done.StatusCode);
        return digest;
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
