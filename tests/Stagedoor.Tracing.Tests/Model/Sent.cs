using System.Globalization;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;

namespace Stagedoor.Tracing.Tests.Model;

/// <summary>Batches of one span, in a line.</summary>
internal static class Sent
{
    /// <summary>A span, sent by OTLP.</summary>
    /// <param name="attributes">As <c>key=text|key=#14|key=!true</c>.</param>
    /// <param name="resource">The same for the resource.</param>
    /// <param name="kind">The kind of the span.</param>
    /// <param name="name">The name of the span.</param>
    /// <param name="status">The status of the span.</param>
    /// <param name="parent">The span's parent; 0 for none.</param>
    /// <param name="flags">The span's flags.</param>
    /// <param name="exception">The class of an exception that is an event of the span.</param>
    public static SpanBatch Span(
        string attributes = "", string resource = "", SpanKind kind = SpanKind.Server, string name = "name", SpanStatus status = SpanStatus.Unset, byte parent = 0, uint flags = 0, string? exception = null)
    {
        var span = new Message().Blob(1, Message.Id(16, 1)).Blob(2, Message.Id(8, 2)).Text(5, name).Number(6, (ulong)kind).Fixed64(7, 1000).Fixed64(8, 3000)
            .Inner(15, new Message().Number(3, (ulong)status)).Fixed32(16, flags);
        if (parent > 0)
        {
            span.Blob(4, Message.Id(8, parent));
        }

        if (exception is not null)
        {
            span.Inner(11, new Message().Fixed64(1, 2000).Text(2, "exception").Inner(3, Message.Pair("exception.type", exception)));
        }

        foreach (var pair in Pairs(attributes))
        {
            span.Inner(9, pair);
        }

        var of = new Message();
        foreach (var pair in Pairs(resource))
        {
            of.Inner(1, pair);
        }

        var request = new Message().Inner(1, new Message().Inner(1, of).Inner(2, new Message().Inner(2, span))).Bytes;
        return OtlpProtobuf.Read(request, new());
    }

    private static IEnumerable<Message> Pairs(string list) => list.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(static pair =>
    {
        var at = pair.IndexOf('=', StringComparison.Ordinal);
        var value = pair[(at + 1)..];
        return Message.Pair(pair[..at], value switch
        {
            ['#', .. var number] => new Message().Number(3, unchecked((ulong)long.Parse(number, CultureInfo.InvariantCulture))),
            ['!', .. var truth] => new Message().Number(2, string.Equals(truth, "true", StringComparison.Ordinal) ? 1UL : 0),
            _ => new Message().Text(1, value),
        });
    });
}
