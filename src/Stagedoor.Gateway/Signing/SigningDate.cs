using System.Globalization;

namespace Stagedoor.Gateway.Signing;

/// <summary>The one form of a time in a signature: <c>yyyyMMddTHHmmssZ</c>, in UTC.</summary>
internal static class SigningDate
{
    private const string Form = "yyyyMMdd'T'HHmmss'Z'";

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);

    public static bool TryParse(string? text, out DateTimeOffset time) => DateTimeOffset.TryParseExact(
        text, Form, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
