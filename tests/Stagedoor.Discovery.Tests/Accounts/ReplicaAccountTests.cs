using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

/// <summary>Two engines on one database.</summary>
public sealed class ReplicaAccountTests : IAsyncLifetime
{
    private const string Password = "Correct-Horse-7";

    private readonly string _name = "stagedoor_" + Guid.NewGuid().ToString("n");
    private string? _server;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _server = Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL");
        Assert.SkipWhen(_server is null, "Set STAGEDOOR_POSTGRESQL to a connection string (./test starts a server).");
        await RunAsync($"CREATE DATABASE {_name}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await RunAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
        }
    }

    [Fact]
    public async Task What_one_replica_decides_the_other_keeps_to()
    {
        await using var first = await StagedoorApp.StartAsync(Settings());
        await using var second = await StagedoorApp.JoinAsync(first, Settings());
        var file = Path.Combine(first.DataDirectory, "registry-root.json");
        var root = JsonSerializer.Deserialize<JsonElement>(await File.ReadAllTextAsync(file, Cancellation)).GetProperty("password").GetString()!;
        Assert.False(File.Exists(Path.Combine(second.DataDirectory, "registry-root.json")));

        // An account of the first logs in at the second at once, and its token counts at both.
        using var admin = await LoggedInAsync(second, "root", root);
        using var adminThere = WithBearer(first, admin);
        using (var made = await adminThere.PostAsJsonAsync("/v4/accounts", new { name = "alice", password = Password, roles = (string[])["developer"] }, Cancellation))
        {
            Assert.Equal(200, (int)made.StatusCode);
        }

        using var alice = await LoggedInAsync(second, "alice", Password);
        using var aliceThere = WithBearer(first, alice);
        Assert.Equal(200, await StatusAsync(alice));
        Assert.Equal(200, await StatusAsync(aliceThere));

        // Deleted at the first; the second hears of it.
        using (var deleted = await adminThere.DeleteAsync("/v4/accounts/alice", Cancellation))
        {
            Assert.Equal(200, (int)deleted.StatusCode);
        }

        Assert.Equal(401, await StatusAsync(aliceThere));
        await Eventually.TrueAsync("the second hears of it", TimeSpan.FromSeconds(10), async () => await StatusAsync(alice) == 401);
    }

    private (string Key, string Value)[] Settings() =>
    [
        ("Storage:Database", "postgresql"),
        ("Storage:PostgreSql", new NpgsqlConnectionStringBuilder(_server) { Database = _name }.ToString()),
        ("Gateway:MasterKey", Convert.ToBase64String(SHA256.HashData("replicas"u8))),
        ("Gateway:PasswordIterations", "10000"),
        ("Discovery:Rbac:Enabled", "true"),
        ("Discovery:Rbac:PasswordIterations", "10000"),
    ];

    private static async Task<HttpClient> LoggedInAsync(StagedoorApp app, string name, string password)
    {
        using var response = await app.Anonymous.PostAsJsonAsync("/v4/token", new { name, password }, Cancellation);
        Assert.Equal(200, (int)response.StatusCode);
        var token = (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("token").GetString()!;
        var client = new OutgoingClient { BaseAddress = new(app.Url) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    private static OutgoingClient WithBearer(StagedoorApp app, HttpClient other)
    {
        var client = new OutgoingClient { BaseAddress = new(app.Url) };
        client.DefaultRequestHeaders.Authorization = other.DefaultRequestHeaders.Authorization;
        return client;
    }

    private static async Task<int> StatusAsync(HttpClient client)
    {
        using var response = await client.GetAsync("/v4/default/registry/microservices", Cancellation);
        return (int)response.StatusCode;
    }

    private async Task RunAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
