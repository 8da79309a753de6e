using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

public sealed partial class FrontPageTests : IAsyncLifetime
{
    private const string Browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task A_browser_reads_what_this_is_and_how_to_log_in()
    {
        var page = await PageAsync("/");

        Assert.Contains("<h1>Stagedoor ", page, StringComparison.Ordinal);
        Assert.Contains("<p class=\"state good\">Ready</p>", page, StringComparison.Ordinal);
        Assert.Contains($"docker login -u cn-local-1@ACCESSKEY {new Uri(_app.Url).Authority}", page, StringComparison.Ordinal);
        Assert.Contains("<b>0</b> organizations", page, StringComparison.Ordinal);
        Assert.Matches(@"<b>\d+</b> microservices · <b>\d+</b> instances", page);
    }

    [Fact]
    public async Task It_counts_and_names_nobody()
    {
        using (await _app.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "secret-team" }, Cancellation))
        {
        }

        var page = await PageAsync("/");

        Assert.Contains("<b>1</b> organizations", page, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-team", page, StringComparison.Ordinal);
        Assert.DoesNotContain(_app.FirstRun.Domain + "<", page, StringComparison.Ordinal);
        Assert.DoesNotContain(_app.FirstRun.AccessKey, page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/?lang=zh")]
    public async Task Every_link_of_it_leads_somewhere(string path)
    {
        var links = Link().Matches(await PageAsync(path)).Select(static m => WebUtility.HtmlDecode(m.Groups["address"].Value)).ToList();

        Assert.Contains("/errors?lang=" + (path.EndsWith("zh", StringComparison.Ordinal) ? "zh" : "en"), links);
        foreach (var link in links)
        {
            using var response = await _app.Anonymous.GetAsync(link, Cancellation);
            Assert.True(response.IsSuccessStatusCode, $"{link}: {response.StatusCode}");
        }
    }

    [Theory]
    [InlineData("*/*")]
    [InlineData("application/json")]
    [InlineData(null)]
    public async Task A_program_reads_the_versions_of_the_API(string? accept)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (accept is not null)
        {
            request.Headers.Add("Accept", accept);
        }

        using var response = await _app.Anonymous.SendAsync(request, Cancellation);

        Assert.StartsWith("""{"versions":[{"id":"v2",""", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_speaks_the_browsers_language()
    {
        var page = await PageAsync("/", "zh-CN,zh;q=0.9,en;q=0.8");

        Assert.Contains("<html lang=\"zh-Hans\">", page, StringComparison.Ordinal);
        Assert.Contains("就绪", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Under_another_host_name_it_shows_that_name()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept", Browser);
        request.Headers.Host = "stage.example:8080";

        using var response = await _app.Anonymous.SendAsync(request, Cancellation);
        var page = await response.Content.ReadAsStringAsync(Cancellation);

        Assert.Contains("ACCESSKEY stage.example:8080", page, StringComparison.Ordinal);
        Assert.Contains("insecure-registries", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_does_not_run_here_is_off()
    {
        await _app.RestartAsync(("Modules", "discovery"));

        var page = await PageAsync("/");

        Assert.Contains("<dt>Images</dt><dd>off in this process</dd>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("docker login", page, StringComparison.Ordinal);
    }

    private async Task<string> PageAsync(string path, string? languages = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Accept", Browser);
        if (languages is not null)
        {
            request.Headers.Add("Accept-Language", languages);
        }

        using var response = await _app.Anonymous.SendAsync(request, Cancellation);
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        return await response.Content.ReadAsStringAsync(Cancellation);
    }

    [GeneratedRegex("href=\"(?<address>[^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Link();
}
