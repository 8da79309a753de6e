using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Tests.Accounts;
using Stagedoor.Http;
using Xunit;

namespace Stagedoor.Discovery.Tests.Requests;

/// <summary>Who may only look changes nothing, whatever the method of an operation says.</summary>
public sealed class ReaderTests(ReaderTests.Fixture engine) : IClassFixture<ReaderTests.Fixture>
{
    private static int s_last;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RoleNames.TenantGuest)]
    [InlineData(RoleNames.Operator)]
    [InlineData("get")]
    public async Task A_reader_keeps_no_instance_alive(string role)
    {
        var reader = await CallerAsync(role);
        var service = await RegisterAsync();

        foreach (var root in (string[])["/v4/default/registry", "/registry/v3"])
        {
            using var socket = new ClientWebSocket();
            socket.Options.CollectHttpResponseDetails = true;
            foreach (var (name, value) in reader)
            {
                socket.Options.SetRequestHeader(name, value);
            }

            var path = $"{root}/microservices/{service.Id}/instances/{service.Instance}/heartbeat";
            await Assert.ThrowsAsync<WebSocketException>(
                () => socket.ConnectAsync(new(engine.App.Url.Replace("http:", "ws:", StringComparison.Ordinal) + path), Cancellation));
            Assert.Equal(HttpStatusCode.Forbidden, socket.HttpStatusCode);
        }
    }

    [Theory]
    [InlineData(RoleNames.TenantGuest, false)]
    [InlineData(RoleNames.Operator, false)]
    [InlineData(RoleNames.Developer, true)]
    [InlineData("get", false)]
    [InlineData("create", true)]
    public async Task A_find_writes_a_dependency_for_who_may_write(string role, bool isWritten)
    {
        var (one, other, consumer) = (await RegisterAsync(), await RegisterAsync(), await RegisterAsync());
        using var client = ClientOf([.. await CallerAsync(role), ("X-ConsumerId", consumer.Id)]);

        using var found = await client.GetAsync($"/v4/default/registry/instances?appId=readers&serviceName={one.Name}&version=0%2B", Cancellation);
        using var batch = await client.PostAsJsonAsync(
            "/v4/default/registry/instances/action?type=query",
            new { services = new[] { new { service = new { appId = "readers", serviceName = other.Name, version = "0+" } } } },
            Cancellation);
        var providers = await GuardedEngine.GetAsync(client, $"{GuardedEngine.Services}/{consumer.Id}/providers");

        Assert.Equal(1, (await ReadAsync(found)).GetProperty("instances").GetArrayLength());
        Assert.Equal(1, (await ReadAsync(batch)).GetProperty("services").GetProperty("updated").GetArrayLength());
        Assert.Equal(isWritten ? 2 : 0, providers.TryGetProperty("providers", out var list) ? list.GetArrayLength() : 0);
    }

    [Theory]
    [InlineData(RoleNames.TenantGuest)]
    [InlineData("get")]
    public async Task No_route_changes_anything_for_a_reader(string role)
    {
        var service = await RegisterAsync();
        var consumer = await RegisterAsync();
        IReadOnlyList<(string Name, string Value)> caller = [.. await CallerAsync(role), ("X-ConsumerId", consumer.Id)];
        using var client = ClientOf(caller);

        // A lease that is renewed ends later now.
        engine.App.Clock.Advance(TimeSpan.FromSeconds(2));
        var before = await StateAsync();
        var routes = engine.App.Services.GetServices<EndpointDataSource>().SelectMany(static s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(static e => e.Metadata.GetMetadata<ServiceMetadata>()?.Service is "discovery").ToList();
        Assert.True(routes.Count > 40);

        foreach (var route in routes)
        {
            var path = "/" + route.RoutePattern.RawText!.TrimStart('/')
                .Replace("{project}", "default", StringComparison.Ordinal)
                .Replace("{serviceId}", service.Id, StringComparison.Ordinal)
                .Replace("{instanceId}", service.Instance, StringComparison.Ordinal);
            path = Regex.Replace(path, "{[^}]*}", "x", RegexOptions.NonBacktracking);
            path += $"?type=query&appId=readers&serviceName={service.Name}&version=0%2B&value=UP&key=k";
            foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
            {
                using var request = new HttpRequestMessage(new(method), path);
                if (method is not ("GET" or "HEAD"))
                {
                    request.Content = JsonContent.Create(new
                    {
                        services = new[] { new { service = new { appId = "readers", serviceName = service.Name, version = "0+" } } },
                        instances = new[] { new { serviceId = service.Id, instanceId = service.Instance } },
                        service = new { appId = "readers", serviceName = $"{service.Name}-more", version = "1.0.0" },
                        properties = new { a = "b" },
                        tags = new { a = "b" },
                    });
                }

                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
                Assert.True((int)response.StatusCode < 500, $"{method} {path} answered {(int)response.StatusCode}");
                if (method is "GET")
                {
                    await UpgradeAsync(engine.App.Url + path, caller);
                }
            }
        }

        Assert.Equal(before, await StateAsync());
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, $"{response.RequestMessage?.RequestUri}: {(int)response.StatusCode}");
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    private static async Task UpgradeAsync(string url, IReadOnlyList<(string Name, string Value)> headers)
    {
        using var socket = new ClientWebSocket();
        foreach (var (name, value) in headers)
        {
            socket.Options.SetRequestHeader(name, value);
        }

        try
        {
            await socket.ConnectAsync(new(url.Replace("http:", "ws:", StringComparison.Ordinal)), Cancellation);
        }
        catch (WebSocketException)
        {
            // Most routes know no upgrade.
        }
    }

    private OutgoingClient ClientOf(IReadOnlyList<(string Name, string Value)> headers)
    {
        var client = new OutgoingClient(new SocketsHttpHandler()) { BaseAddress = new(engine.App.Url) };
        foreach (var (name, value) in headers)
        {
            client.DefaultRequestHeaders.Add(name, value);
        }

        return client;
    }

    /// <summary>All rows, and of the instances and the consumer what memory has beside them.</summary>
    private async Task<string> StateAsync()
    {
        var registry = engine.App.Services.GetRequiredService<Registry>();
        var (head, rows) = await engine.App.Services.GetRequiredService<EntryStore>().ReadAllAsync(Cancellation);
        var services = registry.FindTenant($"{engine.App.FirstRun.Domain}/default")!.Services.Values.OrderBy(static s => s.Id, StringComparer.Ordinal);
        return string.Join('\n', [
            $"{head}",
            .. rows.Select(static r => $"{r.Kind} {r.Tenant} {r.Id} {r.Revision}").Order(StringComparer.Ordinal),
            .. services.Select(static s => $"{s.Id}: {string.Join(' ', s.Edges)}; {string.Join(' ', s.Instances.Values.Select(static i => i.ExpiresAt))}"),
        ]);
    }

    private async Task<(string Id, string Name, string Instance)> RegisterAsync()
    {
        var name = $"read-{Interlocked.Increment(ref s_last)}";
        using var root = ClientOf([("Authorization", engine.Root.DefaultRequestHeaders.Authorization!.ToString()), ("X-Domain-Name", engine.App.FirstRun.Domain)]);
        using var made = await root.PostAsJsonAsync(
            GuardedEngine.Services,
            new
            {
                service = new { appId = "readers", serviceName = name, version = "1.0.0" },
                instances = new[] { new { hostName = "h", endpoints = new[] { "rest://10.0.0.1:80" } } },
            },
            Cancellation);
        var id = (await ReadAsync(made)).GetProperty("serviceId").GetString()!;
        var instances = await GuardedEngine.GetAsync(root, $"{GuardedEngine.Services}/{id}/instances");
        return (id, name, instances.GetProperty("instances")[0].GetProperty("instanceId").GetString()!);
    }

    /// <summary>The headers of somebody with one role.</summary>
    /// <param name="role">A role of the gateway's users; <c>get</c> or <c>create</c> for an account whose role has that verb beside <c>get</c>.</param>
    private async Task<IReadOnlyList<(string Name, string Value)>> CallerAsync(string role)
    {
        var name = $"caller{Interlocked.Increment(ref s_last)}";
        if (role is "get" or "create")
        {
            await engine.AddRoleAsync(name, GuardedEngine.Perm("service", "get", role), GuardedEngine.Perm("service/schema", "get"));
            (await engine.AddAsync(name, name)).Dispose();
            return [("Authorization", $"Bearer {await engine.TokenAsync(name, GuardedEngine.Password)}"), ("X-Domain-Name", engine.App.FirstRun.Domain)];
        }

        var admin = engine.App.Admin;
        using var made = await admin.PostAsJsonAsync("/v3/users", new { user = new { name, password = "correct-Horse-7" } }, Cancellation);
        var id = (await ReadAsync(made)).GetProperty("user").GetProperty("id").GetString()!;
        using var roles = await admin.GetAsync($"/v3/roles?name={role}", Cancellation);
        var roleId = (await ReadAsync(roles)).GetProperty("roles")[0].GetProperty("id").GetString();
        using var granted = await admin.PutAsync($"/v3/projects/{engine.App.FirstRun.ProjectId}/users/{id}/roles/{roleId}", null, Cancellation);
        Assert.Equal(204, (int)granted.StatusCode);
        using var keyed = await admin.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = id } }, Cancellation);
        var key = (await ReadAsync(keyed)).GetProperty("credential");
        var accessKey = key.GetProperty("access").GetString()!;
        return
        [
            ("X-Service-AK", accessKey),
            ("X-Service-ShaAKSK", LoginKey.Compute(accessKey, key.GetProperty("secret").GetString()!)),
            ("X-Service-Project", engine.App.FirstRun.Project),
        ];
    }

    public sealed class Fixture : GuardedEngine;
}
