using System.Globalization;

namespace Stagedoor.Tracing.Queries;

/// <summary>Ids as they are written.</summary>
internal static class SpanIds
{
    private const int Short = 16;
    private const int Long = 32;

    /// <summary>A trace's id: 16 digits where its upper half is zero, else 32.</summary>
    public static string Of(UInt128 traceId) => traceId >> 64 == 0
        ? ((ulong)traceId).ToString("x16", CultureInfo.InvariantCulture)
        : traceId.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>A span's id.</summary>
    public static string Of(ulong spanId) => spanId.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Reads a trace's id of 16 or 32 digits in either case; null when it is none, or zero.</summary>
    public static UInt128? ReadTrace(string? text) =>
        text is { Length: Short or Long } && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) && id != 0 ? id : null;
}
