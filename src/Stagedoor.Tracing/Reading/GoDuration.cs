using System.Buffers;
using System.Globalization;

namespace Stagedoor.Tracing.Reading;

/// <summary>Durations as Go writes them: <c>1.5s</c>, <c>250ms</c>, <c>1h2m</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    private static readonly (string Name, decimal Nanoseconds)[] s_units =
        [("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

    /// <summary>The nanoseconds of a duration that is not negative; null when it is none.</summary>
    public static ulong? Read(string text)
    {
        if (text is "0")
        {
            return 0;
        }

        var rest = text.AsSpan();
        var sum = 0M;
        do
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAny(s_digits) is >= 0 and var next ? next : rest.Length;
            var name = rest[..letters].ToString();
            if (Array.Find(s_units, u => string.Equals(u.Name, name, StringComparison.Ordinal)) is not { Name: not null } unit || number > long.MaxValue / unit.Nanoseconds)
            {
                return null;
            }

            sum += number * unit.Nanoseconds;
            rest = rest[letters..];
        }
        while (!rest.IsEmpty);

        return sum <= long.MaxValue ? (ulong)sum : null;
    }
}
