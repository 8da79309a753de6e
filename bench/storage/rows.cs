#:project ../../src/Stagedoor.Storage.Sqlite/Stagedoor.Storage.Sqlite.csproj
#:project ../../src/Stagedoor.Storage.PostgreSql/Stagedoor.Storage.PostgreSql.csproj
#:property PublishAot=false

// Rows in a second, one way of writing beside the other, on the same machine and disk. See ../storage.sh.
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Storage.Sqlite;

const int Callers = 64;
var runs = int.Parse(Environment.GetEnvironmentVariable("RUNS") ?? "3", CultureInfo.InvariantCulture);
var table = new BulkTable("span", new("id", BulkType.Number), new("name", BulkType.Text), new("weight", BulkType.Number), new("data", BulkType.Bytes));
var next = 0L;
(string Name, int Rows, Func<Db, int, Task> Write)[] ways =
[
    ("one row, one transaction, one caller", 1_000, async (db, count) =>
    {
        for (var i = 0; i < count; i++)
        {
            await db.TransactAsync(session => InsertAsync(session, Row()), CancellationToken.None);
        }
    }),
    ("one row, one transaction, 64 callers", 10_000, (db, count) => Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
    {
        for (var i = 0; i < count / Callers; i++)
        {
            await db.TransactAsync(session => InsertAsync(session, Row()), CancellationToken.None);
        }
    }))),
    ("single inserts in transactions of 1,000", 20_000, async (db, count) =>
    {
        for (var i = 0; i < count / 1_000; i++)
        {
            await db.TransactAsync(
                async session =>
                {
                    for (var row = 0; row < 1_000; row++)
                    {
                        await InsertAsync(session, Row());
                    }

                    return 0;
                },
                CancellationToken.None);
        }
    }),
    ("bulk of 1,000", 200_000, (db, count) => BulkAsync(db, count, 1_000)),
    ("bulk of 10,000", 200_000, (db, count) => BulkAsync(db, count, 10_000)),
];

Console.WriteLine($"{"rows/s, medians of " + runs,-42} {"Full",10} {"Normal",10}");
await MeasureAsync("sqlite", new SqliteEngine(args[0], NullLogger.Instance));
if (Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL") is { Length: > 0 } server)
{
    await using var engine = new PostgreSqlEngine(server, NullLogger.Instance);
    await MeasureAsync("postgresql", engine);
}

async Task MeasureAsync(string name, IDatabaseEngine engine)
{
    await using var full = new Db(engine.Open("bench_storage"));
    await using var normal = new Db(engine.Open("bench_storage", Durability.Normal));
    foreach (var way in ways)
    {
        var rates = new double[2];
        foreach (var (db, at) in (IEnumerable<(Db, int)>)[(full, 0), (normal, 1)])
        {
            var measured = new List<double>();
            for (var run = 0; run < runs; run++)
            {
                await db.ExecuteAsync("DROP TABLE IF EXISTS span", null, CancellationToken.None);
                await db.ExecuteAsync(
                    $"CREATE TABLE span (id BIGINT PRIMARY KEY, name TEXT NOT NULL, weight BIGINT, data {(db.Engine is "sqlite" ? "BLOB" : "BYTEA")})",
                    null,
                    CancellationToken.None);
                await way.Write(db, way.Rows / 10);
                var from = Stopwatch.GetTimestamp();
                await way.Write(db, way.Rows);
                measured.Add(way.Rows / Stopwatch.GetElapsedTime(from).TotalSeconds);
            }

            rates[at] = measured.Order().ElementAt(runs / 2);
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name + ": " + way.Name,-55} {rates[0],10:N0} {rates[1],10:N0}"));
    }

    await full.ExecuteAsync("DROP TABLE span", null, CancellationToken.None);
}

object?[] Row()
{
    var id = Interlocked.Increment(ref next);
    return [id, $"GET /v2/library/alpine/manifests/{id}", id * 17, new byte[200]];
}

async Task BulkAsync(Db db, int count, int size)
{
    for (var i = 0; i < count / size || i == 0; i++)
    {
        await db.BulkInsertAsync(table, [.. Enumerable.Range(0, size).Select(_ => Row())], CancellationToken.None);
    }
}

static Task<int> InsertAsync(DbSession session, object?[] row) => session.ExecuteAsync(
    "INSERT INTO span (id, name, weight, data) VALUES (@id, @name, @weight, @data)",
    new { id = (long)row[0]!, name = (string)row[1]!, weight = (long)row[2]!, data = (byte[])row[3]! });
