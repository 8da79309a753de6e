using System.Net;
using System.Text.RegularExpressions;
using Stagedoor.Operations;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

/// <summary>The guide that a server carries with it.</summary>
public sealed partial class DocEndpointTests : IAsyncLifetime
{
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Every_page_is_there_and_each_of_its_links_leads_somewhere()
    {
        Assert.Contains("install", DocEndpoints.Names);
        foreach (var page in DocEndpoints.Names.Select(static n => "/docs/" + n).Prepend("/docs"))
        {
            var html = await HtmlAsync(page);
            foreach (var link in Link().Matches(html).Select(static m => WebUtility.HtmlDecode(m.Groups["address"].Value)).Where(static l => !l.Contains("://", StringComparison.Ordinal)))
            {
                var (path, anchor) = link.Split('#', 2) is [var p, var a] ? (p, a) : (link, "");
                var target = path.Length == 0 ? html : await HtmlAsync(path);
                Assert.True(anchor.Length == 0 || target.Contains($"id=\"{anchor}\"", StringComparison.Ordinal), $"{page} links {link}, and there is no such heading.");
            }
        }
    }

    [Fact]
    public async Task A_terminal_reads_the_source()
    {
        var text = await _app.Anonymous.GetStringAsync("/docs/configure", Cancellation);

        Assert.StartsWith("# Configure", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_is_not_there_is_not_found()
    {
        using var response = await _app.Anonymous.GetAsync("/docs/../settings/x", Cancellation);
        using var other = await _app.Anonymous.GetAsync("/docs/nothing", Cancellation);

        await response.ShouldFailAsync(404, "APIGW.0101");
        await other.ShouldFailAsync(404, "APIGW.0101");
    }

    [Fact]
    public async Task The_index_leads_to_every_page_of_the_guide_in_both_languages()
    {
        foreach (var language in (string[])["en", "zh"])
        {
            var index = await HtmlAsync($"/docs?lang={language}");

            Assert.All(
                DocEndpoints.Names.Where(static n => !n.Contains('/', StringComparison.Ordinal) && n is not "README"),
                name => Assert.True(
                    index.Contains($"\"/docs/{name}?", StringComparison.Ordinal) || index.Contains($"\"/docs/zh/{name}?", StringComparison.Ordinal), $"/docs?lang={language} does not link {name}."));
        }
    }

    [Theory]
    [InlineData("/docs", "zh-CN,zh;q=0.9,en;q=0.8", "# 文档")]
    [InlineData("/docs", "en", "# Documentation")]
    [InlineData("/docs", null, "# Documentation")]
    [InlineData("/docs?lang=zh", "en", "# 文档")]
    [InlineData("/docs/clients", "zh", "# 客户端")]
    [InlineData("/docs/clients?lang=en", "zh", "# Clients")]
    [InlineData("/docs/zh/clients", "en", "# 客户端")]
    [InlineData("/docs/zh/clients?lang=en", "zh", "# Clients")]
    [InlineData("/docs/zh/configure.md", null, "# Configure")]
    public async Task A_page_is_in_the_language_of_its_reader_where_it_is_written_in_it(string path, string? accepted, string title)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accepted is not null)
        {
            request.Headers.Add("Accept-Language", accepted);
        }

        using var response = await _app.Anonymous.SendAsync(request, Cancellation);

        Assert.StartsWith(title, await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Contains("Accept-Language", response.Headers.Vary, StringComparer.Ordinal);
    }

    private async Task<string> HtmlAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", "text/html");
        using var response = await _app.Anonymous.SendAsync(request, Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    [GeneratedRegex("<a [^>]*href=\"(?<address>[^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Link();
}
