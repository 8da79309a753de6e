using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Why;

/// <summary>An installation with a user of few rights, and what has to be there for requests to be refused.</summary>
internal sealed class Refusals : IAsyncDisposable
{
    private const string Password = "Why-Not-1";

    private Refusals(StagedoorApp app) => App = app;

    public StagedoorApp App { get; }

    public HttpClient Alice { get; private set; } = null!;

    public string AliceId { get; private set; } = "";

    public (string AccessKey, string SecretKey) AliceKey { get; private set; }

    /// <summary>What must not stand in any explanation.</summary>
    public List<string> Secrets { get; } = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Refusals> StartAsync(params (string Key, string Value)[] settings)
    {
        var refusals = new Refusals(await StagedoorApp.StartAsync([("Modules", "images,discovery,tracing"), .. settings]));
        var app = refusals.App;
        refusals.Secrets.AddRange([app.FirstRun.SecretKey, app.FirstRun.Password, app.FirstRun.RegistryKey, Password]);
        using (var made = await app.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "team" }, Cancellation))
        {
            made.EnsureSuccessStatusCode();
        }

        using (var made = await app.Admin.PostAsJsonAsync("/v2/manage/namespaces/team/repos", new { repository = "app", is_public = false }, Cancellation))
        {
            made.EnsureSuccessStatusCode();
        }

        refusals.AliceId = await refusals.AddUserAsync("alice");
        refusals.AliceKey = await refusals.AddKeyAsync(refusals.AliceId);
        refusals.Alice = app.WithKeys(refusals.AliceKey.AccessKey, refusals.AliceKey.SecretKey);
        return refusals;
    }

    public async Task<string> AddUserAsync(string name)
    {
        using var made = await App.Admin.PostAsJsonAsync("/v3/users", new { user = new { name, password = Password } }, Cancellation);
        made.EnsureSuccessStatusCode();
        return (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("user").GetProperty("id").GetString()!;
    }

    public async Task<(string AccessKey, string SecretKey)> AddKeyAsync(string userId)
    {
        using var made = await App.Admin.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = userId } }, Cancellation);
        made.EnsureSuccessStatusCode();
        var key = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("credential");
        Secrets.Add(key.GetProperty("secret").GetString()!);
        return (key.GetProperty("access").GetString()!, key.GetProperty("secret").GetString()!);
    }

    /// <summary>The login key of an access key, as docker sends it.</summary>
    public static string LoginKey((string AccessKey, string SecretKey) key) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key.SecretKey), Encoding.UTF8.GetBytes(key.AccessKey)));

    public HttpClient AliceInTheRegistry() => App.Registry($"{App.FirstRun.Project}@{AliceKey.AccessKey}", LoginKey(AliceKey));

    /// <summary>Sends a request without credentials but those given.</summary>
    public Task<HttpResponseMessage> SendAsync(string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new(method), App.Url + path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        }

        return App.Anonymous.SendAsync(request, Cancellation);
    }

    public Task<HttpResponseMessage> SendAsync(Signed signed, string? secretKey = null) => App.Anonymous.SendAsync(signed.Of(App, secretKey), Cancellation);

    public ValueTask DisposeAsync()
    {
        Alice.Dispose();
        return App.DisposeAsync();
    }
}
