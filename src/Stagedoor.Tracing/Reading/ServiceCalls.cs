using System.Globalization;
using System.Text.Json;
using Stagedoor.Tracing.Measures;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Model.Topology;

namespace Stagedoor.Tracing.Reading;

/// <summary>Which services call which, from what was measured: readers know services by their names alone, and no protocols.</summary>
/// <param name="Parent">Who calls.</param>
/// <param name="Child">What is called.</param>
/// <param name="Calls">How often.</param>
/// <param name="Errors">How often that failed.</param>
internal sealed record ServiceCalls(string Parent, string Child, long Calls, long Errors)
{
    /// <summary>How long the time is when nobody says it: a day, in milliseconds.</summary>
    public const long DefaultLookback = 86_400_000;

    private const long Minute = 60_000;

    /// <summary>The calls of some time.</summary>
    /// <param name="measures">What was measured.</param>
    /// <param name="writer">Writes what was measured since it last did.</param>
    /// <param name="scope">Who asks.</param>
    /// <param name="end">The end of the time, in milliseconds since the Unix epoch.</param>
    /// <param name="lookback">How long it is, in milliseconds.</param>
    /// <param name="isVirtualToo">Whether databases, brokers, users and what is outside are among them.</param>
    public static async Task<IReadOnlyList<ServiceCalls>> FindAsync(MeasureStore measures, MeasureWriter writer, ReadScope scope, long end, long lookback, bool isVirtualToo)
    {
        await writer.WriteAsync(scope.Cancellation);
        var sum = await measures.ReadAsync(scope.Project, Math.Max(0, end - lookback) / Minute, (end / Minute) + 1, scope.Cancellation);
        return [.. sum.Edges
            .Where(e => isVirtualToo || (e.Key.Source.Type is NodeType.Service && e.Key.Target.Type is NodeType.Service))
            .GroupBy(static e => (Parent: NameOf(e.Key.Source), Child: NameOf(e.Key.Target)), static e => e.Value)
            .Select(static g => new ServiceCalls(g.Key.Parent, g.Key.Child, g.Sum(static (Red r) => r.Calls), g.Sum(static (Red r) => r.Errors)))
            .Where(static c => c.Calls > 0)
            .OrderBy(static c => c.Parent, StringComparer.Ordinal).ThenBy(static c => c.Child, StringComparer.Ordinal)];
    }

    /// <summary>Writes them as all protocols do: who calls whom how often.</summary>
    /// <param name="json">Where they are written.</param>
    /// <param name="isText">Whether numbers of 64 bits are texts.</param>
    /// <param name="hasErrors">Whether it is said how many failed, where some did.</param>
    public void Write(Utf8JsonWriter json, bool isText = false, bool hasErrors = false)
    {
        json.WriteStartObject();
        json.WriteString("parent"u8, Parent);
        json.WriteString("child"u8, Child);
        if (isText)
        {
            json.WriteString("callCount"u8, Calls.ToString(CultureInfo.InvariantCulture));
        }
        else
        {
            json.WriteNumber("callCount"u8, Calls);
        }

        if (hasErrors && Errors > 0)
        {
            json.WriteNumber("errorCount"u8, Errors);
        }

        json.WriteEndObject();
    }

    private static string NameOf(Node node) => node.Type is NodeType.Service ? node.Name : node.Id;
}
