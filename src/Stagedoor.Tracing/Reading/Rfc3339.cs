using System.Globalization;

namespace Stagedoor.Tracing.Reading;

/// <summary>Times to the nanosecond, which the framework's own know to a hundred.</summary>
internal static class Rfc3339
{
    private const int SecondsLength = 19;
    private const int MostFraction = 9;

    /// <summary>Nanoseconds since the Unix epoch; null when it is no time, or one before that. The plus of an offset may have become a blank on its way through a query.</summary>
    public static ulong? Read(string text)
    {
        if (text.Length <= SecondsLength || text[10] is not ('T' or 't'))
        {
            return null;
        }

        var rest = text.AsSpan(SecondsLength);
        var fraction = 0UL;
        if (rest[0] == '.')
        {
            var digits = rest[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits is <= 0 or > MostFraction)
            {
                return null;
            }

            fraction = ulong.Parse(rest.Slice(1, digits).ToString().PadRight(MostFraction, '0'), NumberStyles.None, CultureInfo.InvariantCulture);
            rest = rest[(digits + 1)..];
        }

        var zone = rest is "Z" or "z" ? "+00:00" : rest is [' ', ..] ? $"+{rest[1..]}" : rest.ToString();
        return DateTimeOffset.TryParseExact(
            string.Concat(text.AsSpan(0, SecondsLength), zone), "yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time)
            && time >= DateTimeOffset.UnixEpoch
            && (time - DateTimeOffset.UnixEpoch).TotalSeconds < ulong.MaxValue / 1e9
            ? ((ulong)(time - DateTimeOffset.UnixEpoch).Ticks * 100) + fraction
            : null;
    }
}
