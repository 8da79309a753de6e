using System.Globalization;
using Stagedoor.Storage;

namespace Stagedoor.Tracing.Store.Shared;

/// <summary>
/// The tables of a day, which come and go whole: its blocks, an index of traces, and the names in it. They are tables of the module beside each other, and not partitions of one
/// table or schemas of their own: a request with spans of two days is kept in one transaction, and to add or drop a day no lock is taken of what other days are read through.
/// </summary>
internal static class SpanTables
{
    public static string SuffixOf(int day) => SegmentFile.DayNumber(day).ToString("yyyyMMdd", CultureInfo.InvariantCulture);

    public static string BlockOf(int day) => "span_block_" + SuffixOf(day);

    public static string TraceOf(int day) => "span_trace_" + SuffixOf(day);

    public static string NameOf(int day) => "span_name_" + SuffixOf(day);

    public static BulkTable BlocksOf(int day) => new(
        BlockOf(day),
        new("id", BulkType.Number),
        new("spans", BulkType.Number),
        new("min_start", BulkType.Number),
        new("max_start", BulkType.Number),
        new("max_duration", BulkType.Number),
        new("size", BulkType.Number),
        new("tail", BulkType.Number),
        new("data", BulkType.Bytes));

    public static BulkTable TracesOf(int day) => new(TraceOf(day), new("hash", BulkType.Number), new("block", BulkType.Number), new("place", BulkType.Number));

    /// <summary>Makes the tables. A page is read out of the middle of a block, which is why blocks are stored as they are: they are compressed already.</summary>
    public static string Make(int day) => $"""
        CREATE TABLE {BlockOf(day)} (
            id BIGINT PRIMARY KEY, spans BIGINT NOT NULL, min_start BIGINT NOT NULL, max_start BIGINT NOT NULL, max_duration BIGINT NOT NULL,
            size BIGINT NOT NULL, tail BIGINT NOT NULL, data BYTEA NOT NULL);
        ALTER TABLE {BlockOf(day)} ALTER COLUMN data SET STORAGE EXTERNAL;
        CREATE TABLE {TraceOf(day)} (hash BIGINT NOT NULL, block BIGINT NOT NULL, place BIGINT NOT NULL);
        CREATE INDEX {TraceOf(day)}_hash ON {TraceOf(day)} (hash);
        CREATE TABLE {NameOf(day)} (high BIGINT NOT NULL, low BIGINT NOT NULL, project BIGINT NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (high, low));
        """;

    public static string Drop(int day) => $"DROP TABLE IF EXISTS {BlockOf(day)}, {TraceOf(day)}, {NameOf(day)}";

    /// <summary>Without it the server does not know for long that the index of a new table is of use.</summary>
    public static string Analyze(int day) => $"ANALYZE {BlockOf(day)}, {TraceOf(day)}";

    /// <summary>A query of each day, the answers together.</summary>
    public static string OfAll(IEnumerable<int> days, Func<int, string> query) => string.Join(" UNION ALL ", days.Select(query));
}
