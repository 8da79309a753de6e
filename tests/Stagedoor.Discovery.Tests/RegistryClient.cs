using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests;

/// <summary>Speaks to the registry as its clients do.</summary>
/// <param name="http">The caller.</param>
/// <param name="root">The prefix of all paths.</param>
public sealed class RegistryClient(HttpClient http, string root = RegistryClient.DefaultRoot)
{
    public const string DefaultRoot = "/v4/default/registry";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The same caller under another prefix, for example <c>/v4/default/govern</c>.</summary>
    public RegistryClient At(string otherRoot) => new(http, otherRoot);

    /// <summary>Sends a request.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">The path below the root, with its query.</param>
    /// <param name="body">Sent as JSON; a string is sent as it is.</param>
    /// <param name="headers">Further headers.</param>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        ArgumentNullException.ThrowIfNull(headers);
        using var request = new HttpRequestMessage(method, root + path)
        {
            Content = body switch
            {
                null => null,
                string text => new StringContent(text, Encoding.UTF8, "application/json"),
                _ => JsonContent.Create(body, body.GetType()),
            },
        };
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await http.SendAsync(request, Cancellation);
    }

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync(HttpMethod.Get, path, null, headers);

    public Task<HttpResponseMessage> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    public Task<HttpResponseMessage> PutAsync(string path, object? body = null) => SendAsync(HttpMethod.Put, path, body);

    public Task<HttpResponseMessage> DeleteAsync(string path, object? body = null) => SendAsync(HttpMethod.Delete, path, body);

    /// <summary>Sends a request that must succeed, and reads its answer; an empty one is no element.</summary>
    public async Task<JsonElement> CallAsync(
        HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(method, path, body, headers);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)response.StatusCode == 200, $"{method} {root}{path}: {(int)response.StatusCode}: {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Sends a request that must fail.</summary>
    /// <returns>The error's detail.</returns>
    public async Task<string> RefusedAsync(
        string code, HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        ArgumentNullException.ThrowIfNull(code);
        using var response = await SendAsync(method, path, body, headers);
        var error = await response.ShouldFailAsync(int.Parse(code.AsSpan(0, 3), System.Globalization.CultureInfo.InvariantCulture), code);
        return JsonSerializer.Deserialize<JsonElement>(error.Body).GetProperty("detail").GetString()!;
    }

    /// <summary>Registers a microservice.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="environment">Its environment.</param>
    /// <param name="appId">Its application.</param>
    /// <param name="alias">Its second name.</param>
    /// <param name="schemas">The ids of its contracts.</param>
    /// <param name="properties">Its properties.</param>
    /// <returns>Its id.</returns>
    public async Task<string> RegisterAsync(
        string name,
        string version = "1.0.0",
        string environment = "",
        string appId = "default",
        string? alias = null,
        string[]? schemas = null,
        IReadOnlyDictionary<string, string>? properties = null)
    {
        var answer = await CallAsync(
            HttpMethod.Post,
            "/microservices",
            new { service = new { serviceName = name, version, environment, appId, alias, schemas, properties } });
        return answer.GetProperty("serviceId").GetString()!;
    }

    /// <summary>Registers an instance.</summary>
    /// <param name="serviceId">Its microservice.</param>
    /// <param name="endpoint">Where it listens.</param>
    /// <param name="instanceId">An id of the client's own.</param>
    /// <param name="interval">Seconds between heartbeats.</param>
    /// <param name="times">How many may be missed.</param>
    /// <param name="properties">Its properties.</param>
    /// <returns>Its id.</returns>
    public async Task<string> RegisterInstanceAsync(
        string serviceId,
        string endpoint = "rest://10.0.0.7:8080",
        string? instanceId = null,
        int interval = 30,
        int times = 3,
        IReadOnlyDictionary<string, string>? properties = null)
    {
        var answer = await CallAsync(
            HttpMethod.Post,
            $"/microservices/{serviceId}/instances",
            new
            {
                instance = new
                {
                    instanceId,
                    hostName = "host-1",
                    endpoints = new[] { endpoint },
                    properties,
                    healthCheck = new { mode = "push", interval, times },
                },
            });
        return answer.GetProperty("instanceId").GetString()!;
    }

    /// <summary>The microservice as it is stored.</summary>
    public async Task<JsonElement> ShowAsync(string serviceId) =>
        (await CallAsync(HttpMethod.Get, $"/microservices/{serviceId}")).GetProperty("service");

    /// <summary>Looks for the instances of a provider.</summary>
    /// <param name="name">The provider's name.</param>
    /// <param name="version">The version rule, not encoded.</param>
    /// <param name="appId">The provider's application.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="consumerId">Who asks.</param>
    /// <param name="revision">The revision that the consumer has.</param>
    public Task<HttpResponseMessage> FindAsync(
        string name, string version = "0+", string appId = "default", string environment = "", string? consumerId = null, string revision = "") =>
        GetAsync(
            $"/instances?appId={appId}&serviceName={Uri.EscapeDataString(name)}&version={Uri.EscapeDataString(version)}&env={environment}&rev={revision}",
            consumerId is null ? [] : [("X-ConsumerId", consumerId)]);

    /// <summary>The ids of the instances that a consumer finds.</summary>
    /// <param name="name">The provider's name.</param>
    /// <param name="consumerId">Who asks.</param>
    /// <param name="version">The version rule, not encoded.</param>
    /// <param name="environment">The environment.</param>
    public async Task<IReadOnlyList<string>> FindIdsAsync(string name, string? consumerId = null, string version = "0+", string environment = "")
    {
        using var response = await FindAsync(name, version, environment: environment, consumerId: consumerId);
        Assert.Equal(200, (int)response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        return [.. answer.GetProperty("instances").EnumerateArray().Select(i => i.GetProperty("instanceId").GetString()!)];
    }
}
