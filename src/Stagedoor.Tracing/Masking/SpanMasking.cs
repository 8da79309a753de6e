using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Masking;

/// <summary>
/// Takes secrets out of spans before anything is made of them or kept: what is kept is in backups, replicas and exports too. Where there is nothing to take out it looks
/// at each key once and allocates nothing.
/// </summary>
internal sealed class SpanMasking(IOptions<TracingOptions> options)
{
    private readonly QueryMask? _query = QueryMask.Of(options.Value.Masking.UrlQuery);
    private readonly bool _isSql = options.Value.Masking.SqlLiterals;

    // Of all others a double quote may begin a literal, as in MySQL.
    private static readonly HashSet<string> s_quotesNames = new(StringComparer.OrdinalIgnoreCase)
    {
        "postgresql", "sqlite", "oracle", "oracle.db", "mssql", "microsoft.sql_server", "db2", "ibm.db2", "h2", "h2database", "hsqldb", "derby", "firebird", "firebirdsql", "cockroachdb",
        "redshift", "aws.redshift", "snowflake", "clickhouse", "trino", "gaussdb", "opengauss",
    };

    private enum Content : byte
    {
        Other,
        Url,
        Query,
        Statement,
    }

    /// <summary>Masks the spans of a request.</summary>
    /// <param name="batch">The spans, of which nothing was read yet. Texts that are masked become texts of it.</param>
    public void Apply(SpanBatch batch)
    {
        if (_query is not null)
        {
            MaskQueries(batch, _query);
        }

        if (_isSql)
        {
            MaskStatements(batch);
        }
    }

    private static Content ContentOf(ReadOnlySpan<byte> key) => key.Length switch
    {
        8 => key.SequenceEqual("url.full"u8) || key.SequenceEqual("url.path"u8) || key.SequenceEqual("http.url"u8) ? Content.Url : Content.Other,
        9 => key.SequenceEqual("url.query"u8) ? Content.Query
            : key.SequenceEqual("http.path"u8) ? Content.Url
            : key.SequenceEqual("sql.query"u8) ? Content.Statement
            : Content.Other,
        11 => key.SequenceEqual("http.target"u8) ? Content.Url : Content.Other,
        12 => key.SequenceEqual("db.statement"u8) ? Content.Statement : Content.Other,
        13 => key.SequenceEqual("db.query.text"u8) ? Content.Statement : Content.Other,
        _ => Content.Other,
    };

    // Attributes of spans, events, links, scopes and resources are in one list.
    private static void MaskQueries(SpanBatch batch, QueryMask mask)
    {
        foreach (ref var attribute in CollectionsMarshal.AsSpan(batch.Attributes))
        {
            // The lengths of the keys tell most attributes apart before anything of them is read.
            if (attribute is { Kind: ValueKind.Text, Key.Length: 8 or 9 or 11 }
                && ContentOf(batch[attribute.Key]) is (Content.Url or Content.Query) and var content
                && mask.Mask(batch[attribute.Text], content is Content.Query) is { } masked)
            {
                attribute.Text = batch.Add(masked);
            }
        }

        foreach (ref var span in CollectionsMarshal.AsSpan(batch.Spans))
        {
            if (mask.Mask(batch[span.Name], isQuery: false) is { } masked)
            {
                span.Name = batch.Add(masked);
            }
        }
    }

    private static void MaskStatements(SpanBatch batch)
    {
        foreach (ref var span in CollectionsMarshal.AsSpan(batch.Spans))
        {
            var attributes = CollectionsMarshal.AsSpan(batch.Attributes).Slice(span.Attributes.First, span.Attributes.Count);
            var system = batch.Find(span.Attributes, "db.system.name"u8) ?? batch.Find(span.Attributes, "db.system"u8);
            var quotesNames = system is { Kind: ValueKind.Text } named && s_quotesNames.Contains(batch.TextOf(named.Text));
            var isStatement = system is not null;
            foreach (ref var attribute in attributes)
            {
                var key = batch[attribute.Key];
                if (key.StartsWith("db.query.parameter."u8) || key.StartsWith("db.operation.parameter."u8))
                {
                    (attribute.Kind, attribute.Number, attribute.Text) = (ValueKind.Text, 0, batch.Add("?"u8));
                }
                else if (attribute.Kind is ValueKind.Text && ContentOf(key) is Content.Statement)
                {
                    isStatement = true;
                    if (StatementMask.Mask(batch[attribute.Text], quotesNames) is { } masked)
                    {
                        attribute.Text = batch.Add(masked);
                    }
                }
            }

            // Some senders call a span as its statement.
            if (isStatement && StatementMask.Mask(batch[span.Name], quotesNames) is { } name)
            {
                span.Name = batch.Add(name);
            }
        }
    }
}
