using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>A user that tests make, and what it comes in with.</summary>
internal sealed record Guest(string Id, string Name, string AccessKey, string SecretKey, string ProjectId, string ProjectName)
{
    public string Password { get; init; } = Directory.Password;

    /// <summary>Tokens that the user got while all was well, by door.</summary>
    public Dictionary<string, string> Tokens { get; } = new(StringComparer.Ordinal);
}

/// <summary>A way for a user to become known.</summary>
/// <param name="Name">What tests call it.</param>
/// <param name="Prepare">Gets what is shown at the door later, while all is well; empty when there is nothing to get.</param>
/// <param name="EnterAsync">Comes in and answers the status.</param>
internal sealed record Door(string Name, Func<Directory, Guest, Task<string>> Prepare, Func<Directory, Guest, Task<int>> EnterAsync)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static IReadOnlyList<Door> All { get; } =
    [
        new("password", static (_, _) => Task.FromResult(""), static (directory, guest) =>
            StatusAsync(directory.AskTokenAsync(guest.Name, guest.Password, new { project = new { id = guest.ProjectId } }))),
        new("token", TokenAsync, static (directory, guest) => SendAsync(
            directory, "/v3/auth/projects", r => r.Headers.Add("X-Auth-Token", guest.Tokens["token"]))),
        new("token for a token", TokenAsync, static (directory, guest) => StatusAsync(directory.App.Anonymous.PostAsJsonAsync(
            "/v3/auth/tokens",
            new { auth = new { identity = new { methods = new[] { "token" }, token = new { id = guest.Tokens["token for a token"] } }, scope = new { project = new { id = guest.ProjectId } } } },
            Cancellation))),
        new("signature", static (_, _) => Task.FromResult(""), static async (directory, guest) =>
        {
            using var client = directory.App.WithKeys(guest.AccessKey, guest.SecretKey);
            client.DefaultRequestHeaders.Add("X-Project-Id", guest.ProjectId);
            return await StatusAsync(client.GetAsync("/v3/auth/projects", Cancellation));
        }),
        new("registry login", static (_, _) => Task.FromResult(""), static (directory, guest) => SendAsync(directory, "/v2/", r => r.Headers.Authorization = Basic(guest))),
        new("registry token", static (directory, guest) => BearerAsync(directory, r => r.Headers.Authorization = Basic(guest)), static (directory, guest) => SendAsync(
            directory, "/v2/", r => r.Headers.Authorization = new("Bearer", guest.Tokens["registry token"]))),
        new("key headers", static (_, _) => Task.FromResult(""), static (directory, guest) => SendAsync(
            directory, $"/v4/{guest.ProjectName}/registry/microservices", r => AddKeyHeaders(r, guest))),
        new("token at the engine", TokenAsync, static (directory, guest) => SendAsync(
            directory, $"/v4/{guest.ProjectName}/registry/microservices", r => r.Headers.Add("X-Auth-Token", guest.Tokens["token at the engine"]))),
        new("web socket", static (_, _) => Task.FromResult(""), static (directory, guest) => SendAsync(
            directory,
            $"/v4/{guest.ProjectName}/registry/microservices/nobody/watcher",
            r =>
            {
                AddKeyHeaders(r, guest);
                r.Headers.Add("Connection", "Upgrade");
                r.Headers.Add("Upgrade", "websocket");
                r.Headers.Add("Sec-WebSocket-Version", "13");
                r.Headers.Add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
            })),
    ];

    public static Door Named(string name) => All.Single(d => string.Equals(d.Name, name, StringComparison.Ordinal));

    public override string ToString() => Name;

    private static async Task<string> TokenAsync(Directory directory, Guest guest)
    {
        using var response = await directory.AskTokenAsync(guest.Name, guest.Password, new { project = new { id = guest.ProjectId } });
        await Directory.ReadAsync(response, 201);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    private static async Task<string> BearerAsync(Directory directory, Action<HttpRequestMessage> authenticate)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/swr/auth/v2/registry/auth?service=dockyard");
        authenticate(request);
        using var response = await directory.App.Anonymous.SendAsync(request, Cancellation);
        return (await Directory.ReadAsync(response, 200)).GetProperty("token").GetString()!;
    }

    private static AuthenticationHeaderValue Basic(Guest guest) => new(
        "Basic",
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"{guest.ProjectName}@{guest.AccessKey}:{LoginKey.Compute(guest.AccessKey, guest.SecretKey)}")));

    private static void AddKeyHeaders(HttpRequestMessage request, Guest guest)
    {
        request.Headers.Add("X-Service-AK", guest.AccessKey);
        request.Headers.Add("X-Service-ShaAKSK", LoginKey.Compute(guest.AccessKey, guest.SecretKey));
        request.Headers.Add("X-Service-Project", guest.ProjectName);
    }

    private static async Task<int> SendAsync(Directory directory, string path, Action<HttpRequestMessage> authenticate)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        authenticate(request);
        using var response = await directory.App.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        return (int)response.StatusCode;
    }

    private static async Task<int> StatusAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        return (int)response.StatusCode;
    }
}
