using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

/// <summary>An engine with accounts of its own, and the calls that tests make on their way to something else.</summary>
public class GuardedEngine : IAsyncLifetime
{
    public const string RootPassword = "Root-pass-1";
    public const string Password = "Correct-Horse-7";
    public const string Services = "/v4/default/registry/microservices";

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public StagedoorApp App { get; private set; } = null!;

    /// <summary>The account root, with a token.</summary>
    public HttpClient Root { get; private set; } = null!;

    protected virtual IEnumerable<(string Key, string Value)> Settings => [];

    public async ValueTask InitializeAsync()
    {
        (string Key, string Value)[] usual =
        [
            ("Discovery:Rbac:Enabled", "true"),
            ("Discovery:Rbac:RootPassword", RootPassword),
            ("Discovery:Rbac:PasswordIterations", "10000"),
            ("Gateway:PasswordIterations", "10000"),
            ("Gateway:RequestsPerSecond", "0"),
        ];
        App = await StagedoorApp.StartAsync([.. Settings, .. usual.Where(u => !Settings.Any(s => s.Key == u.Key))]);
        Root = await LoggedInAsync("root", RootPassword);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        Root.Dispose();
        await App.DisposeAsync();
    }

    public static async Task<string> ShouldBeAsync(HttpResponseMessage response, int status)
    {
        ArgumentNullException.ThrowIfNull(response);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)response.StatusCode == status, $"{response.RequestMessage?.RequestUri}: {(int)response.StatusCode}: {text}");
        return text;
    }

    public Task<HttpResponseMessage> AskForTokenAsync(string name, string password, string? lifetime = null) =>
        App.Anonymous.PostAsJsonAsync("/v4/token", new { name, password, tokenExpirationTime = lifetime }, Cancellation);

    public async Task<string> TokenAsync(string name, string password, string? lifetime = null)
    {
        using var response = await AskForTokenAsync(name, password, lifetime);
        return JsonSerializer.Deserialize<JsonElement>(await ShouldBeAsync(response, 200)).GetProperty("token").GetString()!;
    }

    public HttpClient WithBearer(string token)
    {
        var client = new OutgoingClient(new ObservingHandler(App.Services) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new(App.Url) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    public async Task<HttpClient> LoggedInAsync(string name, string password = Password) => WithBearer(await TokenAsync(name, password));

    public Task<HttpResponseMessage> CreateAsync(string name, string password = Password, params string[] roles) =>
        Root.PostAsJsonAsync("/v4/accounts", new { name, password, roles = roles.Length == 0 ? ["developer"] : roles }, Cancellation);

    /// <summary>Makes an account and logs in with it.</summary>
    public async Task<HttpClient> AddAsync(string name, params string[] roles)
    {
        using var made = await CreateAsync(name, Password, roles);
        Assert.Equal("", await ShouldBeAsync(made, 200));
        return await LoggedInAsync(name);
    }

    public static object Perm(string type, params string[] verbs) => new { resources = new[] { new { type } }, verbs };

    public async Task AddRoleAsync(string name, params object[] perms)
    {
        using var response = await Root.PostAsJsonAsync("/v4/roles", new { name, perms }, Cancellation);
        await ShouldBeAsync(response, 200);
    }

    public static Task<HttpResponseMessage> RegisterAsync(HttpClient client, string name)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.PostAsJsonAsync(Services, new { service = new { serviceName = name, version = "1.0.0" } }, Cancellation);
    }

    public static async Task<JsonElement> GetAsync(HttpClient client, string path)
    {
        ArgumentNullException.ThrowIfNull(client);
        using var response = await client.GetAsync(path, Cancellation);
        return JsonSerializer.Deserialize<JsonElement>(await ShouldBeAsync(response, 200));
    }
}
