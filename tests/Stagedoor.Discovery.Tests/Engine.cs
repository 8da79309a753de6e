using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests;

/// <summary>An installation whose registry a caller on this machine uses without credentials, and the calls that tests make on their way.</summary>
public class Engine : IAsyncLifetime
{
    public const string Base = "/v4/default/registry";
    private int _names;

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public StagedoorApp App { get; private set; } = null!;

    public HttpClient Client => App.Anonymous;

    protected virtual IEnumerable<(string Key, string Value)> Settings => [];

    public virtual async ValueTask InitializeAsync() => App = await StagedoorApp.StartAsync([("Gateway:PasswordIterations", "10000"), .. Settings]);

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await App.DisposeAsync();
    }

    /// <summary>A name that no other test of the class uses.</summary>
    public string NewName(string of = "app") => $"{of}-{Interlocked.Increment(ref _names)}";

    /// <summary>Registers a microservice and answers its id.</summary>
    public async Task<string> RegisterAsync(string app, string name, string version = "1.0.0", object? more = null, HttpClient? client = null)
    {
        var service = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        service["appId"] = app;
        service["serviceName"] = name;
        service["version"] = version;
        using var response = await (client ?? Client).PostAsJsonAsync($"{Base}/microservices", new { service }, Cancellation);
        return (await OkAsync(response)).GetProperty("serviceId").GetString()!;
    }

    /// <summary>Registers an instance and answers its id.</summary>
    public async Task<string> AddInstanceAsync(string serviceId, object? more = null, HttpClient? client = null)
    {
        var instance = JsonSerializer.SerializeToNode(more ?? new { })!.AsObject();
        instance.TryAdd("hostName", "h1");
        instance.TryAdd("endpoints", JsonSerializer.SerializeToNode(new[] { "rest://10.0.0.1:8080" }));
        using var response = await (client ?? Client).PostAsJsonAsync($"{Base}/microservices/{serviceId}/instances", new { instance }, Cancellation);
        return (await OkAsync(response)).GetProperty("instanceId").GetString()!;
    }

    public async Task<HttpResponseMessage> FindAsync(string app, string name, string query = "", string? consumer = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Base}/instances?appId={app}&serviceName={name}{query}");
        if (consumer is not null)
        {
            request.Headers.Add("X-ConsumerId", consumer);
        }

        return await (client ?? Client).SendAsync(request, Cancellation);
    }

    /// <summary>The ids of the instances that a consumer finds.</summary>
    public async Task<IReadOnlyList<string>> FoundAsync(string app, string name, string query = "", string? consumer = null, HttpClient? client = null)
    {
        using var response = await FindAsync(app, name, query, consumer, client);
        return [.. (await OkAsync(response)).GetProperty("instances").EnumerateArray().Select(static i => i.GetProperty("instanceId").GetString()!)];
    }

    public async Task<HttpResponseMessage> HeartbeatAsync(string serviceId, string instanceId, HttpClient? client = null) =>
        await (client ?? Client).PutAsync($"{Base}/microservices/{serviceId}/instances/{instanceId}/heartbeat", null, Cancellation);

    public async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Client.GetAsync(Base + path, Cancellation);
        return await OkAsync(response);
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? json = null) =>
        Client.SendAsync(new(method, Base + path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") }, Cancellation);

    /// <summary>The JSON of an answer that must be 200; undefined when it has no body.</summary>
    public static async Task<JsonElement> OkAsync(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)response.StatusCode == 200, $"{response.RequestMessage?.RequestUri}: {(int)response.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement;
    }

    /// <summary>Waits until instances appear or go. A session of the database that a fault left behind may have to be ended first, and a lock waited for.</summary>
    public Task SeesAsync(string what, int count, string app, string name, HttpClient? client = null) => Eventually.TrueAsync(
        what, TimeSpan.FromSeconds(60), async () =>
        {
            // The engine registers itself a moment after it has started.
            using var response = await FindAsync(app, name, client: client);
            return (int)response.StatusCode == 200 && (await OkAsync(response)).GetProperty("instances").GetArrayLength() == count;
        });
}
