using System.Runtime.CompilerServices;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Model.Topology;

namespace Stagedoor.Tracing.Measures;

/// <summary>What was measured, by project and minute. Each process has rows of its own, which add up: two never write the same one.</summary>
internal sealed class MeasureStore(TracingDb db)
{
    private const int Minute = 1;
    private const int AtOnce = 200;

    private readonly string _process = Guid.NewGuid().ToString("N");

    /// <summary>Adds to what this process has written of some minutes, all or nothing.</summary>
    public Task AddAsync(IReadOnlyList<(string Project, long Minute, MinuteMeasures Measures)> measures, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            foreach (var (project, start, added) in measures)
            {
                var key = new { project, grain = Minute, start, id = _process };
                var known = await session.FindAsync<byte[]>("SELECT data FROM measures WHERE project = @project AND grain = @grain AND start = @start AND id = @id", key);
                var sum = added;
                if (known is not null)
                {
                    sum = MinuteMeasures.Read(known, new());
                    sum.Add(MinuteMeasures.Read(Written(added), sum.Graph));
                }

                await session.ExecuteAsync(
                    "INSERT INTO measures (project, grain, start, id, data) VALUES (@project, @grain, @start, @id, @data) ON CONFLICT (project, grain, start, id) DO UPDATE SET data = excluded.data",
                    new { project, grain = Minute, start, id = _process, data = Written(sum) });
            }

            return true;
        },
        cancellationToken);

    /// <summary>The sum of what was measured in some minutes.</summary>
    /// <param name="project">Whose.</param>
    /// <param name="from">The first minute, since the Unix epoch.</param>
    /// <param name="until">The minute behind the last.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<MinuteMeasures> ReadAsync(string project, long from, long until, CancellationToken cancellationToken)
    {
        var sum = new MinuteMeasures(new());
        await foreach (var row in RowsAsync(project, from, until, cancellationToken))
        {
            sum.Add(MinuteMeasures.Read(row.Data, sum.Graph));
        }

        return sum;
    }

    /// <summary>What was measured in some minutes, each by itself, the earliest first; of one minute there may be several.</summary>
    /// <param name="project">Whose.</param>
    /// <param name="from">The first minute, since the Unix epoch.</param>
    /// <param name="until">The minute behind the last.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async IAsyncEnumerable<(long Minute, MinuteMeasures Measures)> ReadMinutesAsync(
        string project, long from, long until, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var graph = new Graph();
        await foreach (var row in RowsAsync(project, from, until, cancellationToken))
        {
            yield return (row.Start, MinuteMeasures.Read(row.Data, graph));
        }
    }

    /// <summary>Deletes what is older than a minute.</summary>
    public Task DeleteBeforeAsync(long minute, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM measures WHERE start < @minute", new { minute }, cancellationToken);

    // A few at a time: a week has ten thousand minutes, each of which may say much.
    private async IAsyncEnumerable<Row> RowsAsync(string project, long from, long until, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (start, id) = (from, "");
        while (true)
        {
            var rows = await db.QueryAsync<Row>(
                """
                SELECT start, id, data FROM measures
                WHERE project = @project AND grain = @grain AND start < @until AND (start > @start OR (start = @start AND id > @id))
                ORDER BY start, id LIMIT @most
                """,
                new { project, grain = Minute, start, id, until, most = AtOnce },
                cancellationToken);
            foreach (var row in rows)
            {
                yield return row;
            }

            if (rows.Count < AtOnce)
            {
                yield break;
            }

            (start, id) = (rows[^1].Start, rows[^1].Id);
        }
    }

    // By properties: of no rows SQLite does not know the columns' types, which a constructor would have to match.
    private sealed class Row
    {
        public long Start { get; init; }

        public string Id { get; init; } = "";

        public byte[] Data { get; init; } = [];
    }

    private static byte[] Written(MinuteMeasures measures)
    {
        var writer = new AggregateWriter();
        measures.Write(writer);
        return writer.Written.ToArray();
    }
}
