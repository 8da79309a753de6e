using System.Globalization;
using System.Text.RegularExpressions;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>Names of files and folders, made of what charts and clusters call their own.</summary>
internal static partial class GitOpsNames
{
    // File systems take 255 bytes.
    private const int MaxLength = 200;

    /// <summary>The name of an object's file. The number in front makes it one of its own, whatever is left of the rest.</summary>
    /// <param name="number">Its place, from 0.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="id">The object.</param>
    public static string Of(int number, int count, ObjectId id)
    {
        var digits = Math.Max(2, (count - 1).ToString(CultureInfo.InvariantCulture).Length);
        var name = $"{number.ToString("D" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)}-{Plain(id.Kind)}-{Plain(id.Namespace)}-{Plain(id.Name)}";
        return name[..Math.Min(name.Length, MaxLength)] + ".yaml";
    }

    /// <summary>Whether a name is one that <see cref="Of"/> makes.</summary>
    public static bool IsFileName(string name) => FileNames().IsMatch(name);

    /// <summary>Whether a name of a cluster, namespace or release can be that of a folder.</summary>
    public static bool IsFolderName(string name) => FolderNames().IsMatch(name);

    private static string Plain(string text) =>
        string.Create(text.Length, text, static (plain, from) =>
        {
            for (var i = 0; i < plain.Length; i++)
            {
                var c = char.ToLowerInvariant(from[i]);
                plain[i] = char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.' ? c : '_';
            }
        });

    [GeneratedRegex(@"^[0-9]{2,6}-[a-z0-9._\-]{0,200}\.yaml\z", RegexOptions.NonBacktracking)]
    private static partial Regex FileNames();

    [GeneratedRegex(@"^[a-z0-9]([a-z0-9.\-]{0,251}[a-z0-9])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex FolderNames();
}
