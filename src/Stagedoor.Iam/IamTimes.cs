using System.Globalization;

namespace Stagedoor.Iam;

/// <summary>Times as the API writes them.</summary>
internal static class IamTimes
{
    /// <summary><c>2026-01-02T03:04:05.000000Z</c>: clients expect six digits.</summary>
    public static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <inheritdoc cref="Text(DateTimeOffset)"/>
    public static string Text(long unixMilliseconds) => Text(DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds));

    /// <summary>The same without <c>Z</c>, in answers about users.</summary>
    public static string LocalText(long unixMilliseconds) => Text(unixMilliseconds).TrimEnd('Z');
}
