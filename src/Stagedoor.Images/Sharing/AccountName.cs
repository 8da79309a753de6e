using System.Text.RegularExpressions;

namespace Stagedoor.Images.Sharing;

/// <summary>What an account may be called.</summary>
internal static partial class AccountName
{
    /// <summary>The member and the segment of a path that name the account which something is shared with.</summary>
    public const string Parameter = "access_domain";

    public static bool IsValid(string? name) => name is not null && Pattern().IsMatch(name);

    [GeneratedRegex("^[A-Za-z0-9_-]{1,64}\\z", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
