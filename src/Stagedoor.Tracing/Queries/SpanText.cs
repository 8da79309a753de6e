using System.Globalization;
using System.Text;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Queries;

/// <summary>What is written of a span's parts in answers.</summary>
internal static class SpanText
{
    /// <summary>The value of an attribute as a text: numbers and booleans as they are written, bytes in base64, arrays and maps as JSON.</summary>
    public static string Of(SpanBatch batch, in SpanAttribute attribute) => attribute.Kind switch
    {
        ValueKind.Text => batch.TextOf(attribute.Text),
        ValueKind.Bool => attribute.Number != 0 ? "true" : "false",
        ValueKind.Int => attribute.Number.ToString(CultureInfo.InvariantCulture),
        ValueKind.Double => BitConverter.Int64BitsToDouble(attribute.Number).ToString(CultureInfo.InvariantCulture),
        ValueKind.Bytes => Convert.ToBase64String(batch[attribute.Text]),
        ValueKind.Array or ValueKind.Map => Encoding.UTF8.GetString(NestedValue.ToJson(batch[attribute.Text], attribute.Kind)),
        _ => "",
    };

    /// <summary>A list of attributes in ordinal order of their keys.</summary>
    public static SpanAttribute[] Sorted(SpanBatch batch, Slice attributes)
    {
        var sorted = batch[attributes].ToArray();
        sorted.AsSpan().Sort(new ByKey(batch));
        return sorted;
    }

    /// <summary>Microseconds since the Unix epoch.</summary>
    public static long Micros(ulong nanoseconds) => (long)(nanoseconds / 1000);

    /// <summary>How long a span took, in microseconds; 1 at least.</summary>
    public static long Duration(in SpanData span) => Math.Max(1, (long)((span.End - span.Start) / 1000));

    /// <summary>The name of a kind.</summary>
    public static string Of(SpanKind kind) => kind switch
    {
        SpanKind.Server => "SERVER",
        SpanKind.Client => "CLIENT",
        SpanKind.Producer => "PRODUCER",
        SpanKind.Consumer => "CONSUMER",
        _ => "INTERNAL",
    };

    private readonly struct ByKey(SpanBatch batch) : IComparer<SpanAttribute>
    {
        public int Compare(SpanAttribute x, SpanAttribute y) => batch[x.Key].SequenceCompareTo(batch[y.Key]);
    }
}
