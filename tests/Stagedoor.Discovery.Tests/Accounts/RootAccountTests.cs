using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

public sealed class RootAccountTests
{
    private const string Chosen = "Root-pass-1";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_password_that_nobody_chose_is_in_a_file_of_the_owner()
    {
        await using var app = await StartAsync(("Discovery:Rbac:Enabled", "true"));
        var file = Path.Combine(app.DataDirectory, "registry-root.json");

        var kept = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(file, Cancellation));

        Assert.Equal("root", kept.GetProperty("name").GetString());
        Assert.Equal(200, await LogInAsync(app, kept.GetProperty("password").GetString()!));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task The_next_start_makes_no_other_password()
    {
        await using var app = await StartAsync(("Discovery:Rbac:Enabled", "true"));
        var file = Path.Combine(app.DataDirectory, "registry-root.json");
        var password = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(file, Cancellation)).GetProperty("password").GetString()!;
        File.Delete(file);

        await app.RestartAsync();

        Assert.False(File.Exists(file));
        Assert.Equal(200, await LogInAsync(app, password));
    }

    [Fact]
    public async Task A_chosen_password_leaves_no_file_and_counts_at_the_first_start_only()
    {
        await using var app = await StartAsync(("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:RootPassword", Chosen));
        Assert.False(File.Exists(Path.Combine(app.DataDirectory, "registry-root.json")));

        await app.RestartAsync(("Discovery:Rbac:RootPassword", "Another-pass-2"));

        Assert.Equal(401, await LogInAsync(app, "Another-pass-2"));
        Assert.Equal(200, await LogInAsync(app, Chosen));
    }

    [Fact]
    public async Task A_weak_password_in_the_settings_stops_the_start()
    {
        var problem = await Assert.ThrowsAsync<StartupException>(
            () => StartAsync(("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:RootPassword", "secret")));

        Assert.Contains("Discovery:Rbac:RootPassword", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Switched_off_there_is_nothing_of_it()
    {
        await using var app = await StartAsync();

        using var token = await app.Anonymous.PostAsJsonAsync("/v4/token", new { name = "root", password = Chosen }, Cancellation);
        using var accounts = await app.Anonymous.GetAsync("/v4/accounts", Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, GuardedEngine.Services);
        request.Headers.Authorization = new("Bearer", "whatever");
        using var bearer = await app.Anonymous.SendAsync(request, Cancellation);

        Assert.Equal((404, 404, 200), ((int)token.StatusCode, (int)accounts.StatusCode, (int)bearer.StatusCode));
        Assert.False(File.Exists(Path.Combine(app.DataDirectory, "registry-root.json")));
    }

    [Fact]
    public async Task Switched_off_and_on_again_the_accounts_are_still_there()
    {
        await using var app = await StartAsync(("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:RootPassword", Chosen));

        await app.RestartAsync(("Discovery:Rbac:Enabled", "false"));
        using var open = await app.Anonymous.GetAsync(GuardedEngine.Services, Cancellation);
        await app.RestartAsync(("Discovery:Rbac:Enabled", "true"));

        Assert.Equal(200, (int)open.StatusCode);
        Assert.Equal(200, await LogInAsync(app, Chosen));
    }

    [Fact]
    public async Task A_record_of_root_that_cannot_be_read_is_made_anew()
    {
        await using var app = await StartAsync(("Discovery:Rbac:Enabled", "true"), ("Discovery:Rbac:RootPassword", Chosen));
        app.Sabotage("discovery").Execute("UPDATE entry SET body = '{\"name\":\"root\"}' WHERE kind = 'account'");

        await app.RestartAsync(("Discovery:Rbac:RootPassword", "Another-pass-2"));

        Assert.Equal(200, await LogInAsync(app, "Another-pass-2"));
    }

    private static Task<StagedoorApp> StartAsync(params (string Key, string Value)[] settings) => StagedoorApp.StartAsync(
        [.. settings, ("Discovery:Rbac:PasswordIterations", "10000"), ("Gateway:PasswordIterations", "10000")]);

    private static async Task<int> LogInAsync(StagedoorApp app, string password)
    {
        using var response = await app.Anonymous.PostAsJsonAsync("/v4/token", new { name = "root", password }, Cancellation);
        return (int)response.StatusCode;
    }
}
