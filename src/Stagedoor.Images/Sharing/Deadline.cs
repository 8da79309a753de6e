using System.Globalization;
using System.Text.RegularExpressions;
using Stagedoor.Http;

namespace Stagedoor.Images.Sharing;

/// <summary>Until when something is shared.</summary>
/// <param name="Text">As it was asked for.</param>
/// <param name="ExpiresAt">The first millisecond in which it is not shared any more; null when that never comes.</param>
internal sealed partial record Deadline(string Text, long? ExpiresAt)
{
    public const string Forever = "forever";

    /// <summary>Reads a deadline that lies ahead.</summary>
    /// <exception cref="ApiException">It is missing, no UTC time, or not in the future.</exception>
    public static Deadline Read(string? text, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(text))
        {
            throw ImagesError.RequiredParameterMissing("deadline");
        }

        if (string.Equals(text, Forever, StringComparison.Ordinal))
        {
            return new(text, null);
        }

        // More digits of a second than a clock has are taken, and not counted.
        return Utc().Match(text) is { Success: true } match
            && DateTimeOffset.TryParse($"{match.Groups["time"].Value}Z", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && time > now
            ? new(text, time.ToUnixTimeMilliseconds())
            : throw ImagesError.InvalidParameter("deadline is neither forever nor a future time such as 2030-01-31T16:00:00Z");
    }

    [GeneratedRegex(@"^(?<time>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,7})?)[0-9]{0,20}(?:[Zz]|[+-]00:00)\z", RegexOptions.NonBacktracking)]
    private static partial Regex Utc();
}
