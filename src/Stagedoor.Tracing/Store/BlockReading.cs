using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>Reads spans out of blocks.</summary>
internal static class BlockReading
{
    public static BlockTexts TextsOf(Block block, BoundedCache<Block, BlockTexts> texts)
    {
        var known = texts.Find(block);
        if (known is null)
        {
            known = block.ReadTexts();
            texts.Keep(block, known);
        }

        return known;
    }

    /// <summary>Decodes the spans of a trace.</summary>
    /// <returns>When the last of them came, in seconds since the Unix epoch; -1 when there is none.</returns>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public static long ReadTrace(Block block, BoundedCache<Block, BlockTexts> texts, ulong hash, string project, UInt128 traceId, SpanDecoder into)
    {
        var received = -1L;
        var number = block.Names.Find(project);
        var page = block.FindPage(hash, out var last);
        if (number < 0 || page < 0)
        {
            return received;
        }

        for (; page <= last; page++)
        {
            var read = block.ReadPage(page);
            foreach (ref readonly var trace in read.Traces.AsSpan())
            {
                if (trace.TraceId == traceId && trace.Project == number)
                {
                    read.Decode(in trace, TextsOf(block, texts), into);
                    received = Math.Max(received, trace.ReceivedAt);
                }
            }

            read.Release();
        }

        return received;
    }

    /// <summary>All spans of a block, by project and time of arrival.</summary>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public static IEnumerable<SpanAppend> ReadAll(Block block, BoundedCache<Block, BlockTexts> texts)
    {
        var groups = new Dictionary<(int Project, long ReceivedAt), (SpanGroup Group, SpanDecoder Decoder)>();
        for (var i = 0; i < block.Pages; i++)
        {
            var page = block.ReadPage(i);
            foreach (var trace in page.Traces)
            {
                var key = (trace.Project, trace.ReceivedAt);
                if (!groups.TryGetValue(key, out var group))
                {
                    var spans = new SpanGroup(new SpanBatch([]));
                    groups[key] = group = (spans, new(spans));
                }

                page.Decode(in trace, TextsOf(block, texts), group.Decoder);
            }

            page.Release();
        }

        return groups.Select(g => new SpanAppend(block.Names.Projects[g.Key.Project], DateTimeOffset.FromUnixTimeSeconds(g.Key.ReceivedAt), g.Value.Group, 0, 0));
    }
}
