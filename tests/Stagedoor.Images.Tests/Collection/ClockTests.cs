using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Stagedoor.Content.Collection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Collection;

/// <summary>What is removed is decided by the database's clock alone, and not while this machine's shows another time.</summary>
public sealed class ClockTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(14, true)]
    [InlineData(16, false)]
    [InlineData(-14, true)]
    [InlineData(-16, false)]
    public async Task Nothing_is_collected_when_the_clocks_differ_by_more_than_a_quarter_of_the_lease(int minutes, bool collects)
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var app = await StagedoorApp.StartAsync(Settings(database));
        app.Clock.Turn(TimeSpan.FromMinutes(minutes));

        var collected = await app.Services.GetRequiredService<Collector>().CollectAsync(Cancellation);

        Assert.Equal(collects, collected.Objection is null);
        Assert.Contains(collects ? "" : "differ by more than 900 s", collected.Objection ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clock_that_runs_ahead_removes_nothing_early()
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var app = await StagedoorApp.StartAsync(Settings(database));
        var (lease, ahead) = ("sha256:" + new string('a', 64), TimeSpan.FromMinutes(14));
        var now = TimeProvider.System.GetUtcNow();
        await ExecuteAsync(
            database,
            $"""
            SET search_path TO images;
            INSERT INTO blobs (digest, size, leased_until, verified_at, created_at) VALUES ('{lease}', 1, {(now + TimeSpan.FromMinutes(10)).ToUnixTimeMilliseconds()}, 0, 0);
            INSERT INTO tags (id, repository_id, name, digest, created_at, updated_at, deleted_at)
            VALUES (1, 1, 'deleted', '{lease}', 0, 0, {(now - TimeSpan.FromHours(23.9)).ToUnixTimeMilliseconds()});
            INSERT INTO blob_uploads (id, owner, user_id, algorithm, received, staged, epoch, created_at, updated_at)
            VALUES ('u', 'team/x', 'u', 'sha256', 0, '', 0, 0, {(now - TimeSpan.FromHours(23.9)).ToUnixTimeMilliseconds()});
            """);
        app.Clock.Turn(ahead);

        var collected = await app.Services.GetRequiredService<Collector>().CollectAsync(Cancellation);

        Assert.Equal((null, 0, 0), (collected.Objection, collected.Released, collected.Blobs));
        await ExecuteAsync(database, "DO $$ BEGIN IF (SELECT COUNT(*) FROM images.blob_uploads) <> 1 THEN RAISE EXCEPTION 'dropped'; END IF; END $$");
    }

    private static (string, string)[] Settings(OwnDatabase database) =>
        [("Storage:Database", "postgresql"), ("Storage:PostgreSql", database.ConnectionString), ("Gateway:PasswordIterations", "10000")];

    private static async Task ExecuteAsync(OwnDatabase database, string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
