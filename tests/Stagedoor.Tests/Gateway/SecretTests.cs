using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>No secret that was given out or sent in comes back: not in the body of an error, not in the log at any level, not in the audit log.</summary>
public sealed class SecretTests
{
    private const string RootPassword = "Secret-Root-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_secret_comes_back()
    {
        await using var app = await StagedoorApp.StartAsync(
            ("Logging:LogLevel:Default", "Trace"), ("Logging:LogLevel:Stagedoor", "Trace"), ("Logging:LogLevel:Microsoft", "Trace"), ("Logging:Requests", "all"),
            ("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:RootPassword", RootPassword));
        var secrets = new List<string> { app.FirstRun.SecretKey, app.FirstRun.Password, app.FirstRun.RegistryKey, RootPassword, "Secret-User-1", "Secret-Account-1" };
        secrets.AddRange(await UseAsync(app));
        var echoes = await EchoAsync(app, secrets);

        await Eventually.TrueAsync("the audit log has it all", TimeSpan.FromSeconds(20), async () =>
            (await app.Admin.GetStringAsync("/v3/audit/records?limit=200", Cancellation)).Contains("createAccount", StringComparison.Ordinal));
        var audit = await app.Admin.GetStringAsync("/v3/audit/records?limit=200", Cancellation);
        var log = string.Join('\n', app.Log.Lines);

        Assert.Contains("canonicalRequest", echoes, StringComparison.Ordinal);
        Assert.Contains(Secrets.Hidden, echoes, StringComparison.Ordinal);
        Assert.All(secrets, secret =>
        {
            Assert.True(secret.Length > 8);
            Assert.DoesNotContain(secret, echoes, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, audit, StringComparison.Ordinal);
        });
    }

    // Whatever gives out a secret or takes one.
    private static async Task<IReadOnlyList<string>> UseAsync(StagedoorApp app)
    {
        var token = await app.NewTokenAsync();
        using var user = await app.Admin.PostAsJsonAsync("/v3/users", new { user = new { name = "careful", password = "Secret-User-1" } }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, user.StatusCode);
        var id = (await user.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString();
        using var made = await app.Admin.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = id } }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var key = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("credential").GetProperty("secret").GetString()!;
        using var registry = app.Registry();
        var bearer = (await registry.GetFromJsonAsync<JsonElement>("/swr/auth/v2/registry/auth?service=dockyard&scope=repository:a/b:pull", Cancellation)).GetProperty("token").GetString()!;
        using var login = await app.Anonymous.PostAsJsonAsync("/v4/token", new { name = "root", password = RootPassword }, Cancellation);
        var engine = (await login.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("token").GetString()!;
        using var account = new HttpRequestMessage(HttpMethod.Post, "/v4/accounts") { Content = JsonContent.Create(new { name = "careful", password = "Secret-Account-1", roles = new[] { "developer" } }) };
        account.Headers.Authorization = new("Bearer", engine);
        using (var created = await app.Anonymous.SendAsync(account, Cancellation))
        {
            Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        }

        return [token, key, bearer, engine];
    }

    // Refusals that repeat what was sent, with every secret in every place for one.
    private static async Task<string> EchoAsync(StagedoorApp app, List<string> secrets)
    {
        var bodies = new List<string>();
        foreach (var secret in secrets)
        {
            using var wrong = app.WithKeys(app.FirstRun.AccessKey, "not the secret key of this access key");
            using var request = new HttpRequestMessage(HttpMethod.Delete, $"/v3/users/none?password={Uri.EscapeDataString(secret)}&access_token={Uri.EscapeDataString(secret)}");
            foreach (var name in (string[])["X-Subject-Token", "X-Service-ShaAKSK", "X-Security-Token", "X-Auth-Token-Copy", "X-Api-Key-Secret"])
            {
                request.Headers.TryAddWithoutValidation(name, secret);
            }

            request.Headers.TryAddWithoutValidation("Proxy-Authorization", secret);
            request.Headers.TryAddWithoutValidation("Cookie", $"session={secret}");
            using var refused = await wrong.SendAsync(request, Cancellation);
            bodies.Add(await refused.Content.ReadAsStringAsync(Cancellation));

            using var unknown = new HttpRequestMessage(HttpMethod.Get, $"/v4/default/registry/microservices?token={Uri.EscapeDataString(secret)}");
            unknown.Headers.TryAddWithoutValidation("X-Service-AK", app.FirstRun.AccessKey);
            unknown.Headers.TryAddWithoutValidation("X-Service-ShaAKSK", secret + "0");
            using var stranger = await app.Anonymous.SendAsync(unknown, Cancellation);
            bodies.Add(await stranger.Content.ReadAsStringAsync(Cancellation));

            using var basic = app.Registry(app.FirstRun.RegistryUser, secret + "0");
            using var unauthorized = await basic.GetAsync("/v2/", Cancellation);
            bodies.Add(await unauthorized.Content.ReadAsStringAsync(Cancellation));

            // A key that was locked by this is good again, and echoes again, later.
            app.Clock.Advance(TimeSpan.FromMinutes(6));
        }

        return string.Join('\n', bodies);
    }
}
