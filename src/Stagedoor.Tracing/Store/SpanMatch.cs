using System.Globalization;
using System.Text;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Zipkin;

namespace Stagedoor.Tracing.Store;

/// <summary>Whether spans are what a search wants.</summary>
internal sealed class SpanMatch
{
    private readonly SpanSearch _search;
    private readonly byte[]? _operation;
    private readonly byte[]? _transaction;
    private readonly (byte[] Key, byte[] Value, string Name, string Text)[] _tags;
    private readonly byte[][] _keys;
    private readonly ulong[] _filter;

    public SpanMatch(SpanSearch search)
    {
        _search = search;
        _operation = search.Operation is { } operation ? Encoding.UTF8.GetBytes(operation) : null;
        _transaction = search.Transaction is { } transaction ? Encoding.UTF8.GetBytes(transaction) : null;
        _keys = [.. search.Keys.Select(Encoding.UTF8.GetBytes)];
        _tags = [.. search.Tags.Select(static t => (Encoding.UTF8.GetBytes(t.Key), Encoding.UTF8.GetBytes(t.Value), t.Key, t.Value))];
        _filter =
        [
            .. _tags.Where(static t => !IsPseudo(t.Name, t.Text)).Select(static t => TagFilter.HashOf(TagFilter.HashOf(t.Key), TagFilter.HashOf(t.Value))),
            .. _keys.Where(static k => !IsError(k)).Select(static k => TagFilter.HashOf(TagFilter.HashOf(k))),
        ];
    }

    /// <summary>Tags and keys that filters know of (<see cref="TagFilter"/>): a page that has a match has all of them.</summary>
    public ReadOnlyMemory<ulong> Filter => _filter;

    public bool Matches(SpanIdentity identity) =>
        Is(_search.Service, identity.Service) && Is(_search.Group, identity.Group) && Is(_search.Instance, identity.Instance)
        && Is(_search.Cluster, identity.Cluster) && Is(_search.Namespace, identity.Namespace);

    public bool Matches(SpanOperation operation) =>
        (_search.Kind is null || _search.Kind == operation.Kind) && Is(_search.Operation, operation.Name)
        && (_transaction is null || MatchesTransaction(Encoding.UTF8.GetBytes(operation.Transaction)));

    /// <summary>Whether a service's block may have what is wanted, by its names.</summary>
    public bool MayMatch(BlockNames names, int project, bool hasMore)
    {
        if (!Array.Exists(names.Identities, i => i.Project == project && Matches(i.Identity)))
        {
            return false;
        }

        return hasMore || Array.Exists(
            names.Operations,
            o => o.Project == project && Matches(o.Operation) && Is(_search.Service, o.Operation.Service) && Is(_search.Group, o.Operation.Group));
    }

    /// <summary>Whether a record has the texts without which none of its spans has all tags.</summary>
    public bool MayHave(SpanRecord record)
    {
        foreach (var tag in _tags)
        {
            // Numbers are not among the texts.
            if (!IsPseudo(tag.Name, tag.Text) && tag is not { Name: "error", Text: "true" }
                && !(Has(record, tag.Key) && (Has(record, tag.Value) || tag.Text is "true" or "false" || double.TryParse(tag.Text, CultureInfo.InvariantCulture, out _))))
            {
                return false;
            }
        }

        return Array.TrueForAll(_keys, key => IsError(key) || Has(record, key));
    }

    /// <summary>All that a record knows of a span without decoding it; identity apart.</summary>
    public bool Matches(SpanRecord record, in RecordSpan span) =>
        span.Start >= _search.From && span.Start < _search.Until && span.Duration >= _search.MinDuration && span.Duration <= _search.MaxDuration
        && (span.IsEntry || !_search.EntryOnly) && (span.IsFailed || !_search.FailedOnly) && (_search.Kind is null || _search.Kind == span.Kind)
        && (_operation is null || record[span.Name].SequenceEqual(_operation))
        && (_transaction is null || (span.Transaction >= 0 && MatchesTransaction(record[span.Transaction])));

    /// <summary>All that an outline knows of a span.</summary>
    public bool Matches(SpanGroup group, int number)
    {
        var span = group.Batch.Spans[number];
        var facts = group.Facts[number];
        var duration = span.End - span.Start;
        return span.Start >= _search.From && span.Start < _search.Until && duration >= _search.MinDuration && duration <= _search.MaxDuration
            && (facts.IsEntry || !_search.EntryOnly) && (facts.IsFailed || !_search.FailedOnly) && (_search.Kind is null || _search.Kind == span.Kind)
            && (_operation is null || group.Batch[span.Name].SequenceEqual(_operation))
            && (_transaction is null || MatchesTransaction(group.Batch[facts.Transaction]))
            && Matches(group.IdentityOf(in span));
    }

    /// <summary>Whether an outline of spans is all that it takes.</summary>
    public bool IsOfOutline => _tags.Length == 0 && _keys.Length == 0 && _search.Remote is null;

    public bool MatchesTags(SpanGroup group, int number) => IsOfOutline || MatchesTags(group, group.Batch.Spans[number], group.Facts[number]);

    private bool MatchesTags(SpanGroup group, in SpanData span, in SpanFacts facts)
    {
        foreach (var tag in _tags)
        {
            if (!HasTag(group, in span, in facts, tag))
            {
                return false;
            }
        }

        foreach (var key in _keys)
        {
            if (!HasKey(group.Batch, in span, key))
            {
                return false;
            }
        }

        return _search.Remote is not { } remote
            || string.Equals(group.Batch.TextOf(new ZipkinPeer(group.Batch, span.Attributes).Remote(span.Kind).Service), remote, StringComparison.OrdinalIgnoreCase);
    }

    // Spans may be found by these without having them as attributes; those that failed are in the filters as if they had.
    private static bool IsPseudo(string key, string value) =>
        key is "span.kind" or "otel.status_code" or "otel.status_description" or "otel.scope.name" or "otel.scope.version" or "event" || (key is "error" && value is not "true");

    // Zipkin's readers are shown the status of a span as a tag of this name.
    private static bool IsError(ReadOnlySpan<byte> key) => key.SequenceEqual("error"u8);

    private static bool HasKey(SpanBatch batch, in SpanData span, byte[] key)
    {
        var scope = batch.Scopes[span.Scope];
        if (batch.Find(span.Attributes, key) is not null || batch.Find(batch.Resources[scope.Resource].Attributes, key) is not null || batch.Find(scope.Attributes, key) is not null)
        {
            return true;
        }

        for (var i = span.Events.First; i < span.Events.First + span.Events.Count; i++)
        {
            if (batch.Find(batch.Events[i].Attributes, key) is not null)
            {
                return true;
            }
        }

        return HasEvent(batch, in span, key) || (IsError(key) && span.Status is SpanStatus.Error);
    }

    private static bool HasEvent(SpanBatch batch, in SpanData span, ReadOnlySpan<byte> name)
    {
        for (var i = span.Events.First; i < span.Events.First + span.Events.Count; i++)
        {
            if (batch[batch.Events[i].Name].SequenceEqual(name))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Has(SpanRecord record, ReadOnlySpan<byte> wanted)
    {
        foreach (var text in record.Texts)
        {
            if (text.Length == wanted.Length && record.Bytes.AsSpan(text.Offset, text.Length).SequenceEqual(wanted))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Is(string? wanted, string known) => wanted is null || string.Equals(wanted, known, StringComparison.Ordinal);

    private bool MatchesTransaction(ReadOnlySpan<byte> known) =>
        known.SequenceEqual(_transaction) || (_transaction is [(byte)'/', ..] && known.IndexOf("_/"u8) is >= 0 and var at && known[(at + 1)..].SequenceEqual(_transaction));

    private static bool HasTag(SpanGroup group, in SpanData span, in SpanFacts facts, (byte[] Key, byte[] Value, string Name, string Text) tag)
    {
        var batch = group.Batch;
        var scope = batch.Scopes[span.Scope];
        if (Has(batch, span.Attributes, tag) || Has(batch, batch.Resources[scope.Resource].Attributes, tag) || Has(batch, scope.Attributes, tag))
        {
            return true;
        }

        for (var i = 0; i < span.Events.Count; i++)
        {
            if (Has(batch, batch.Events[span.Events.First + i].Attributes, tag))
            {
                return true;
            }
        }

        return tag.Name switch
        {
            "error" => tag.Text switch
            {
                "true" => facts.IsFailed,
                "false" => !facts.IsFailed,
                _ => span.Status is SpanStatus.Error && batch[span.StatusMessage].SequenceEqual(tag.Value),
            },
            "event" => HasEvent(batch, in span, tag.Value),
            "otel.status_description" => batch[span.StatusMessage].SequenceEqual(tag.Value),
            "span.kind" => string.Equals(span.Kind.ToString(), tag.Text, StringComparison.OrdinalIgnoreCase),
            "otel.status_code" => tag.Text switch { "OK" => span.Status is SpanStatus.Ok, "ERROR" => span.Status is SpanStatus.Error, _ => false },
            "otel.scope.name" => batch[scope.Name].SequenceEqual(tag.Value),
            "otel.scope.version" => batch[scope.Version].SequenceEqual(tag.Value),
            _ => false,
        };
    }

    private static bool Has(SpanBatch batch, Slice attributes, (byte[] Key, byte[] Value, string Name, string Text) tag)
    {
        foreach (ref readonly var attribute in batch[attributes])
        {
            if (batch[attribute.Key].SequenceEqual(tag.Key) && attribute.Kind switch
            {
                ValueKind.Text => batch[attribute.Text].SequenceEqual(tag.Value),
                ValueKind.Bool => string.Equals(tag.Text, attribute.Number != 0 ? "true" : "false", StringComparison.Ordinal),
                ValueKind.Int => string.Equals(tag.Text, attribute.Number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
                ValueKind.Double => string.Equals(tag.Text, BitConverter.Int64BitsToDouble(attribute.Number).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal),
                _ => false,
            })
            {
                return true;
            }
        }

        return false;
    }
}
