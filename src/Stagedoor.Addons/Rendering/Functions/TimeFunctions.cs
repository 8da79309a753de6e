using System.Globalization;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Times and durations. The local zone is UTC.</summary>
internal static class TimeFunctions
{
    private const long Second = 1_000_000_000;

    public static void AddTo(FunctionTable.Builder all) => all
        .Add("now", "", static (x, _) => new GoTime(x.Run.Clock.GetUtcNow()))
        .Add("date", "sv", static (x, a) => TimeOf(x, a[1]).Format((string)a[0]!))
        .Add("htmlDate", "v", static (x, a) => TimeOf(x, a[0]).Format("2006-01-02"))
        .Add("dateInZone,date_in_zone", "svs", static (x, a) => InZone(TimeOf(x, a[1]), (string)a[2]!).Format((string)a[0]!))
        .Add("htmlDateInZone", "vs", static (x, a) => InZone(TimeOf(x, a[0]), (string)a[1]!).Format("2006-01-02"))
        .Add("dateModify,date_modify", "sv", static (x, a) =>
            GoDuration.Parse((string)a[0]!) is { } by ? Moved(TimeOf(x, a[1]), by) : TimeOf(x, a[1]))
        .Add("mustDateModify,must_date_modify", "sv", static (x, a) =>
            Moved(TimeOf(x, a[1]), GoDuration.Parse((string)a[0]!) ?? throw new FunctionException($"time: invalid duration {GoFormat.Quote((string)a[0]!)}")))
        .Add("toDate", "ss", static a => GoTime.Parse((string)a[0]!, (string)a[1]!) ?? new GoTime(DateTimeOffset.MinValue))
        .Add("mustToDate", "ss", static a => GoTime.Parse((string)a[0]!, (string)a[1]!, out var wrong) ?? throw new FunctionException(
            $"parsing time {GoFormat.Quote((string)a[1]!)} as {GoFormat.Quote((string)a[0]!)}: cannot parse {GoFormat.Quote(wrong.Remainder)} as {GoFormat.Quote(wrong.Part)}"))
        .Add("unixEpoch", "v", static (x, a) => TimeOf(x, a[0]).Value.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))
        .Add("ago", "v", static (x, a) => new GoDuration((x.Run.Clock.GetUtcNow() - TimeOf(x, a[0]).Value).Ticks * 100).Round(Second).Print())
        .Add("duration", "v", static a => new GoDuration(unchecked(Seconds(a[0]) * Second)).Print())
        .Add("durationRound", "v", static (x, a) => Rounded(x, a[0]))
        .Add("mustToDuration", "v", static a => a[0] switch
        {
            GoDuration d => d,
            string s => GoDuration.Parse(s) ?? throw new FunctionException($"time: invalid duration {GoFormat.Quote(s)}"),
            double d => new GoDuration((long)(d * Second)),
            _ when GoType.TryInteger(a[0], out var seconds) => new GoDuration(unchecked(seconds * Second)),
            _ => throw new FunctionException($"cannot convert {GoType.NameOf(a[0])} to duration"),
        });

    private static GoTime TimeOf(Executor executor, object? value) => value switch
    {
        GoTime time => time,
        nint seconds => FromSeconds(seconds),
        long seconds => FromSeconds(seconds),
        _ => new(executor.Run.Clock.GetUtcNow()),
    };

    private static GoTime FromSeconds(long seconds) => seconds is < -62135596800 or > 253402300799
        ? throw new FunctionException("the time is outside the years 1 to 9999")
        : new(DateTimeOffset.FromUnixTimeSeconds(seconds));

    private static GoTime Moved(GoTime time, GoDuration by)
    {
        try
        {
            return time with { Value = time.Value.AddTicks(by.Nanoseconds / 100) };
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new FunctionException("the time is outside the years 1 to 9999");
        }
    }

    // A zone that is not known is UTC.
    private static GoTime InZone(GoTime time, string zone)
    {
        if (zone is "" or "UTC" or "Local" || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found))
        {
            return new(time.Value.ToUniversalTime());
        }

        var there = TimeZoneInfo.ConvertTime(time.Value, found);
        return new(there, Abbreviation(found, there));
    }

    private static string Abbreviation(TimeZoneInfo zone, DateTimeOffset time)
    {
        var name = zone.IsDaylightSavingTime(time) ? zone.DaylightName : zone.StandardName;
        return name.Length is > 0 and < 6 && name.All(char.IsAsciiLetterUpper) ? name : "";
    }

    private static long Seconds(object? value) => value switch
    {
        string s => long.TryParse(s, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0,
        long seconds => seconds,
        _ => 0,
    };

    private static string Rounded(Executor executor, object? value)
    {
        var nanoseconds = value switch
        {
            string s => GoDuration.Parse(s)?.Nanoseconds ?? 0,
            long n => n,
            GoTime time => (executor.Run.Clock.GetUtcNow() - time.Value).Ticks * 100,
            _ => 0,
        };
        var size = (ulong)Math.Abs(nanoseconds) / (ulong)Second;
        (string Unit, ulong Seconds)[] units = [("y", 31536000), ("mo", 2592000), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1)];
        foreach (var (unit, seconds) in units)
        {
            if (size >= seconds)
            {
                return (nanoseconds < 0 ? "-" : "") + (size / seconds).ToString(CultureInfo.InvariantCulture) + unit;
            }
        }

        return "0s";
    }
}
