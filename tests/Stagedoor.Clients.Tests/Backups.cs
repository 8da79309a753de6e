using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Backs up and restores with the built executable.</summary>
internal static class Backups
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal static Task<ToolResult> MakeAsync(StagedoorProcess stagedoor, string target, params IEnumerable<string> options) =>
        Tool.RunAsync(Call(stagedoor, target, options));

    internal static ToolCall Call(StagedoorProcess stagedoor, string target, params IEnumerable<string> options) =>
        StagedoorProcess.Call(["backup", target, "--data", stagedoor.DataDirectory, .. options]) with { Timeout = TimeSpan.FromMinutes(5) };

    internal static Task<ToolResult> VerifyAsync(string backup) => Tool.RunAsync(StagedoorProcess.Call("backup", backup, "--verify"));

    internal static Task<ToolResult> RestoreAsync(string backup, string data, params IEnumerable<string> options) =>
        Tool.RunAsync(StagedoorProcess.Call(["restore", backup, "--data", data, .. options]) with { Timeout = TimeSpan.FromMinutes(5) });

    internal static Task<ToolResult> ExamineAsync(string data) =>
        Tool.RunAsync(StagedoorProcess.Call("doctor", "--data", data, "--urls", "http://127.0.0.1:0") with
        {
            // Another server on this machine may have the usual ports.
            Environment = ListenerSettings.OffInEnvironment(),
        });

    /// <summary>A client of the engine's registry with the administrator's keys.</summary>
    internal static HttpClient Engine(string url, FirstRun keys)
    {
        var client = new OutgoingClient { BaseAddress = new(url), Timeout = TimeSpan.FromMinutes(2) };
        client.DefaultRequestHeaders.Add("X-Service-AK", keys.AccessKey);
        client.DefaultRequestHeaders.Add("X-Service-ShaAKSK", keys.RegistryKey);
        return client;
    }

    /// <summary>A client with a token of the user of these keys, who logs in with the password: in the project, or in the account.</summary>
    internal static async Task<HttpClient> IdentityAsync(string url, FirstRun keys, bool isScoped = true)
    {
        object scope = isScoped ? new { project = new { name = keys.Project } } : new { domain = new { name = keys.Domain } };
        var client = new OutgoingClient { BaseAddress = new(url), Timeout = TimeSpan.FromMinutes(2) };
        using var response = await client.PostAsJsonAsync(
            "/v3/auth/tokens",
            new
            {
                auth = new
                {
                    identity = new
                    {
                        methods = new[] { "password" },
                        password = new { user = new { name = keys.User, password = keys.Password, domain = new { name = keys.Domain } } },
                    },
                    scope,
                },
            },
            Cancellation);
        Assert.Equal(201, (int)response.StatusCode);
        client.DefaultRequestHeaders.Add("X-Auth-Token", response.Headers.GetValues("X-Subject-Token").Single());
        return client;
    }

    internal static async Task<string> RegisterAsync(HttpClient engine, string name)
    {
        using var response = await engine.PostAsJsonAsync(
            "/v4/default/registry/microservices", new { service = new { appId = "backup", serviceName = name, version = "1.0.0" } }, Cancellation);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("serviceId").GetString()!;
    }

    internal static async Task<string> CreateUserAsync(HttpClient identity, string name)
    {
        using var response = await identity.PostAsJsonAsync("/v3/users", new { user = new { name } }, Cancellation);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString()!;
    }

    /// <summary>A manifest that was changed, with the hash of what it says now: as another program would have written it.</summary>
    internal static string Resealed(string manifest)
    {
        var content = manifest[..manifest.LastIndexOf(",\"sha256\":", StringComparison.Ordinal)];
        return $"{content},\"sha256\":\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))}\"}}\n";
    }
}
