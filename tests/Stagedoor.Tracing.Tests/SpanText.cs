using System.Globalization;
using System.Text;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Tests;

/// <summary>All that a batch says, to compare it with another.</summary>
internal static class SpanText
{
    /// <param name="batch">The spans.</param>
    /// <param name="isOrdered">Whether it counts in which order attributes are.</param>
    public static string Of(SpanBatch batch, bool isOrdered = true)
    {
        var text = new StringBuilder();
        foreach (var span in batch.Spans)
        {
            var scope = batch.Scopes[span.Scope];
            var resource = batch.Resources[scope.Resource];
            text.AppendLine(CultureInfo.InvariantCulture, $"{span.TraceId} {span.SpanId} {span.ParentId} {span.Start} {span.End} {span.Kind} {span.Status} {span.Flags} {span.Warnings}")
                .AppendLine(CultureInfo.InvariantCulture, $"{batch.TextOf(span.Name)} {batch.TextOf(span.TraceState)} {batch.TextOf(span.StatusMessage)} {span.DroppedAttributes} {span.DroppedEvents} {span.DroppedLinks}")
                .AppendLine(CultureInfo.InvariantCulture, $"{batch.TextOf(scope.Name)} {batch.TextOf(scope.Version)} {batch.TextOf(scope.SchemaUrl)} {scope.DroppedAttributes} {batch.TextOf(resource.SchemaUrl)} {resource.DroppedAttributes}");
            AddAttributes(batch, resource.Attributes, isOrdered, text);
            AddAttributes(batch, scope.Attributes, isOrdered, text);
            AddAttributes(batch, span.Attributes, isOrdered, text);
            foreach (var happened in batch.Events.Skip(span.Events.First).Take(span.Events.Count))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"event {happened.Time} {batch.TextOf(happened.Name)} {happened.DroppedAttributes}");
                AddAttributes(batch, happened.Attributes, isOrdered, text);
            }

            foreach (var link in batch.Links.Skip(span.Links.First).Take(span.Links.Count))
            {
                text.AppendLine(CultureInfo.InvariantCulture, $"link {link.TraceId} {link.SpanId} {link.Flags} {batch.TextOf(link.TraceState)} {link.DroppedAttributes}");
                AddAttributes(batch, link.Attributes, isOrdered, text);
            }
        }

        return text.ToString();
    }

    /// <summary>The attributes as <c>key=value</c>, texts as they are, others after their kind.</summary>
    public static string[] Of(SpanBatch batch, Slice attributes) =>
    [
        .. batch[attributes].ToArray().Select(a => batch.TextOf(a.Key) + "=" + a.Kind switch
        {
            ValueKind.Text => batch.TextOf(a.Text),
            ValueKind.Double => "Double " + BitConverter.Int64BitsToDouble(a.Number).ToString(CultureInfo.InvariantCulture),
            ValueKind.Bytes or ValueKind.Array or ValueKind.Map => a.Kind + " " + Convert.ToHexString(batch[a.Text]),
            _ => string.Create(CultureInfo.InvariantCulture, $"{a.Kind} {a.Number}"),
        }),
    ];

    private static void AddAttributes(SpanBatch batch, Slice attributes, bool isOrdered, StringBuilder text)
    {
        var all = batch[attributes].ToArray();
        foreach (var attribute in isOrdered ? all : [.. all.OrderBy(a => batch.TextOf(a.Key), StringComparer.Ordinal)])
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {batch.TextOf(attribute.Key)}: {attribute.Kind} {attribute.Number} {Convert.ToHexString(batch[attribute.Text])}");
        }
    }
}
