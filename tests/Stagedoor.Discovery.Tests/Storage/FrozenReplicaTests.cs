using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>
/// A replica is frozen inside a commit of the registry (SIGSTOP, a paused machine) and keeps the head for itself. Its session stands still in the
/// database, which ends it after a while, here 2 seconds instead of 5.
/// </summary>
public sealed class FrozenReplicaTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly Engine s_engine = new();

    [Theory]
    [InlineData(1, HttpStatusCode.InternalServerError)]
    [InlineData(60, HttpStatusCode.OK)]
    public async Task The_other_goes_on_and_the_frozen_one_learns_what_it_did(int frozenPatience, HttpStatusCode outcome)
    {
        await using var database = await OwnDatabase.CreateAsync();
        var faults = new FaultyStore();
        await using var first = await StagedoorApp.StartAsync(faults.Install, Settings(database, frozenPatience));
        await using var second = await StagedoorApp.JoinAsync(first, Settings(database, 1));
        using var here = first.WithKeys(first.FirstRun.AccessKey, first.FirstRun.SecretKey);
        using var there = second.WithKeys(first.FirstRun.AccessKey, first.FirstRun.SecretKey);
        var service = await s_engine.RegisterAsync("shop", "stock", client: here);
        var kept = await s_engine.AddInstanceAsync(service, new { instanceId = "before" }, there);
        var (reached, over) = (NewSignal(), NewSignal());
        faults.At(FaultStep.BeforeCommit, async () =>
        {
            reached.SetResult();
            await over.Task;
        });

#pragma warning disable CA2025 // It is awaited below.
        var frozen = RegisterAsync(here, "frozen");
#pragma warning restore CA2025
        await reached.Task.WaitAsync(s_patience, TimeProvider.System, Engine.Cancellation);
        using (var refused = await RegisterAsync(there, "refused"))
        {
            await refused.ShouldFailAsync(500, "500011");
        }

        // What it knows it answers, and it says that it cannot write.
        Assert.Equal([kept], await s_engine.FoundAsync("shop", "stock", client: there));
        using (var beat = await s_engine.HeartbeatAsync(service, kept, there))
        {
            Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
        }

        await IsUnreadyAsync(second);
        await Eventually.TrueAsync("the other registers", s_patience, async () =>
        {
            using var later = await RegisterAsync(there, "later");
            return later.StatusCode is HttpStatusCode.OK;
        });
        Assert.Equal(HttpStatusCode.OK, (await ReadyAsync(second)).Status);
        Assert.False(await database.HasWaitersAsync(), "A write that was given up waits on.");
        over.SetResult();

        using (var answer = await frozen)
        {
            Assert.Equal(outcome, answer.StatusCode);
        }

        string last = "";
        await Eventually.TrueAsync("the frozen one registers", s_patience, async () =>
        {
            using var response = await RegisterAsync(here, "last");
            last = response.IsSuccessStatusCode ? (await response.Content.ReadFromJsonAsync<JsonElement>(Engine.Cancellation)).GetProperty("serviceId").GetString()! : "";
            return last.Length > 0;
        });
        await s_engine.AddInstanceAsync(last, client: there);
        string[] expected = outcome is HttpStatusCode.OK ? ["frozen", "last", "later", "stock"] : ["last", "later", "stock"];
        Assert.Equal(expected, await NamesAsync(here));
        Assert.Equal(expected, await NamesAsync(there));
        await IsInOrderAsync(database);
    }

    [Fact]
    public async Task Whoever_else_keeps_the_head_is_waited_for_and_nothing_is_left_waiting()
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var app = await StagedoorApp.StartAsync(Settings(database, 1));
        using var client = app.WithKeys(app.FirstRun.AccessKey, app.FirstRun.SecretKey);
        await s_engine.RegisterAsync("shop", "stock", client: client);
        await using var holder = new NpgsqlConnection(database.ConnectionString);
        await holder.OpenAsync(Engine.Cancellation);
        await using (var hold = new NpgsqlCommand("BEGIN; UPDATE discovery.head SET revision = revision + 1", holder))
        {
            await hold.ExecuteNonQueryAsync(Engine.Cancellation);
        }

        // Whoever it is, and however long: the connections of the pool are sixteen.
        for (var i = 0; i < 20; i++)
        {
            using var refused = await RegisterAsync(client, $"refused{i}");
            await refused.ShouldFailAsync(500, "500011");
        }

        await IsUnreadyAsync(app);
        Assert.InRange(int.Parse((await database.QueryAsync("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"))[0], null), 0, 1);
        await using (var end = new NpgsqlCommand("ROLLBACK", holder))
        {
            await end.ExecuteNonQueryAsync(Engine.Cancellation);
        }

        // By itself: a load balancer sends nobody who could try.
        await Eventually.TrueAsync("it is ready again", s_patience, async () => (await ReadyAsync(app)).Status is HttpStatusCode.OK);
        await s_engine.RegisterAsync("shop", "later", client: client);
        Assert.Equal(["later", "stock"], await NamesAsync(client));
        await IsInOrderAsync(database);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static (string Key, string Value)[] Settings(OwnDatabase database, int patience) =>
    [
        .. database.Settings.Where(static s => s.Key is not "Storage:PostgreSql"),
        ("Storage:PostgreSql", new NpgsqlConnectionStringBuilder(database.ConnectionString) { Options = "-c idle_in_transaction_session_timeout=2s" }.ToString()),
        ("Gateway:PasswordIterations", "10000"),
        ("Gateway:RequestsPerSecond", "0"),
        ("Discovery:StoreTimeoutSeconds", patience.ToString(System.Globalization.CultureInfo.InvariantCulture)),
    ];

    private static Task<HttpResponseMessage> RegisterAsync(HttpClient client, string name) => client.PostAsJsonAsync(
        $"{Engine.Base}/microservices", new { service = new { appId = "shop", serviceName = name, version = "1.0.0" } }, Engine.Cancellation);

    private static async Task IsUnreadyAsync(StagedoorApp app)
    {
        var (status, text) = await ReadyAsync(app);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("lock timeout", text, StringComparison.Ordinal);
    }

    private static async Task<(HttpStatusCode Status, string Text)> ReadyAsync(StagedoorApp app)
    {
        using var response = await app.Anonymous.GetAsync("/readyz", Engine.Cancellation);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(Engine.Cancellation));
    }

    // The registry's own service aside, where it has one.
    private static async Task<IReadOnlyList<string>> NamesAsync(HttpClient client)
    {
        using var response = await client.GetAsync($"{Engine.Base}/microservices", Engine.Cancellation);
        return
        [
            .. (await Engine.OkAsync(response)).GetProperty("services").EnumerateArray()
                .Where(static s => s.GetProperty("appId").GetString() is "shop")
                .Select(static s => s.GetProperty("serviceName").GetString()!)
                .Order(StringComparer.Ordinal),
        ];
    }

    // Two commits under one revision, or a row beyond the head, would hide a change from whoever reads what is new.
    private static async Task IsInOrderAsync(OwnDatabase database) => Assert.Equal(
        ["0"],
        await database.QueryAsync(
            """
            SELECT COUNT(*) FROM discovery.entry e
            WHERE revision > (SELECT revision FROM discovery.head)
                OR EXISTS (SELECT 1 FROM discovery.entry o WHERE o.revision = e.revision AND o.xmin::text <> e.xmin::text)
            """));
}
