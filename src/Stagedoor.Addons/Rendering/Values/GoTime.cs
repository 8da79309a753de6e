using System.Globalization;
using System.Text;
using Stagedoor.Addons.Rendering.Functions;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>Go's <c>time.Time</c>, with its layouts: 2006-01-02 15:04:05.</summary>
internal sealed record GoTime(DateTimeOffset Value, string Zone = "UTC") : IGoObject
{
    // Longer ones before those that they begin with.
    private static readonly string[] s_parts =
    [
        "January", "Jan", "Monday", "Mon", "MST", "2006", "-07:00:00", "-070000", "-07:00", "-0700", "-07", "Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07",
        "002", "01", "02", "03", "04", "05", "06", "15", "PM", "pm", "__2", "_2", "1", "2", "3", "4", "5",
    ];

    public string TypeName => "time.Time";

    public string Kind => "struct";

    public bool TryField(string name, out object? value)
    {
        value = null;
        return false;
    }

    public GoFunction? FindMethod(string name) => name switch
    {
        "Format" => new(name, "s", (_, a) => Format((string)a[0]!)),
        "Unix" => GoFunction.Constant(name, Value.ToUnixTimeSeconds()),
        "UnixMilli" => GoFunction.Constant(name, Value.ToUnixTimeMilliseconds()),
        "UnixNano" => GoFunction.Constant(name, (Value - DateTimeOffset.UnixEpoch).Ticks * 100),
        "Year" => GoFunction.Constant(name, (nint)Value.Year),
        "Month" => GoFunction.Constant(name, (nint)Value.Month),
        "Day" => GoFunction.Constant(name, (nint)Value.Day),
        "Hour" => GoFunction.Constant(name, (nint)Value.Hour),
        "Minute" => GoFunction.Constant(name, (nint)Value.Minute),
        "Second" => GoFunction.Constant(name, (nint)Value.Second),
        "YearDay" => GoFunction.Constant(name, (nint)Value.DayOfYear),
        "UTC" => GoFunction.Constant(name, new GoTime(Value.ToUniversalTime())),
        "String" => GoFunction.Constant(name, Print()),
        _ => null,
    };

    public string Print() => Format("2006-01-02 15:04:05.999999999 -0700 MST");

    /// <summary>RFC 3339 with as many digits as it needs, as JSON has it.</summary>
    public string Json() => Format("2006-01-02T15:04:05.999999999Z07:00");

    public string Format(string layout)
    {
        var text = new StringBuilder();
        for (var i = 0; i < layout.Length;)
        {
            if (Fraction(layout, i) is { } digits)
            {
                AppendFraction(text, layout[i], digits, layout[i + 1] == '9');
                i += digits + 1;
                continue;
            }

            var part = Array.Find(s_parts, p => string.CompareOrdinal(layout, i, p, 0, p.Length) == 0 && IsWhole(layout, i, p));
            if (part is null)
            {
                text.Append(layout[i++]);
                continue;
            }

            text.Append(Part(part));
            i += part.Length;
        }

        return text.ToString();
    }

    /// <summary>Reads a time in a layout; what the layout does not name is the first of January, midnight, UTC.</summary>
    public static GoTime? Parse(string layout, string text) => Parse(layout, text, out _);

    /// <summary>Reads a time, and says of one that is none what of it could not be read as what.</summary>
    public static GoTime? Parse(string layout, string text, out (string Remainder, string Part) wrong)
    {
        wrong = (text, layout);
        int year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0;
        var ticks = 0L;
        var offset = TimeSpan.Zero;
        var zone = "UTC";
        bool? afternoon = null;
        var at = 0;
        for (var i = 0; i < layout.Length;)
        {
            if (Fraction(layout, i) is { } digits)
            {
                i += digits + 1;
                ReadFraction(text, ref at, ref ticks);
                continue;
            }

            var part = Array.Find(s_parts, p => string.CompareOrdinal(layout, i, p, 0, p.Length) == 0 && IsWhole(layout, i, p));
            if (part is null)
            {
                if (at >= text.Length || text[at] != layout[i])
                {
                    wrong = (text[Math.Min(at, text.Length)..], layout[i].ToString());
                    return null;
                }

                at++;
                i++;
                continue;
            }

            i += part.Length;
            wrong = (text[Math.Min(at, text.Length)..], part);
            var read = part switch
            {
                "2006" => Number(text, ref at, 4, 4, out year),
                "06" => Number(text, ref at, 2, 2, out year) && (year += year >= 69 ? 1900 : 2000) > 0,
                "01" => Number(text, ref at, 2, 2, out month),
                "1" => Number(text, ref at, 1, 2, out month),
                "Jan" => Name(text, ref at, CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedMonthNames, out month),
                "January" => Name(text, ref at, CultureInfo.InvariantCulture.DateTimeFormat.MonthNames, out month),
                "Mon" => Name(text, ref at, CultureInfo.InvariantCulture.DateTimeFormat.AbbreviatedDayNames, out _),
                "Monday" => Name(text, ref at, CultureInfo.InvariantCulture.DateTimeFormat.DayNames, out _),
                "02" => Number(text, ref at, 2, 2, out day),
                "2" or "_2" => Number(text, ref at, 1, 2, out day),
                "15" or "03" => Number(text, ref at, 2, 2, out hour),
                "3" => Number(text, ref at, 1, 2, out hour),
                "04" => Number(text, ref at, 2, 2, out minute),
                "4" => Number(text, ref at, 1, 2, out minute),
                "05" => Number(text, ref at, 2, 2, out second) && ReadFraction(text, ref at, ref ticks),
                "5" => Number(text, ref at, 1, 2, out second) && ReadFraction(text, ref at, ref ticks),
                "PM" or "pm" => Meridiem(text, ref at, out afternoon),
                "MST" => ZoneName(text, ref at, out zone),
                _ => Offset(text, ref at, part, ref offset),
            };
            if (!read)
            {
                return null;
            }
        }

        hour = afternoon switch { true when hour < 12 => hour + 12, false when hour == 12 => 0, _ => hour };
        if (at != text.Length || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return null;
        }

        return new(new DateTimeOffset(year, month, day, hour, minute, second, offset).AddTicks(ticks), offset == TimeSpan.Zero ? zone : "");
    }

    // "Jan" is no part of "Janet", and "1" none of "10".
    private static bool IsWhole(string layout, int at, string part)
    {
        var after = at + part.Length < layout.Length ? layout[at + part.Length] : ' ';
        return part is not ("Jan" or "Mon") || !char.IsAsciiLetterLower(after);
    }

    private static int? Fraction(string layout, int at)
    {
        if (layout[at] is not ('.' or ',') || at + 1 >= layout.Length || layout[at + 1] is not ('0' or '9'))
        {
            return null;
        }

        var end = at + 1;
        while (end < layout.Length && layout[end] == layout[at + 1])
        {
            end++;
        }

        return end < layout.Length && char.IsAsciiDigit(layout[end]) ? null : end - at - 1;
    }

    private void AppendFraction(StringBuilder text, char separator, int digits, bool trim)
    {
        var all = (Value.Ticks % TimeSpan.TicksPerSecond).ToString("0000000", CultureInfo.InvariantCulture).PadRight(Math.Max(digits, 7), '0')[..digits];
        all = trim ? all.TrimEnd('0') : all;
        if (all.Length > 0)
        {
            text.Append(separator).Append(all);
        }
    }

    private string Part(string part)
    {
        var invariant = CultureInfo.InvariantCulture;
        var hour = Value.Hour % 12 == 0 ? 12 : Value.Hour % 12;
        return part switch
        {
            "January" => Value.ToString("MMMM", invariant),
            "Jan" => Value.ToString("MMM", invariant),
            "Monday" => Value.ToString("dddd", invariant),
            "Mon" => Value.ToString("ddd", invariant),
            "MST" => Zone.Length > 0 ? Zone : OffsetText("-07"),
            "2006" => Value.ToString("yyyy", invariant),
            "06" => Value.ToString("yy", invariant),
            "01" => Value.ToString("MM", invariant),
            "1" => Value.Month.ToString(invariant),
            "02" => Value.ToString("dd", invariant),
            "_2" => Value.Day.ToString(invariant).PadLeft(2),
            "2" => Value.Day.ToString(invariant),
            "002" => Value.DayOfYear.ToString("000", invariant),
            "__2" => Value.DayOfYear.ToString(invariant).PadLeft(3),
            "15" => Value.ToString("HH", invariant),
            "03" => hour.ToString("00", invariant),
            "3" => hour.ToString(invariant),
            "04" => Value.ToString("mm", invariant),
            "4" => Value.Minute.ToString(invariant),
            "05" => Value.ToString("ss", invariant),
            "5" => Value.Second.ToString(invariant),
            "PM" => Value.Hour >= 12 ? "PM" : "AM",
            "pm" => Value.Hour >= 12 ? "pm" : "am",
            _ => OffsetText(part),
        };
    }

    private string OffsetText(string part)
    {
        var offset = Value.Offset;
        if (part[0] == 'Z')
        {
            if (offset == TimeSpan.Zero)
            {
                return "Z";
            }

            part = "-" + part[1..];
        }

        var sign = offset < TimeSpan.Zero ? "-" : "+";
        var (hours, minutes) = (Math.Abs(offset.Hours).ToString("00", CultureInfo.InvariantCulture), Math.Abs(offset.Minutes).ToString("00", CultureInfo.InvariantCulture));
        return sign + part switch { "-07" => hours, "-0700" => hours + minutes, "-07:00" => hours + ":" + minutes, "-070000" => hours + minutes + "00", _ => hours + ":" + minutes + ":00" };
    }

    private static bool Number(string text, ref int at, int least, int most, out int number)
    {
        number = 0;
        var start = at;
        while (at < text.Length && at - start < most && char.IsAsciiDigit(text[at]))
        {
            number = (number * 10) + (text[at++] - '0');
        }

        return at - start >= least;
    }

    private static bool ReadFraction(string text, ref int at, ref long ticks)
    {
        if (at + 1 >= text.Length || text[at] is not ('.' or ',') || !char.IsAsciiDigit(text[at + 1]))
        {
            return true;
        }

        at++;
        for (var scale = TimeSpan.TicksPerSecond / 10; at < text.Length && char.IsAsciiDigit(text[at]); at++, scale /= 10)
        {
            ticks += (text[at] - '0') * scale;
        }

        return true;
    }

    private static bool Name(string text, ref int at, string[] names, out int index)
    {
        for (var i = 0; i < names.Length; i++)
        {
            if (names[i].Length > 0 && string.Compare(text, at, names[i], 0, names[i].Length, StringComparison.OrdinalIgnoreCase) == 0)
            {
                at += names[i].Length;
                index = i + 1;
                return true;
            }
        }

        index = 0;
        return false;
    }

    private static bool Meridiem(string text, ref int at, out bool? afternoon)
    {
        var word = at + 2 <= text.Length ? text.Substring(at, 2) : "";
        afternoon = word switch { "PM" or "pm" => true, "AM" or "am" => false, _ => null };
        at += 2;
        return afternoon is not null;
    }

    private static bool ZoneName(string text, ref int at, out string zone)
    {
        var start = at;
        while (at < text.Length && char.IsAsciiLetterUpper(text[at]))
        {
            at++;
        }

        zone = text[start..at];
        return zone.Length >= 3;
    }

    private static bool Offset(string text, ref int at, string part, ref TimeSpan offset)
    {
        if (part[0] == 'Z' && at < text.Length && text[at] == 'Z')
        {
            at++;
            return true;
        }

        if (part[0] is not ('Z' or '-') || at >= text.Length || text[at] is not ('+' or '-'))
        {
            return false;
        }

        var negative = text[at++] == '-';
        var minutes = 0;
        if (!Number(text, ref at, 2, 2, out var hours))
        {
            return false;
        }

        if (part.Contains(':', StringComparison.Ordinal) && (at >= text.Length || text[at++] != ':'))
        {
            return false;
        }

        if (part is not ("-07" or "Z07") && !Number(text, ref at, 2, 2, out minutes))
        {
            return false;
        }

        offset = new(negative ? -hours : hours, negative ? -minutes : minutes, 0);
        return hours <= 14 && minutes < 60;
    }
}
