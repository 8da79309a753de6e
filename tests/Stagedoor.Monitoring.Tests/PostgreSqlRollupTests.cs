using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Stagedoor.Monitoring.Rollups;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>Roll-ups in a real PostgreSQL.</summary>
public sealed class PostgreSqlRollupTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Minutes_are_rolled_up_and_outlive_the_process_in_PostgreSQL()
    {
        var server = Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL");
        Assert.SkipWhen(string.IsNullOrEmpty(server), "Set STAGEDOOR_POSTGRESQL to a connection string; 'eng/postgres.sh start' prints one.");
        var name = "stagedoor_" + Guid.NewGuid().ToString("n");
        await RunAsync(server!, $"CREATE DATABASE {name}");
        try
        {
            var database = new NpgsqlConnectionStringBuilder(server) { Database = name, Pooling = false }.ToString();
            await using var app = await StagedoorApp.StartAsync(("Storage:Database", "postgresql"), ("Storage:PostgreSql", database));
            // The beginning of a minute, so that they are all in one.
            app.Clock.Advance(TimeSpan.FromMilliseconds(60_000 - (app.Clock.GetUtcNow().ToUnixTimeMilliseconds() % 60_000)));
            for (var instance = 0; instance < 3; instance++)
            {
                await UploadAsAdminAsync(app, instance);
            }

            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await app.Services.GetRequiredService<RollupWriter>().RollUpAsync(isLast: false, Cancellation);
            await UploadAsAdminAsync(app, 0);
            await app.RestartAsync();
            await UploadAsAdminAsync(app, 0);
            await app.RestartAsync();

            var from = app.Clock.GetUtcNow().AddHours(-1).ToUnixTimeMilliseconds();
            var points = JsonElement.Parse(await app.Admin.GetStringAsync($"/v2/default/csemonitor/series?service=pg&from={from}&step=60", Cancellation))
                .GetProperty("points").EnumerateArray().Select(static p => (p.GetProperty("qps").GetDouble(), p.GetProperty("failureRate").GetDouble())).ToList();

            Assert.Equal((6, 50), points[0]);
            Assert.Equal((2, 50), points[^1]);
        }
        finally
        {
            await RunAsync(server!, $"DROP DATABASE {name} WITH (FORCE)");
        }
    }

    private static async Task UploadAsAdminAsync(StagedoorApp app, int instance)
    {
        var report = Report("pg", $"host-{instance}", Row("Provider.a.b", qps: 2, total: 10, failure: 5));
        using var content = new StringContent(report.ToJsonString());
        using var response = await app.Admin.PostAsync("/v2/default/csemonitor/metric?service=pg", content, Cancellation);
        Assert.Equal(200, (int)response.StatusCode);
    }

    private static async Task RunAsync(string server, string sql)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }
}
