using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>An installation and the calls of the identity API that tests make on their way to something else.</summary>
public sealed class Directory : IAsyncLifetime
{
    public const string Password = "correct-Horse-7";

    private readonly (string Key, string Value)[] _settings;

    public Directory()
        : this([])
    {
    }

    /// <summary>One with settings beside the usual ones.</summary>
    internal Directory(params (string Key, string Value)[] settings) => _settings = settings;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public StagedoorApp App { get; private set; } = null!;

    public HttpClient Admin => App.Admin;

    public async ValueTask InitializeAsync() =>
        App = await StagedoorApp.StartAsync([("Gateway:PasswordIterations", "10000"), ("Gateway:RequestsPerSecond", "0"), .. _settings]);

    public ValueTask DisposeAsync() => App.DisposeAsync();

    public static async Task<JsonElement> ReadAsync(HttpResponseMessage response, int status)
    {
        ArgumentNullException.ThrowIfNull(response);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {text}");
        return JsonDocument.Parse(text).RootElement;
    }

    /// <summary>A new user with the usual password; the rest by members of the request.</summary>
    public async Task<string> AddUserAsync(string name, string accessMode = "default")
    {
        using var response = await Admin.PostAsJsonAsync(
            "/v3/users", new { user = new { name, password = Password, access_mode = accessMode } }, Cancellation);
        return (await ReadAsync(response, 201)).GetProperty("user").GetProperty("id").GetString()!;
    }

    /// <summary>Changes members of a user.</summary>
    public async Task UpdateUserAsync(string id, object members)
    {
        using var response = await Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = members }, Cancellation);
        await ReadAsync(response, 200);
    }

    /// <summary>A new key of the user's.</summary>
    public async Task<(string AccessKey, string SecretKey)> AddKeyAsync(string userId)
    {
        using var response = await Admin.PostAsJsonAsync(
            "/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = userId } }, Cancellation);
        var key = (await ReadAsync(response, 201)).GetProperty("credential");
        return (key.GetProperty("access").GetString()!, key.GetProperty("secret").GetString()!);
    }

    /// <summary>A client that signs with a new key of a new user.</summary>
    public async Task<(string UserId, HttpClient Client)> AddSignerAsync(string name)
    {
        var userId = await AddUserAsync(name);
        var (accessKey, secretKey) = await AddKeyAsync(userId);
        return (userId, App.WithKeys(accessKey, secretKey));
    }

    public async Task<string> RoleIdAsync(string name)
    {
        using var response = await Admin.GetAsync($"/v3/roles?name={name}", Cancellation);
        return (await ReadAsync(response, 200)).GetProperty("roles")[0].GetProperty("id").GetString()!;
    }

    public async Task GrantAsync(string userId, string role)
    {
        using var response = await Admin.PutAsync(
            $"/v3/domains/{App.FirstRun.DomainId}/users/{userId}/roles/{await RoleIdAsync(role)}", null, Cancellation);
        Assert.Equal(204, (int)response.StatusCode);
    }

    public Task<HttpResponseMessage> AskTokenAsync(string user, string password, object? scope = null) => App.Anonymous.PostAsJsonAsync(
        "/v3/auth/tokens",
        new
        {
            auth = new
            {
                identity = new { methods = new[] { "password" }, password = new { user = new { name = user, password, domain = new { name = App.FirstRun.Domain } } } },
                scope,
            },
        },
        Cancellation);

    /// <summary>A token for the default project.</summary>
    public async Task<string> TokenAsync(string user, string password = Password)
    {
        using var response = await AskTokenAsync(user, password, new { project = new { name = App.FirstRun.Project } });
        await ReadAsync(response, 201);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    /// <summary>Another account with its root user's key.</summary>
    public async Task<(FirstRunCredentials Account, HttpClient Client)> AddAccountAsync(string name)
    {
        var account = await IamModule.CreateAccountAsync(App.Services, name, Cancellation);
        return (account!, App.WithKeys(account!.AccessKey, account.SecretKey));
    }
}
