using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stagedoor.Gateway;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>What a process that is frozen or gone leaves behind in PostgreSQL.</summary>
public sealed class FrozenReplicaTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Audit_records_of_a_replica_that_was_frozen_are_written_once()
    {
        await using var database = await OwnDatabase.CreateAsync();
        (string Key, string Value)[] settings =
        [
            .. database.Settings.Where(static s => s.Key is not "Storage:PostgreSql"),
            ("Storage:PostgreSql", new NpgsqlConnectionStringBuilder(database.ConnectionString) { Options = "-c idle_in_transaction_session_timeout=1s" }.ToString()),
            ("Modules", "images"), ("Gateway:PasswordIterations", "10000"),
        ];
        var gate = new DatabaseGate();
        await using var first = await StagedoorApp.StartAsync(gate.Install, settings);
        await using var second = await StagedoorApp.JoinAsync(first, settings);
        using var there = second.WithKeys(first.FirstRun.AccessKey, first.FirstRun.SecretKey);
        foreach (var name in (string[])["before", "frozen", "meanwhile", "after"])
        {
            using var created = await first.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = name }, Cancellation);
            Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        }

        await DeleteAsync(first.Admin, "before");
        using var hold = gate.HoldNext("gateway");
        var frozen = DeleteAsync(first.Admin, "frozen");
        await hold.ReachedAsync();
        await DeleteAsync(there, "meanwhile").WaitAsync(s_patience, TimeProvider.System, Cancellation);
        await Eventually.TrueAsync(
            "the session of the frozen one is ended",
            s_patience,
            async () => await database.QueryAsync("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'") is ["0"]);
        hold.Release();
        await frozen.WaitAsync(s_patience, TimeProvider.System, Cancellation);
        await DeleteAsync(first.Admin, "after");

        await Eventually.TrueAsync("all are recorded", s_patience, async () => (await RecordedAsync(database)).Count >= 4);
        Assert.Equal(["after", "before", "frozen", "meanwhile"], await RecordedAsync(database));
        Assert.Empty((await GatewayModule.VerifyAuditAsync(first.Services, Cancellation)).Problems);
    }

    [Fact]
    public async Task Who_waited_for_a_lock_of_the_installation_and_is_gone_waits_no_more()
    {
        const string Waiters = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'";
        await using var database = await OwnDatabase.CreateAsync();
        var server = new NpgsqlConnectionStringBuilder(database.ConnectionString);
        await using var link = new FaultyLink(server.Host!, server.Port);
        await using var engine = new PostgreSqlEngine(database.ConnectionString, NullLogger.Instance);
        (server.Host, server.Port) = ("127.0.0.1", link.Port);
        await using var behind = new PostgreSqlEngine(server.ToString(), NullLogger.Instance);
        await using var db = new Db(engine.Open("module"));
        await using var other = new Db(behind.Open("module"));
        await using var held = await db.LockAsync("upkeep", Cancellation);
        var waiting = other.LockAsync("upkeep", Cancellation);
        await Eventually.TrueAsync("it waits", s_patience, async () => await database.QueryAsync(Waiters) is ["1"]);

        link.Cut();

        await Assert.ThrowsAsync<StorageException>(() => waiting);
        await Eventually.TrueAsync("nobody waits", s_patience, async () => await database.QueryAsync(Waiters) is ["0"]);
    }

    private static async Task DeleteAsync(HttpClient client, string name)
    {
        using var deleted = await client.DeleteAsync($"/v2/manage/namespaces/{name}", Cancellation);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    private static Task<IReadOnlyList<string>> RecordedAsync(OwnDatabase database) => database.QueryAsync(
        "SELECT resource_name FROM gateway.audit_record WHERE trace_name ILIKE 'delete%' ORDER BY resource_name");
}
