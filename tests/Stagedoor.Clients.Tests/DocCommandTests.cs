using Stagedoor.Clients.Tests.Pages;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// The commands of the READMEs and the guide, run as they are printed: blocks of <c>sh</c> and sessions (<c>console</c>) of a page one after the other in one
/// shell, beside a server of the page's own. A block of commands that cannot be run says why, in a comment before it.
/// </summary>
public sealed class DocCommandTests(DocTally tally) : IClassFixture<DocTally>
{
    public static TheoryData<string> Pages => [.. DocPage.Names];

    public static TheoryData<string> RunPages => [.. DocPage.Names.Where(static p => DocPage.Read(p).IsRun)];

    public static TheoryData<string> ChinesePages => [.. DocPage.Names.Where(static p => English(p) != p)];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Each_block_is_run_or_says_why_not(string page) => Assert.Empty(DocPage.Read(page).Complaints());

    [Theory]
    [MemberData(nameof(RunPages))]
    public async Task Its_commands_work_as_printed(string name)
    {
        var page = DocPage.Read(name);
        await DocMachine.RequireAsync(page);
        using var machine = new DocMachine();

        var lines = await machine.RunAsync(page);

        Assert.NotEmpty(lines);
        tally.Add(page, lines.Count);
    }

    [Theory]
    [MemberData(nameof(ChinesePages))]
    public void A_chinese_page_has_the_commands_of_the_english_one(string page) => Assert.Equal(
        Commands(English(page)), Commands(page));

    [Theory]
    [InlineData("```sh\ntrue\n```\n", 0)]
    [InlineData("```console\n$ true\n```\n", 0)]
    [InlineData("```json\n{}\n```\n", 0)]
    [InlineData("<!-- not run: it would take a day -->\n```\nsleep 1d\n```\n", 0)]
    [InlineData("```\ntrue\n```\n", 1)]
    [InlineData("```bash\ntrue\n```\n", 1)]
    [InlineData("- first\n  ```sh\n  true\n  ```\n", 1)]
    [InlineData("~~~\ntrue\n~~~\n", 1)]
    [InlineData("```console\ntrue\n```\n", 1)]
    [InlineData("<!-- runs: whatever -->\n", 1)]
    public void What_is_neither_run_nor_marked_is_found(string text, int complaints) =>
        Assert.Equal(complaints, DocPage.Parse("page.md", "# Page\n\n" + text).Complaints().Count());

    [Theory]
    [InlineData("```sh\nfalse\n```\n", "page.md:4: \"false\" ended with 1")]
    [InlineData("```sh\ntrue |\n  false\n```\n", "page.md:")]
    [InlineData("```console\n$ echo one\ntwo\n```\n", "page.md:4 prints 'two'")]
    [InlineData("```sh\necho $NOBODY\n```\n", "NOBODY")]
    public async Task A_command_that_does_not_do_as_printed_is_a_failure(string text, string said)
    {
        var page = DocPage.Parse("page.md", "# Page\n<!-- runs: nothing -->\n" + text);
        await DocMachine.RequireAsync(page);
        using var machine = new DocMachine();

        var failure = await Assert.ThrowsAnyAsync<Xunit.Sdk.XunitException>(() => machine.RunAsync(page));

        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_says_what_runs_beside_it()
    {
        var page = DocPage.Parse(
            "page.md",
            "# Page\n<!-- runs: Urls=http://0.0.0.0:8080 Discovery:Rbac:Enabled=true Gateway:Region=cn-test-1 -->\n```sh\ntest \"$(jq -r .project data/first-run.json)\" = cn-test-1\n"
            + "curl -sSf -o answer http://registry.example.com:8080/healthz\n```\n```console\n$ curl -s http://127.0.0.1:30100/v4/default/registry/microservices\n…\"errorCode\":\"401002\",…\n```\n");
        await DocMachine.RequireAsync(page);
        using var machine = new DocMachine();

        var lines = await machine.RunAsync(page);

        Assert.Equal([4, 5, 8], lines.Order());
    }

    private static IEnumerable<string> Commands(string page) => DocPage.Read(page).Blocks.Where(static b => b.IsCommands).Select(static b => b.Text);

    private static string English(string page) =>
        page.Replace("docs/zh/", "docs/", StringComparison.Ordinal).Replace(".zh-CN.md", ".md", StringComparison.Ordinal);
}
