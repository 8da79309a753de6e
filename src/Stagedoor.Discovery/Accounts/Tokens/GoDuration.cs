using System.Buffers;
using System.Globalization;

namespace Stagedoor.Discovery.Accounts.Tokens;

/// <summary>Times as clients of the registry write them: <c>30m</c>, <c>10h</c>, <c>1h30m</c>, <c>1.5h</c>.</summary>
internal static class GoDuration
{
    private const int MaxLength = 64;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789.");

    private static readonly (string Unit, decimal Ticks)[] s_units =
    [
        ("ns", 0.01m),
        ("us", TimeSpan.TicksPerMicrosecond),
        ("µs", TimeSpan.TicksPerMicrosecond),
        ("μs", TimeSpan.TicksPerMicrosecond),
        ("ms", TimeSpan.TicksPerMillisecond),
        ("s", TimeSpan.TicksPerSecond),
        ("m", TimeSpan.TicksPerMinute),
        ("h", TimeSpan.TicksPerHour),
    ];

    /// <summary>The time; null when the text is none, is negative, or is longer than anybody needs.</summary>
    public static TimeSpan? Find(string text)
    {
        var rest = text.AsSpan();
        if (rest.Length is 0 or > MaxLength)
        {
            return null;
        }

        var ticks = 0m;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            rest = rest[digits..];
            var length = rest.IndexOfAny(s_digits);
            var unit = length < 0 ? rest : rest[..length];
            if (TicksOf(unit) is not { } factor || number > TimeSpan.TicksPerDay)
            {
                return null;
            }

            ticks += number * factor;
            rest = rest[unit.Length..];
        }

        return ticks < long.MaxValue ? TimeSpan.FromTicks((long)ticks) : null;
    }

    private static decimal? TicksOf(ReadOnlySpan<char> unit)
    {
        foreach (var (name, ticks) in s_units)
        {
            if (unit.SequenceEqual(name))
            {
                return ticks;
            }
        }

        return null;
    }
}
