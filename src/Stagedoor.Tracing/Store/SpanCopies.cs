using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>Identical spans, which a sender that tried again leaves.</summary>
internal static class SpanCopies
{
    /// <summary>Keeps one of each.</summary>
    public static void Drop(SpanGroup group)
    {
        var batch = group.Batch;
        if (batch.Spans.Count < 2)
        {
            return;
        }

        var known = new Dictionary<(ulong Id, ulong Start), int>(batch.Spans.Count);
        List<int>? copies = null;
        for (var i = 0; i < batch.Spans.Count; i++)
        {
            if (!known.TryAdd((batch.Spans[i].SpanId, batch.Spans[i].Start), i) && AreSame(group, known[(batch.Spans[i].SpanId, batch.Spans[i].Start)], i))
            {
                (copies ??= []).Add(i);
            }
        }

        for (var i = (copies?.Count ?? 0) - 1; i >= 0; i--)
        {
            batch.Spans.RemoveAt(copies![i]);
            group.Facts.RemoveAt(copies[i]);
        }
    }

    private static bool AreSame(SpanGroup group, int one, int other)
    {
        var batch = group.Batch;
        var (a, b) = (batch.Spans[one], batch.Spans[other]);
        var (x, y) = (group.Facts[one], group.Facts[other]);
        return a.End == b.End && a.ParentId == b.ParentId && a.Kind == b.Kind && a.Status == b.Status && a.Warnings == b.Warnings && a.Flags == b.Flags
            && a.DroppedAttributes == b.DroppedAttributes && a.DroppedEvents == b.DroppedEvents && a.DroppedLinks == b.DroppedLinks
            && x.Address == y.Address && x.IsEntry == y.IsEntry && x.IsFailed == y.IsFailed && x.Type == y.Type
            && AreSame(batch, x.Transaction, y.Transaction) && AreSame(batch, a.Name, b.Name) && AreSame(batch, a.TraceState, b.TraceState)
            && AreSame(batch, a.StatusMessage, b.StatusMessage) && AreSame(batch, a.Attributes, b.Attributes)
            && AreSameScopes(group, a.Scope, b.Scope) && AreSameEvents(batch, a.Events, b.Events) && AreSameLinks(batch, a.Links, b.Links);
    }

    private static bool AreSame(SpanBatch batch, TextRef a, TextRef b) => batch[a].SequenceEqual(batch[b]);

    private static bool AreSame(SpanBatch batch, Slice a, Slice b)
    {
        if (a.Count != b.Count)
        {
            return false;
        }

        for (var i = 0; i < a.Count; i++)
        {
            var (x, y) = (batch.Attributes[a.First + i], batch.Attributes[b.First + i]);
            if (x.Kind != y.Kind || x.Number != y.Number || !AreSame(batch, x.Key, y.Key) || !AreSame(batch, x.Text, y.Text))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreSameScopes(SpanGroup group, int one, int other)
    {
        if (one == other)
        {
            return true;
        }

        var batch = group.Batch;
        var (a, b) = (batch.Scopes[one], batch.Scopes[other]);
        var (x, y) = (batch.Resources[a.Resource], batch.Resources[b.Resource]);
        return AreSame(batch, a.Name, b.Name) && AreSame(batch, a.Version, b.Version) && AreSame(batch, a.Attributes, b.Attributes)
            && group.Identities[a.Resource] == group.Identities[b.Resource] && AreSame(batch, x.Attributes, y.Attributes);
    }

    private static bool AreSameEvents(SpanBatch batch, Slice a, Slice b)
    {
        for (var i = 0; i < a.Count && a.Count == b.Count; i++)
        {
            var (x, y) = (batch.Events[a.First + i], batch.Events[b.First + i]);
            if (x.Time != y.Time || !AreSame(batch, x.Name, y.Name) || !AreSame(batch, x.Attributes, y.Attributes))
            {
                return false;
            }
        }

        return a.Count == b.Count;
    }

    private static bool AreSameLinks(SpanBatch batch, Slice a, Slice b)
    {
        for (var i = 0; i < a.Count && a.Count == b.Count; i++)
        {
            var (x, y) = (batch.Links[a.First + i], batch.Links[b.First + i]);
            if (x.TraceId != y.TraceId || x.SpanId != y.SpanId || x.Flags != y.Flags || !AreSame(batch, x.TraceState, y.TraceState) || !AreSame(batch, x.Attributes, y.Attributes))
            {
                return false;
            }
        }

        return a.Count == b.Count;
    }
}
