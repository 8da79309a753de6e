using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Testing;
using Stagedoor.Tracing.ErrorCodes;
using Xunit;

namespace Stagedoor.Tracing.Tests.ErrorCodes;

/// <summary>Replicas add to the same rows.</summary>
public sealed class CodeStoreTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Replicas_that_add_at_the_same_moment_add_up()
    {
        await using var own = await OwnDatabase.CreateAsync();
        var engine = new PostgreSqlEngine(own.ConnectionString, NullLogger.Instance);
        await using var db = new TracingDb(engine);
        await MigrationRunner.RunAsync(db, typeof(TracingModule).Assembly, TimeProvider.System, Cancellation);
        var store = new CodeStore(db);
        ServiceVersion version = new("g", "cart", "1");

        await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            var seen = new SeenCodes();
            foreach (var code in i % 2 == 0 ? (string[])["A-1", "B-2"] : ["B-2", "A-1"])
            {
                seen.Add("p", version, code, 3_600_000 + i, (UInt128)(i + 1));
            }

            seen.Add("p", version, 1000 + i, 2000 + i, DateTimeOffset.UnixEpoch);
            var (versions, codes) = seen.Take();
            await store.AddAsync(versions, codes, Cancellation);
        }));

        var rows = await store.CodesAsync("p", Cancellation);
        Assert.Equal(["A-1", "B-2"], rows.Select(static r => r.Code).Order(StringComparer.Ordinal));
        Assert.All(rows, static r => Assert.Equal((40, 3_600_000, 3_600_039, new string('0', 30) + "28"), (r.Occurrences, r.FirstSeen, r.LastSeen, r.TraceId)));
        var one = Assert.Single(await store.VersionsAsync("p", Cancellation));
        Assert.Equal((1000, 2039), (one.FirstSeen, one.LastSeen));
        Assert.Empty(await store.CodesAsync("other", Cancellation));
    }

    [Fact]
    public void What_cannot_be_written_is_counted_once_more_with_what_comes()
    {
        var seen = new SeenCodes();
        ServiceVersion version = new("g", "cart", "1");
        seen.Add("p", version, "A-1", 5000, 1);
        var (versions, codes) = seen.Take();
        seen.Add("p", version, "A-1", 4000, 2);

        seen.GiveBack(versions, codes);

        var again = Assert.Single(seen.Take().Codes);
        Assert.Equal((2, 4000, 5000), (again.Count, again.First, again.Last));
        Assert.Empty(seen.Take().Codes);
    }

    [Fact]
    public void So_many_codes_that_nobody_reads_them_are_not_kept()
    {
        var seen = new SeenCodes();
        for (var i = 0; i < 20_000; i++)
        {
            seen.Add("p", new("g", "cart", "1"), $"ORDER-{i}", 5000, 1);
        }

        Assert.Equal(10_000, seen.Dropped);
        Assert.Equal(10_000, seen.Take().Codes.Count);
    }
}
