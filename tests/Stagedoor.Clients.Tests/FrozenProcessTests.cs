using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Npgsql;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>One of two processes is frozen (SIGSTOP) in the middle of a commit of the registry.</summary>
public sealed class FrozenProcessTests : IAsyncDisposable
{
    private const string Services = "/v4/default/registry/microservices";
    private const string Waiting =
        "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'first' AND wait_event_type = 'Lock' AND query LIKE '%INTO entry %'";

    private const string Keeping = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = 'first' AND state = 'idle in transaction'";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    // The server ends the frozen session after 5 s. The rest is for a slow machine.
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(15);
    private readonly StagedoorProcess _first = new();
    private readonly StagedoorProcess _second = new();
    private OwnDatabase? _database;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_other_goes_on_after_seconds_and_both_know_the_same_afterwards()
    {
        _database = await OwnDatabase.CreateAsync();
        var s3 = Environment.GetEnvironmentVariable("STAGEDOOR_S3");
        Assert.SkipWhen(s3 is null, "Set STAGEDOOR_S3 to what eng/s3.sh start prints.");
        var parts = s3.Split(';').Skip(1).Select(static p => p.Split('=', 2)).ToDictionary(static p => p[0], static p => p[1], StringComparer.Ordinal);
        (string Key, string Value)[] settings =
        [
            ("Storage__Database", "postgresql"), ("Storage__PostgreSql", _database.ConnectionString), ("Storage__Blobs", "s3"),
            ("Storage__S3__Endpoint", s3.Split(';')[0]), ("Storage__S3__Bucket", parts["bucket"]), ("Storage__S3__Prefix", $"frozen-{Guid.NewGuid():n}"),
            ("Storage__S3__AccessKey", parts["accessKey"]), ("Storage__S3__SecretKey", parts["secretKey"]),
            ("Gateway__MasterKey", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))),
        ];
        await _first.StartAsync([.. settings, ("Storage__PostgreSql", new NpgsqlConnectionStringBuilder(_database.ConnectionString) { ApplicationName = "first" }.ToString())]);
        _second.Set(settings);
        await _second.BeginAsync();
        using var here = NewRegistry(_first);
        using var there = NewRegistry(_second);
        await RegisterAsync(here, "before");

        // It has the head and waits for the table that we hold; when it can go on at the database it is frozen, and goes on no further.
        Task<HttpResponseMessage> frozen;
        await using (await HoldTableAsync())
        {
#pragma warning disable CA2025 // It is awaited below.
            frozen = PostAsync(here, "frozen");
#pragma warning restore CA2025
            await Eventually.TrueAsync("the commit waits", s_patience, async () => await _database.QueryAsync(Waiting) is ["1"]);
            await _first.FreezeAsync();
        }

        bool wasTaken;
        try
        {
            // The first that comes finds out that the head is kept; then it goes on by itself. On a slow machine the server may have ended the session before.
            var since = Stopwatch.GetTimestamp();
            using var refused = await PostAsync(there, "refused");
            wasTaken = refused.StatusCode is HttpStatusCode.OK;
            using var unready = await there.GetAsync("/readyz", Cancellation);
            if (await _database.QueryAsync(Keeping) is ["1"])
            {
                Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
                Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);
            }

            await Eventually.TrueAsync("the other registers", s_bound, async () =>
            {
                using var response = await PostAsync(there, "meanwhile");
                return response.StatusCode is HttpStatusCode.OK;
            });
            TestContext.Current.TestOutputHelper?.WriteLine($"The other went on after {Stopwatch.GetElapsedTime(since)}.");
            using var ready = await there.GetAsync("/readyz", Cancellation);
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }
        finally
        {
            await _first.ThawAsync();
        }

        bool wasAcknowledged;
        using (var answer = await frozen)
        {
            wasAcknowledged = answer.StatusCode is HttpStatusCode.OK;
            Assert.True(wasAcknowledged || answer.StatusCode is HttpStatusCode.InternalServerError, $"The frozen one answered {answer.StatusCode}.");
        }

        await Eventually.TrueAsync("the frozen one registers", s_patience, async () =>
        {
            using var response = await PostAsync(here, "after");
            return response.StatusCode is HttpStatusCode.OK;
        });
        var expected = new List<string> { "after", "before", "meanwhile" };
        if (wasAcknowledged)
        {
            expected.Insert(2, "frozen");
        }

        if (wasTaken)
        {
            expected.Add("refused");
        }

        Assert.Equal(expected, await NamesAsync(here));
        Assert.Equal(expected, await NamesAsync(there));
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private async Task<NpgsqlConnection> HoldTableAsync()
    {
        var holder = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_database!.ConnectionString) { Pooling = false }.ToString());
        await holder.OpenAsync(Cancellation);
        await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE discovery.entry IN EXCLUSIVE MODE", holder);
        await hold.ExecuteNonQueryAsync(Cancellation);
        return holder;
    }

    // With keys: only an embedded installation trusts who is on the same machine.
    private HttpClient NewRegistry(StagedoorProcess process)
    {
        var client = process.NewHttpClient();
        client.DefaultRequestHeaders.Add("X-Service-AK", _first.FirstRun.AccessKey);
        client.DefaultRequestHeaders.Add("X-Service-ShaAKSK", _first.FirstRun.RegistryKey);
        return client;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string name) =>
        client.PostAsJsonAsync(Services, new { service = new { appId = "shop", serviceName = name, version = "1.0.0" } }, Cancellation);

    private static async Task RegisterAsync(HttpClient client, string name)
    {
        using var response = await PostAsync(client, name);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task<IReadOnlyList<string>> NamesAsync(HttpClient client)
    {
        var listed = await client.GetFromJsonAsync<JsonElement>(Services, Cancellation);
        return
        [
            .. listed.GetProperty("services").EnumerateArray()
                .Where(static s => s.GetProperty("appId").GetString() is "shop")
                .Select(static s => s.GetProperty("serviceName").GetString()!)
                .Order(StringComparer.Ordinal),
        ];
    }
}
