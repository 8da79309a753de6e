using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Monitoring.Tests;

/// <summary>An installation as a publisher and as a dashboard see it. Tests keep apart by the names of their services.</summary>
public sealed class Dashboard : IAsyncLifetime
{
    public const string Project = "default";

    public StagedoorApp App { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => App = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>A report with what is mandatory.</summary>
    public static JsonObject Report(string service, string instance = "host-1", params JsonObject[] interfaces) => new()
    {
        ["name"] = service,
        ["appId"] = "shop",
        ["version"] = "1.0.0",
        ["instance"] = instance,
        ["interfaces"] = new JsonArray([.. interfaces]),
    };

    /// <summary>A row of a report.</summary>
    public static JsonObject Row(string name, double qps = 1, double latency = 10, double total = 10, double failure = 0) => new()
    {
        ["name"] = name,
        ["qps"] = qps,
        ["latency"] = latency,
        ["total"] = total,
        ["failure"] = failure,
    };

    public static Task<HttpResponseMessage> SendAsync(StagedoorApp app, string body, string query = "") =>
        app.Anonymous.PostAsync($"/v2/{Project}/csemonitor/metric{query}", new StringContent(body), Cancellation);

    public static async Task UploadAsync(StagedoorApp app, JsonNode report)
    {
        using var response = await SendAsync(app, report.ToJsonString());
        Assert.Equal((200, "{}"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
    }

    public static async Task<JsonElement> GetAsync(StagedoorApp app, string path)
    {
        using var response = await app.Anonymous.GetAsync(path, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    internal static async Task<List<JsonElement>> QueryAsync(StagedoorApp app, string query) =>
        [.. (await GetAsync(app, $"/v3/{Project}/csemonitor/metric?{query}")).GetProperty("success").EnumerateArray()];

    internal static async Task<List<JsonElement>> SeriesAsync(StagedoorApp app, string query) =>
        [.. (await GetAsync(app, $"/v2/{Project}/csemonitor/series?{query}")).GetProperty("points").EnumerateArray()];

    public Task<HttpResponseMessage> SendAsync(string body, string query = "") => SendAsync(App, body, query);

    public Task UploadAsync(JsonNode report) => UploadAsync(App, report);

    internal Task<List<JsonElement>> QueryAsync(string query) => QueryAsync(App, query);
}
