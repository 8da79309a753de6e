using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

/// <summary><c>/errors</c>, where the link of each error leads, for each kind of reader in each language.</summary>
public sealed class ErrorPageTests : IAsyncLifetime
{
    private const string Browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    private const string Axios = "application/json, text/plain, */*";
    private StagedoorApp _app = null!;

    public static TheoryData<string, string?, string, string> Readers => new()
    {
        // Accept, Accept-Language, the type that comes, a word in that language
        { Browser, "en-GB,en;q=0.9", "text/html", "What to do" },
        { Browser, "zh-CN,zh;q=0.9,en;q=0.8", "text/html", "如何处理" },
        { Browser, "de-DE,de;q=0.9,zh;q=0.2,en;q=0.1", "text/html", "如何处理" },
        { Browser, "en,zh;q=0.9", "text/html", "What to do" },
        { "*/*", null, "text/plain", "What to do" },
        { "*/*", "zh-TW", "text/plain", "如何处理" },
        { "text/plain", "zh;q=0,en", "text/plain", "What to do" },
        { "", null, "text/plain", "What to do" },
        { "text/html;q=0.4, text/plain;q=0.5", null, "text/plain", "What to do" },
        { "application/json", null, "application/json", "\"remedy\":" },
        { Axios, null, "application/json", "\"remedy\":" },
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task A_code_is_explained_as_its_reader_likes_it(string accept, string? languages, string type, string word)
    {
        foreach (var path in (string[])["/errors/SVCSTG.SWR.4000097", "/errors/4000097"])
        {
            var (status, media, body) = await GetAsync(path, accept, languages);

            Assert.Equal((HttpStatusCode.OK, type), (status, media));
            Assert.Contains("SVCSTG.SWR.4000097", body, StringComparison.Ordinal);
            Assert.Contains(word, body, StringComparison.Ordinal);
            Assert.Contains("Images:MaxOrganizationsPerAccount", body, StringComparison.Ordinal);
            Assert.EndsWith(type is "application/json" ? "]" : "\n", body, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Tracing:OtlpHttpListen", "/v1/none")]
    [InlineData("Tracing:ZipkinListen", "/api/v2/none")]
    [InlineData("Tracing:JaegerListen", "/api/none")]
    [InlineData("Discovery:Listen", "/v4/default/none")]
    public async Task The_link_of_a_refusal_leads_to_its_code_at_the_ports_of_modules_too(string port, string path)
    {
        await using var app = await StagedoorApp.StartAsync((port, "0"));
        var address = app.Services.GetRequiredService<BoundListeners>().Others.Single(o => string.Equals(o.Listener.Setting, port, StringComparison.Ordinal)).Address.TrimEnd('/');
        using var refused = await app.Anonymous.GetAsync(new Uri(address + path), Cancellation);
        var link = refused.Headers.GetValues("Link").Single(static l => l.Contains("rel=\"help\"", StringComparison.Ordinal));

        using var page = await app.Anonymous.GetAsync(new Uri(address + link[1..link.IndexOf('>', StringComparison.Ordinal)]), Cancellation);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.OK), (refused.StatusCode, page.StatusCode));
        Assert.Contains("What to do", await page.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var other = await app.Anonymous.GetAsync(new Uri(address + "/docs"), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task A_code_that_does_not_exist_is_404_as_its_reader_likes_it(string accept, string? languages, string type, string word)
    {
        var (status, media, body) = await GetAsync("/errors/40000970", accept, languages);

        Assert.Equal((HttpStatusCode.NotFound, type), (status, media));
        Assert.Contains(
            type is "application/json" ? "APIGW.0101" : word is "如何处理" ? "没有此错误码" : "There is no error code", body, StringComparison.Ordinal);
        Assert.Contains("40000970", body, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public async Task The_overview_is_as_its_reader_likes_it(string accept, string? languages, string type, string word)
    {
        var (status, media, body) = await GetAsync("/errors", accept, languages);

        Assert.Equal((HttpStatusCode.OK, type), (status, media));
        Assert.Contains("SVCSTG.SWR.4000097", body, StringComparison.Ordinal);
        Assert.Contains(
            type is "application/json" ? word : word is "如何处理" ? "账号拥有的组织数" : "The account owns as many", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Browser)]
    [InlineData("*/*")]
    public async Task The_address_decides_over_the_language_header(string accept) =>
        Assert.Contains("如何处理", (await GetAsync("/errors/4000097?lang=zh", accept, "en")).Body, StringComparison.Ordinal);

    [Fact]
    public async Task A_cut_code_leads_to_those_near_it()
    {
        var (_, _, html) = await GetAsync("/errors/SWR-40000", Browser, null);
        var (_, _, text) = await GetAsync("/errors/SWR-40000", "*/*", null);

        Assert.Contains("SVCSTG.SWR.4000097", html, StringComparison.Ordinal);
        Assert.Contains("SVCSTG.SWR.4000097", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Caches_are_told_what_the_answer_depends_on()
    {
        using var response = await _app.Anonymous.GetAsync("/errors/4000097", Cancellation);

        Assert.Equal(["Accept", "Accept-Language"], response.Headers.Vary);
    }

    [Fact]
    public async Task What_can_be_opened_is_a_link()
    {
        var (_, _, page) = await GetAsync("/errors/4000097", Browser, null);
        var (_, _, gateway) = await GetAsync("/errors/APIGW.0301", Browser, "zh");

        Assert.Contains("<a href=\"/docs/settings\">Images:MaxOrganizationsPerAccount</a>", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"https://support.huaweicloud.com/devg-apisign/api-sign-errorcode.html\">", gateway, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_reads_every_member()
    {
        var (_, _, body) = await GetAsync("/errors/SVCSTG.SWR.4040058", "application/json", null);

        Assert.Equal(404, JsonDocument.Parse(body).RootElement[0].GetProperty("status").GetInt32());
    }

    private async Task<(HttpStatusCode Status, string? Type, string Body)> GetAsync(string path, string accept, string? languages)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (accept.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        if (languages is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Language", languages);
        }

        using var response = await _app.Anonymous.SendAsync(request, Cancellation);
        return (response.StatusCode, response.Content.Headers.ContentType?.MediaType, await response.Content.ReadAsStringAsync(Cancellation));
    }
}
