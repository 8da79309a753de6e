using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests;

/// <summary>What <c>docs/troubleshooting.md</c> quotes is what the product says: with … for what changes, each piece stands in its source.</summary>
public sealed partial class QuotedMessageTests
{
    private const int LeastTelling = 10;

    private static readonly string s_source = Joint().Replace(
        string.Join('\n', Directory.EnumerateFiles(Path.Combine(Checkout.Root, "src"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText)), "");

    public static TheoryData<string> Quotes =>
    [
        .. Block().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "docs", "troubleshooting.md")))
            .SelectMany(static m => m.Groups["text"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Quotes))]
    public void A_quoted_line_is_one_of_the_product(string quote)
    {
        var pieces = quote.Split('…', StringSplitOptions.RemoveEmptyEntries);

        Assert.All(pieces, piece => Assert.True(s_source.Contains(piece, StringComparison.Ordinal), $"Nothing in the source says '{piece}'."));
        Assert.Contains(pieces, static piece => piece.Length >= LeastTelling);
    }

    [GeneratedRegex("^```text\n(?<text>.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Block();

    // Where a text goes on in the next line.
    [GeneratedRegex("\"\\s*\\+ \\$?\"", RegexOptions.NonBacktracking)]
    private static partial Regex Joint();
}
