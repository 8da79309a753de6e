using System.Globalization;

namespace Stagedoor.Images.Requests;

/// <summary>Times as the API writes them: UTC, RFC 3339, microseconds.</summary>
internal static class WireTime
{
    /// <param name="milliseconds">Since 1970, as they are stored.</param>
    public static string Of(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime
        .ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>The same; null stays null.</summary>
    public static string? Of(long? milliseconds) => milliseconds is { } time ? Of(time) : null;
}
