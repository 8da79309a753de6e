using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Tests.Accounts;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Requests;

/// <summary>Whatever stays open, against whatever ends the credential that opened it.</summary>
public sealed class AdmittedStreamTests(AdmittedStreamTests.Fixture engine) : IClassFixture<AdmittedStreamTests.Fixture>
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(250);
    private static int s_last;

    public static TheoryData<string, string> Table
    {
        get
        {
            var table = new TheoryData<string, string>();
            foreach (var stream in (string[])["watch", "heartbeat", "events", "find"])
            {
                foreach (var end in (string[])["account deleted", "account inactive", "password changed", "key inactive", "token revoked", "user disabled", "role taken away"])
                {
                    table.Add(stream, end);
                }
            }

            return table;
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_stream_ends_with_its_credential(string stream, string end)
    {
        var (credential, endAsync) = await CredentialAsync(end);
        IReadOnlyList<(string Name, string Value)> headers = [.. credential, ("X-Domain-Name", engine.App.FirstRun.Domain)];
        using var client = new OutgoingClient(new SocketsHttpHandler()) { BaseAddress = new(engine.App.Url) };
        foreach (var (name, value) in headers)
        {
            client.DefaultRequestHeaders.Add(name, value);
        }

        var ended = await OpenAsync(stream, client, headers);
        Assert.False(ended.IsCompleted);

        await endAsync();

        await Eventually.TrueAsync("the stream ends", engine.App.Clock, s_step, () => ended.IsCompleted);
        await ended;
        using var again = await client.GetAsync(GuardedEngine.Services, Cancellation);
        await again.ShouldFailAsync(end == "role taken away" ? 403 : 401, end == "role taken away" ? "403001" : "401002");
    }

#pragma warning disable CA2025, MA0100 // The stream is what the task owns and ends; the test waits for it.
    /// <summary>Opens a stream; the task ends with it.</summary>
    private async Task<Task> OpenAsync(string stream, HttpClient client, IReadOnlyList<(string Name, string Value)> headers)
    {
        var service = await RegisterAsync();
        switch (stream)
        {
            case "events":
                {
                    var response = await client.GetAsync("/v2/default/csemonitor/stream", HttpCompletionOption.ResponseHeadersRead, Cancellation);
                    Assert.Equal(200, (int)response.StatusCode);
                    return EndOfAsync(response);
                }

            case "find":
                {
                    var path = $"/v4/default/registry/instances?appId=streams&serviceName={service.Name}&version=0%2B";
                    using var first = await client.GetAsync(path, Cancellation);
                    var revision = first.Headers.GetValues("X-Resource-Revision").Single();
                    var call = client.GetAsync($"{path}&rev={revision}&wait=60s", Cancellation);
                    // Before that it could still be refused as one that comes in.
                    var node = engine.App.Services.GetRequiredService<Registry>().Tenants.Select(t => t.Services.GetValueOrDefault(service.Id)).OfType<ServiceNode>().Single();
                    await Eventually.TrueAsync("the call waits", TimeSpan.FromSeconds(30), () => node.Provider.IsAwaited);
                    return RefusedAsync(call);
                }

            default:
                {
                    var socket = new ClientWebSocket();
                    foreach (var (name, value) in headers)
                    {
                        socket.Options.SetRequestHeader(name, value);
                    }

                    var path = stream == "watch" ? "watcher" : $"instances/{service.Instance}/heartbeat";
                    await socket.ConnectAsync(new($"{engine.App.Url.Replace("http:", "ws:", StringComparison.Ordinal)}{GuardedEngine.Services}/{service.Id}/{path}"), Cancellation);
                    return BrokenAsync(socket);
                }
        }
    }

#pragma warning restore CA2025, MA0100
    private static async Task EndOfAsync(HttpResponseMessage response)
    {
        using (response)
        await using (var body = await response.Content.ReadAsStreamAsync(Cancellation))
        {
            var buffer = new byte[4096];
            while (await body.ReadAsync(buffer, Cancellation) > 0)
            {
                // Events that came before the end.
            }
        }
    }

    private static async Task RefusedAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        await response.ShouldFailAsync(401, "401002");
    }

    // An end without a farewell, upon which clients come back.
    private static async Task BrokenAsync(ClientWebSocket socket)
    {
        using (socket)
        {
            var error = await Assert.ThrowsAsync<WebSocketException>(async () =>
            {
                while ((await socket.ReceiveAsync(new byte[4096].AsMemory(), Cancellation)).MessageType is not WebSocketMessageType.Close)
                {
                    // Frames that came before the end.
                }
            });
            Assert.NotEqual(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
            Assert.NotEqual("", error.Message);
        }
    }

    private async Task<(string Id, string Name, string Instance)> RegisterAsync()
    {
        var name = $"streamed-{Interlocked.Increment(ref s_last)}";
        using var root = await engine.LoggedInAsync("root", GuardedEngine.RootPassword);
        root.DefaultRequestHeaders.Add("X-Domain-Name", engine.App.FirstRun.Domain);
        using var made = await root.PostAsJsonAsync(
            GuardedEngine.Services,
            new
            {
                service = new { appId = "streams", serviceName = name, version = "1.0.0" },
                instances = new[] { new { hostName = "h", endpoints = new[] { "rest://10.0.0.1:80" } } },
            },
            Cancellation);
        var id = JsonSerializer.Deserialize<JsonElement>(await GuardedEngine.ShouldBeAsync(made, 200)).GetProperty("serviceId").GetString()!;
        var instances = await GuardedEngine.GetAsync(root, $"{GuardedEngine.Services}/{id}/instances");
        return (id, name, instances.GetProperty("instances")[0].GetProperty("instanceId").GetString()!);
    }

    /// <summary>A credential as headers, and what ends it.</summary>
    private async Task<(IReadOnlyList<(string Name, string Value)> Headers, Func<Task> EndAsync)> CredentialAsync(string end)
    {
        var name = $"owner{Interlocked.Increment(ref s_last)}";
        if (end is "account deleted" or "account inactive" or "password changed")
        {
            (await engine.AddAsync(name)).Dispose();
            var token = await engine.TokenAsync(name, GuardedEngine.Password);
            return ([("Authorization", $"Bearer {token}")], async () =>
            {
                using var response = end switch
                {
                    "account deleted" => await engine.Root.DeleteAsync($"/v4/accounts/{name}", Cancellation),
                    "account inactive" => await engine.Root.PutAsJsonAsync($"/v4/accounts/{name}", new { status = "inactive", roles = new[] { "developer" } }, Cancellation),
                    _ => await engine.Root.PostAsJsonAsync($"/v4/accounts/{name}/password", new { password = "Another-Horse-8" }, Cancellation),
                };
                Assert.Equal(200, (int)response.StatusCode);
            }
            );
        }

        var admin = engine.App.Admin;
        var run = engine.App.FirstRun;
        using var made = await admin.PostAsJsonAsync("/v3/users", new { user = new { name, password = "correct-Horse-7" } }, Cancellation);
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString()!;
        using var roles = await admin.GetAsync($"/v3/roles?name={RoleNames.Developer}", Cancellation);
        var role = (await roles.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("roles")[0].GetProperty("id").GetString();
        var grant = $"/v3/projects/{run.ProjectId}/users/{id}/roles/{role}";
        using var granted = await admin.PutAsync(grant, null, Cancellation);
        Assert.Equal(204, (int)granted.StatusCode);
        if (end == "token revoked")
        {
            using var login = await engine.App.Anonymous.PostAsJsonAsync(
                "/v3/auth/tokens",
                new
                {
                    auth = new
                    {
                        identity = new { methods = new[] { "password" }, password = new { user = new { id, password = "correct-Horse-7" } } },
                        scope = new { project = new { id = run.ProjectId } },
                    },
                },
                Cancellation);
            var token = login.Headers.GetValues("X-Subject-Token").Single();
            return ([("X-Auth-Token", token)], async () =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Delete, "/v3/auth/tokens");
                request.Headers.Add("X-Subject-Token", token);
                using var response = await admin.SendAsync(request, Cancellation);
                Assert.Equal(204, (int)response.StatusCode);
            }
            );
        }

        using var keyed = await admin.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = id } }, Cancellation);
        var key = (await keyed.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("credential");
        var accessKey = key.GetProperty("access").GetString()!;
        return ([("X-Service-AK", accessKey), ("X-Service-ShaAKSK", LoginKey.Compute(accessKey, key.GetProperty("secret").GetString()!))], async () =>
        {
            using var response = end switch
            {
                "key inactive" => await admin.PutAsJsonAsync(
                    $"/v3.0/OS-CREDENTIAL/credentials/{accessKey}", new { credential = new { status = "inactive" } }, Cancellation),
                "user disabled" => await admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { enabled = false } }, Cancellation),
                _ => await admin.DeleteAsync(grant, Cancellation),
            };
            Assert.True(response.IsSuccessStatusCode);
        }
        );
    }

    public sealed class Fixture : GuardedEngine;
}
