using System.Text.RegularExpressions;
using YamlDotNet.Core;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>
/// YamlDotNet refuses a block scalar that begins with a line of nothing but the scalar's own indentation, which templates make often and every other parser takes.
/// Such lines mean the same without their spaces.
/// </summary>
internal static partial class BlankLines
{
    /// <summary>The text with the lines emptied that the failure is about; <c>null</c> where it is about something else.</summary>
    public static string? Relax(string text, YamlException failure)
    {
        if (!failure.Message.Contains("extra spaces in first line", StringComparison.Ordinal))
        {
            return null;
        }

        var lines = text.Split('\n');
        for (var i = (int)Math.Min(failure.Start.Line, lines.Length) - 1; i >= 0; i--)
        {
            if (i + 1 < lines.Length && IsBlank(lines[i + 1]) && lines[i + 1].Length > 0 && Header().IsMatch(lines[i]))
            {
                return Emptied(lines, i + 1);
            }
        }

        return null;
    }

    private static string? Emptied(string[] lines, int first)
    {
        var end = first;
        while (end < lines.Length && IsBlank(lines[end]))
        {
            end++;
        }

        // One that is longer than the indentation of the text is wrong to every parser.
        var indent = end < lines.Length ? lines[end].Length - lines[end].TrimStart(' ').Length : int.MaxValue;
        if (lines[first..end].Max(static l => l.TrimEnd('\r').Length) > indent)
        {
            return null;
        }

        Array.Fill(lines, "", first, end - first);
        return string.Join('\n', lines);
    }

    private static bool IsBlank(string line) => line.AsSpan().TrimEnd('\r').IndexOfAnyExcept(' ') < 0;

    [GeneratedRegex(@"(^|[\s:\-])[|>][-+0-9]*[ \t]*(#.*)?\r?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Header();
}
