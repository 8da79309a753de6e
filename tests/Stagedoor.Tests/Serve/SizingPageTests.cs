using System.Text.RegularExpressions;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>The limits in <c>docs/sizing.md</c> are the defaults.</summary>
public sealed partial class SizingPageTests
{
    [Fact]
    public void Each_limit_on_the_page_is_the_default_of_its_setting()
    {
        var rows = Row().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "docs", "sizing.md")));

        Assert.NotEmpty(rows);
        Assert.All(rows, static row => Assert.Equal(SettingNames.Product.Find(row.Groups["key"].Value)?.Default, row.Groups["default"].Value));
    }

    [GeneratedRegex(@"^\|[^|]+\| (?<default>\d+)(?: \([^)]*\))? \| `(?<key>[A-Za-z:]+)` \|$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Row();
}
