using System.Text.RegularExpressions;

namespace Stagedoor;

/// <summary>Settings as they may be shown: what others must not read of an address or a connection string is covered.</summary>
public static partial class MaskedText
{
    /// <summary>What stands in place of a secret.</summary>
    public const string Mask = "********";

    /// <summary>The text with the credentials in it covered: user information and query of addresses, passwords of connection strings.</summary>
    /// <remarks>It rather covers too much: a password may hold any character, also one that would have to be escaped.</remarks>
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Contains("-----BEGIN", StringComparison.Ordinal))
        {
            // A key where the name of its file belongs.
            return Mask;
        }

        text = text.Contains("://", StringComparison.Ordinal) ? UserInformation().Replace(text, $"://{Mask}@") : Login().Replace(text, $"{Mask}@");
        text = Query().Replace(text, $"${{address}}?{Mask}");
        return Password().Replace(text, $"${{name}}={Mask}");
    }

    [GeneratedRegex(@"://\S*@", RegexOptions.NonBacktracking)]
    private static partial Regex UserInformation();

    // An address whose scheme was forgotten.
    [GeneratedRegex(@"^\S*:\S*@", RegexOptions.NonBacktracking)]
    private static partial Regex Login();

    [GeneratedRegex(@"(?<address>://[^?\s]*)\?\S+", RegexOptions.NonBacktracking)]
    private static partial Regex Query();

    [GeneratedRegex(@"\b(?<name>\w*(?:password|pwd|passfile|secret|token)\w*(?: \w+)?)\s*=\s*(?:""[^""]*""|'[^']*'|[^;]*)", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase)]
    private static partial Regex Password();
}
