using System.Text.RegularExpressions;

using Stagedoor.Errors.Pages;

using Xunit;

namespace Stagedoor.Errors.Tests;

public sealed partial class DocsTests
{
    private static readonly bool s_accept = Environment.GetEnvironmentVariable("STAGEDOOR_ACCEPT") is "1";

    [Fact]
    public void The_files_are_these()
    {
        if (s_accept)
        {
            Accept();
        }

        Assert.Equal(
            ErrorDocs.Files().Keys.Order(StringComparer.Ordinal),
            Directory.GetFiles(Repository.ErrorDocs).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal),
            StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("gateway.md")]
    [InlineData("iam.md")]
    [InlineData("images.md")]
    [InlineData("discovery.md")]
    [InlineData("tracing.md")]
    [InlineData("addons.md")]
    public async Task The_checked_in_page_is_what_the_rows_say(string name)
    {
        if (s_accept)
        {
            Accept();
        }

        var checkedIn = await File.ReadAllTextAsync(Path.Combine(Repository.ErrorDocs, name), TestContext.Current.CancellationToken);

        var same = string.Equals(ErrorDocs.Files()[name], checkedIn, StringComparison.Ordinal);
        Assert.True(same, $"docs/errors/{name} is not what the rows say; run again with STAGEDOOR_ACCEPT=1.");
    }

    [Fact]
    public void Every_link_of_the_overview_has_its_anchor()
    {
        var files = ErrorDocs.Files();

        var links = Link().Matches(files["README.md"]);

        Assert.Equal(ErrorCatalog.All.Count, links.Count);
        Assert.All(
            links,
            link => Assert.Contains($"<a id=\"{link.Groups["anchor"]}\"></a>", files[link.Groups["file"].Value], StringComparison.Ordinal));
    }

    [Fact]
    public void No_anchor_is_there_twice()
    {
        Assert.All(ErrorDocs.Files().Values, page => Assert.Distinct(Anchor().Matches(page).Select(anchor => anchor.Value), StringComparer.Ordinal));
    }

    // Whole files at a time and always the same bytes, so it does not matter which test is first.
    private static void Accept()
    {
        Directory.CreateDirectory(Repository.ErrorDocs);
        foreach (var (name, content) in ErrorDocs.Files())
        {
            File.WriteAllText(Path.Combine(Repository.ErrorDocs, name), content);
        }
    }

    [GeneratedRegex(@"\]\((?<file>[a-z]+\.md)#(?<anchor>[^)]+)\)", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex("<a id=\"[^\"]+\">", RegexOptions.NonBacktracking)]
    private static partial Regex Anchor();
}
