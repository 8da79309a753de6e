using System.Globalization;
using Stagedoor.Addons.Rendering.Functions;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>Go's <c>time.Duration</c>.</summary>
internal sealed record GoDuration(long Nanoseconds) : IGoObject
{
    private static readonly System.Buffers.SearchValues<char> s_digits = System.Buffers.SearchValues.Create("0123456789.");

    private const long Microsecond = 1000;
    private const long Millisecond = 1000 * Microsecond;
    private const long Second = 1000 * Millisecond;
    private const long Minute = 60 * Second;
    private const long Hour = 60 * Minute;

    public string TypeName => "time.Duration";

    public string Kind => "int64";

    /// <summary>Reads <c>1h15m30.5s</c>.</summary>
    public static GoDuration? Parse(string text)
    {
        var rest = text.AsSpan();
        var negative = false;
        if (rest.Length > 0 && rest[0] is '-' or '+')
        {
            negative = rest[0] == '-';
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return new(0);
        }

        if (rest.Length == 0)
        {
            return null;
        }

        decimal total = 0;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(s_digits);
            if (digits <= 0 || digits > 20 || rest[..digits].Count('.') > 1 || rest[..digits] is "."
                || !decimal.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            rest = rest[digits..];
            var letters = rest.IndexOfAny(s_digits);
            var unit = letters < 0 ? rest : rest[..letters];
            long scale = unit switch
            {
                "ns" => 1,
                "us" or "µs" or "μs" => Microsecond,
                "ms" => Millisecond,
                "s" => Second,
                "m" => Minute,
                "h" => Hour,
                _ => 0,
            };
            if (scale == 0)
            {
                return null;
            }

            total += decimal.Truncate(number * scale);
            if (total > long.MaxValue)
            {
                return null;
            }

            rest = rest[unit.Length..];
        }

        return new((long)(negative ? -total : total));
    }

    public bool TryField(string name, out object? value)
    {
        value = null;
        return false;
    }

    public GoFunction? FindMethod(string name) => name switch
    {
        "Hours" => GoFunction.Constant(name, Nanoseconds / (double)Hour),
        "Minutes" => GoFunction.Constant(name, Nanoseconds / (double)Minute),
        "Seconds" => GoFunction.Constant(name, Nanoseconds / (double)Second),
        "Milliseconds" => GoFunction.Constant(name, Nanoseconds / Millisecond),
        "Microseconds" => GoFunction.Constant(name, Nanoseconds / Microsecond),
        "Nanoseconds" => GoFunction.Constant(name, Nanoseconds),
        "String" => GoFunction.Constant(name, Print()),
        _ => null,
    };

    public string Print()
    {
        if (Nanoseconds == 0)
        {
            return "0s";
        }

        var sign = Nanoseconds < 0 ? "-" : "";
        var all = Nanoseconds < 0 ? unchecked((ulong)-Nanoseconds) : (ulong)Nanoseconds;
        if (all < (ulong)Second)
        {
            var (unit, scale) = all < (ulong)Microsecond ? ("ns", 1L) : all < (ulong)Millisecond ? ("µs", Microsecond) : ("ms", Millisecond);
            return sign + Decimal(all, (ulong)scale) + unit;
        }

        var seconds = Decimal(all % (ulong)Minute, (ulong)Second) + "s";
        var minutes = all / (ulong)Minute;
        return minutes == 0 ? sign + seconds
            : minutes < 60 ? string.Create(CultureInfo.InvariantCulture, $"{sign}{minutes}m{seconds}")
            : string.Create(CultureInfo.InvariantCulture, $"{sign}{minutes / 60}h{minutes % 60}m{seconds}");
    }

    /// <summary>To the nearest multiple, halves away from zero.</summary>
    public GoDuration Round(long multiple)
    {
        if (multiple <= 0)
        {
            return this;
        }

        var rest = Nanoseconds % multiple;
        var down = Nanoseconds - rest;
        return Math.Abs(rest) * 2 < multiple ? new(down) : new(down + (Nanoseconds < 0 ? -multiple : multiple));
    }

    private static string Decimal(ulong value, ulong scale) => (value / (decimal)scale).ToString("0.#########", CultureInfo.InvariantCulture);
}
