using System.Globalization;
using System.Numerics;
using System.Text;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>How Go writes and reads numbers.</summary>
internal static class GoNumber
{
    /// <summary>As <c>%v</c> does: the shortest digits, with an exponent from a million up and below a ten-thousandth.</summary>
    public static string Print(double value)
    {
        var (digits, point, negative) = Shortest(value, out var special);
        if (special is not null)
        {
            return special;
        }

        var exponent = point - 1;
        return exponent is < -4 or >= 6 ? Scientific(digits, exponent, negative) : Plain(digits, point, negative);
    }

    /// <summary>As Go's JSON does.</summary>
    public static string Json(double value)
    {
        var (digits, point, negative) = Shortest(value, out _);
        var size = Math.Abs(value);
        if (size == 0 || size is >= 1e-6 and < 1e21)
        {
            return Plain(digits, point, negative);
        }

        var text = Scientific(digits, point - 1, negative);
        return text.Length > 4 && text[^4..^1] is "e-0" ? text[..^2] + text[^1] : text;
    }

    /// <summary>As <c>strconv.FormatFloat(f, 'f', -1, 64)</c> does: never an exponent.</summary>
    public static string Plain(double value)
    {
        var (digits, point, negative) = Shortest(value, out var special);
        return special ?? Plain(digits, point, negative);
    }

    /// <summary>With so many digits: the verbs <c>e</c>, <c>f</c> and <c>g</c>; a precision of -1 is the shortest.</summary>
    public static string Format(double value, char verb, int precision)
    {
        if (precision < 0 && verb is 'g' or 'G')
        {
            return Shorter(value, verb, Shortest(value, out var s), s, 6);
        }

        if (!double.IsFinite(value))
        {
            Shortest(value, out var special);
            return special!;
        }

        var (all, point) = Exact(Math.Abs(value));
        var negative = double.IsNegative(value);
        switch (verb)
        {
            case 'f' or 'F':
                var (fixedDigits, fixedPoint) = Round(all, point, point + precision);
                return Fixed(fixedDigits, fixedPoint, precision, negative);
            case 'e' or 'E':
                var (digits, at) = Round(all, point, precision + 1);
                digits = digits.Length == 0 ? "0" : digits;
                at = digits is "0" && all.Length == 0 ? 1 : at;
                return Exponent(digits.PadRight(precision + 1, '0'), at - 1, negative, verb);
            default:
                precision = precision == 0 ? 1 : precision;
                var (few, where) = Round(all, point, precision);
                return Shorter(value, verb, (few.Length == 0 ? "0" : few, few.Length == 0 ? 1 : where, negative), null, precision);
        }
    }

    /// <summary>Reads what Go's <c>ParseInt</c> with base 0 reads: 12, 0x1f, 0b1, 0o17, 017, 1_000.</summary>
    public static bool TryParseInteger(string text, out long value)
    {
        value = 0;
        var negative = text.StartsWith('-');
        var rest = negative || text.StartsWith('+') ? text[1..] : text;
        if (!TryParseUnsigned(rest, out var size))
        {
            return false;
        }

        if (size > (negative ? 1UL << 63 : long.MaxValue))
        {
            return false;
        }

        value = unchecked(negative ? -(long)size : (long)size);
        return true;
    }

    /// <summary>Reads what Go's <c>ParseUint</c> with base 0 reads.</summary>
    public static bool TryParseUnsigned(string text, out ulong value)
    {
        value = 0;
        var radix = 10;
        var at = 0;
        if (text.Length > 1 && text[0] == '0')
        {
            (radix, at) = char.ToLowerInvariant(text[1]) switch { 'x' => (16, 2), 'b' => (2, 2), 'o' => (8, 2), _ => (8, 1) };
        }

        // An underscore stands between digits, or behind the prefix.
#pragma warning disable CA1508 // What was switched over above is not seen.
        var underscore = at == 0;
        var any = at == 1;
#pragma warning restore CA1508
        for (; at < text.Length; at++)
        {
            var c = text[at];
            if (c == '_')
            {
                if (underscore)
                {
                    return false;
                }

                underscore = true;
                continue;
            }

            underscore = false;
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 99;
            if (digit >= radix)
            {
                return false;
            }

            var next = ((UInt128)value * (uint)radix) + (uint)digit;
            if (next > ulong.MaxValue)
            {
                return false;
            }

            value = (ulong)next;
            any = true;
        }

        return any && !underscore;
    }

    /// <summary>Reads a decimal floating point number as Go does.</summary>
    public static bool TryParseFloat(string text, out double value)
    {
        value = 0;
        var rest = text.TrimStart('+', '-');
        if (text.Length - rest.Length > 1 || text.Length == 0)
        {
            return false;
        }

        switch (rest.ToLowerInvariant())
        {
            case "inf" or "infinity":
                value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
                return true;
            case "nan":
                value = double.NaN;
                return string.Equals(text, rest, StringComparison.Ordinal);
        }

        return rest.Length > 0 && (char.IsAsciiDigit(rest[0]) || rest[0] == '.') && !rest.Contains(',', StringComparison.Ordinal)
            && double.TryParse(text, NumberStyles.Float & ~NumberStyles.AllowLeadingWhite & ~NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }

    private static string Shorter(double value, char verb, (string Digits, int Point, bool Negative) number, string? special, int precision)
    {
        if (special is not null || !double.IsFinite(value))
        {
            return special!;
        }

        var (digits, point, negative) = number;
        digits = digits.TrimEnd('0');
        digits = digits.Length == 0 ? "0" : digits;
        var limit = precision > digits.Length && digits.Length >= point ? digits.Length : precision;
        limit = precision == 6 ? Math.Max(limit, 6) : limit;
        var exponent = point - 1;
        return exponent < -4 || exponent >= limit ? Exponent(digits, exponent, negative, verb == 'G' ? 'E' : 'e') : Plain(digits, point, negative);
    }

    private static (string Digits, int Point, bool Negative) Shortest(double value, out string? special)
    {
        special = double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : null;
        if (special is not null)
        {
            return ("", 0, false);
        }

        // The round-trip form: 1.2345E+20, 1.5, 0.
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var e = shortest.IndexOf('E', StringComparison.Ordinal);
        var mantissa = e < 0 ? shortest : shortest[..e];
        var exponent = e < 0 ? 0 : int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var dot = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        var point = (dot < 0 ? mantissa.Length : dot) + exponent;
        var leading = digits.Length - digits.TrimStart('0').Length;
        digits = digits[leading..].TrimEnd('0');
        return digits.Length == 0 ? ("0", 1, double.IsNegative(value)) : (digits, point - leading, double.IsNegative(value));
    }

    private static string Plain(string digits, int point, bool negative)
    {
        var text = point <= 0 ? "0." + new string('0', -point) + digits
            : point >= digits.Length ? digits.PadRight(point, '0')
            : digits[..point] + "." + digits[point..];
        return negative ? "-" + text : text;
    }

    private static string Scientific(string digits, int exponent, bool negative) => Exponent(digits, exponent, negative, 'e');

    private static string Exponent(string digits, int exponent, bool negative, char e)
    {
        var text = new StringBuilder();
        if (negative)
        {
            text.Append('-');
        }

        text.Append(digits[0]);
        if (digits.Length > 1)
        {
            text.Append('.').Append(digits, 1, digits.Length - 1);
        }

        return text.Append(e).Append(exponent < 0 ? '-' : '+').Append(Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)).ToString();
    }

    private static string Fixed(string digits, int point, int precision, bool negative)
    {
        var whole = point <= 0 ? "0" : digits.PadRight(point, '0')[..point];
        var fraction = point <= 0 ? new string('0', Math.Min(-point, precision)) + digits : digits.Length > point ? digits[point..] : "";
        fraction = fraction.PadRight(precision, '0')[..precision];
        return (negative ? "-" : "") + whole + (precision > 0 ? "." + fraction : "");
    }

    // All the decimal digits that the binary number has, and where the point stands.
    private static (string Digits, int Point) Exact(double value)
    {
        if (value == 0)
        {
            return ("", 0);
        }

        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xFFFFFFFFFFFFF;
        mantissa = exponent == 0 ? mantissa : mantissa | (1L << 52);
        exponent = (exponent == 0 ? 1 : exponent) - 1075;
        if (exponent >= 0)
        {
            var whole = (new BigInteger(mantissa) << exponent).ToString(CultureInfo.InvariantCulture);
            return (whole, whole.Length);
        }

        // m / 2^k is m * 5^k / 10^k.
        var scaled = (new BigInteger(mantissa) * BigInteger.Pow(5, -exponent)).ToString(CultureInfo.InvariantCulture);
        return (scaled, scaled.Length + exponent);
    }

    // To so many digits; halves go to the even digit, and the digits are exact.
    private static (string Digits, int Point) Round(string digits, int point, int keep)
    {
        if (keep >= digits.Length)
        {
            return (digits, point);
        }

        if (keep < 0)
        {
            return ("", point);
        }

        var rest = digits.AsSpan(keep);
        var up = rest[0] > '5' || (rest[0] == '5' && (rest[1..].ContainsAnyExcept('0') || (keep > 0 && (digits[keep - 1] - '0') % 2 == 1)));
        var kept = digits[..keep].ToCharArray();
        if (!up)
        {
            return (new(kept), point);
        }

        for (var i = keep - 1; i >= 0; i--)
        {
            if (kept[i] != '9')
            {
                kept[i]++;
                return (new(kept), point);
            }

            kept[i] = '0';
        }

        return ("1" + new string(kept), point + 1);
    }
}
