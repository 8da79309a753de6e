using System.Text.Json;
using System.Xml;
using System.Xml.Linq;

using Stagedoor.Errors.Pages;

using Xunit;

namespace Stagedoor.Errors.Tests;

public sealed class PageTests
{
    private static readonly ErrorDefinition s_nasty = new(
        "X.<b>1",
        404,
        "<script>alert(\"x\")</script> & 'y'",
        Envelope.Images,
        "images",
        "<source>",
        "<provoke>",
        "<重现>",
        new("<meaning> & more", "<remedy>"),
        new("<含义>", "<处理>"));

    public static TheoryData<string> Languages => ["en", "zh"];

    [Theory]
    [MemberData(nameof(Languages))]
    public void Every_page_is_well_formed(string lang)
    {
        Assert.All(ErrorCatalog.All, row => Parse(ErrorPage.Html(row, lang)));
        Parse(ErrorPage.IndexHtml(lang));
        Parse(ErrorPage.IndexHtml(lang, "docker"));
        Parse(ErrorPage.IndexHtml(lang, "no such thing <&>"));
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void Nothing_of_a_row_becomes_markup(string lang)
    {
        var html = ErrorPage.Html(s_nasty, lang);

        Parse(html);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", html, StringComparison.Ordinal);
        Assert.Contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;", html, StringComparison.Ordinal);
    }

    [Fact]
    public void The_words_of_a_search_stay_words()
    {
        var html = ErrorPage.IndexHtml("en", "\"><script>");

        Assert.Contains("value=\"&quot;&gt;&lt;script&gt;\"", html, StringComparison.Ordinal);
        Assert.Contains("lang=zh&amp;q=%22%3E%3Cscript%3E", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", html, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void A_page_shows_everything_about_its_row(string lang)
    {
        var row = ImagesCodes.OrganizationNotFound;
        var words = ErrorLanguage.TextOf(row, lang);

        var page = Parse(ErrorPage.Html(row, lang)).Root!.Value;

        Assert.All(
            [
                row.Code, "404 Not Found", row.Message!, ErrorExample.Body(row), words.Meaning, words.Remedy,
                ErrorLanguage.SourceOf(row, lang), ErrorLanguage.ProvokeOf(row, lang),
            ],
            text => Assert.Contains(text, page, StringComparison.Ordinal));
    }

    [Fact]
    public void A_chinese_page_is_chinese_throughout()
    {
        Assert.All(ErrorCatalog.All, static row =>
        {
            foreach (var text in Parse(ErrorPage.Html(row, "zh")).Descendants("p").Where(p => p.Parent!.Name == "section").Skip(1).Select(p => p.Value))
            {
                Assert.True(text.Any(letter => letter is >= '\u4e00' and <= '\u9fff'), $"{row.Code}: {text}");
            }
        });
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public void The_text_for_a_terminal_fits_its_width(string lang)
    {
        foreach (var width in (int[])[40, 80, 200])
        {
            Assert.All(ErrorCatalog.All, row => Assert.All(
                ErrorPage.Text(row, lang, width).Split('\n').Where(line => line.StartsWith("    ", StringComparison.Ordinal) && !line.Contains('"', StringComparison.Ordinal) && line.TrimStart().Contains(' ', StringComparison.Ordinal)),
                line => Assert.InRange(TextWrap.Columns(line), 0, width)));
        }
    }

    [Fact]
    public void Lines_are_broken_between_words_and_between_chinese_characters()
    {
        Assert.Equal(["one two", "three"], TextWrap.Lines("one two three", 9));
        Assert.Equal(["没有此", "错误", "码，再", "试"], TextWrap.Lines("没有此错误码，再试", 7));
    }

    [Fact]
    public void Every_text_of_a_code_is_on_its_page()
    {
        var page = Parse(ErrorPage.Html(GatewayCodes.MethodNotFound, "en"));

        Assert.Equal(
            [GatewayCodes.MethodNotFound.Message, GatewayCodes.ApiNotFound.Message],
            page.Descendants("h2").Select(title => title.Value),
            StringComparer.Ordinal);
    }

    [Fact]
    public void A_page_leads_to_its_other_language_and_to_the_overview()
    {
        var page = Parse(ErrorPage.Html(ImagesCodes.OrganizationNotFound, "zh-CN"));

        Assert.Equal(
            ["/?lang=zh", "/errors?lang=zh", "/docs?lang=zh", "/errors/SVCSTG.SWR.4040058?lang=en"],
            page.Descendants("nav").Descendants("a").Select(link => link.Attribute("href")!.Value),
            StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("en", "en")]
    [InlineData("zh", "zh-Hans")]
    [InlineData("zh-CN", "zh-Hans")]
    [InlineData("de", "en")]
    [InlineData("", "en")]
    [InlineData("zhuang", "en")]
    public void A_page_says_its_language(string lang, string expected)
    {
        Assert.Equal(expected, Parse(ErrorPage.IndexHtml(lang)).Root!.Attribute("lang")!.Value);
    }

    [Fact]
    public void The_overview_links_every_row()
    {
        var links = Parse(ErrorPage.IndexHtml("en")).Descendants("tbody").Descendants("a").Select(link => link.Value);

        Assert.Equal(ErrorCatalog.All.Select(row => row.Code), links, StringComparer.Ordinal);
    }

    [Fact]
    public void The_overview_filters()
    {
        var page = Parse(ErrorPage.IndexHtml("en", " 5000057 "));

        Assert.Equal("SVCSTG.SWR.5000057", page.Descendants("tbody").Descendants("a").First().Value);
        Assert.Equal("5000057", page.Descendants("input").Single(input => input.Attribute("id") is { Value: "q" }).Attribute("value")!.Value);
    }

    [Fact]
    public void A_search_without_hits_says_so()
    {
        var page = Parse(ErrorPage.IndexHtml("en", "no such thing"));

        Assert.StartsWith("Nothing found", page.Descendants("p").Single().Value, StringComparison.Ordinal);
        Assert.Empty(page.Descendants("table"));
    }

    [Fact]
    public void Every_field_to_fill_in_has_a_label()
    {
        var page = Parse(ErrorPage.IndexHtml("en"));

        Assert.Equal("q", page.Descendants("label").Single().Attribute("for")!.Value);
        Assert.All(page.Descendants("table"), table => Assert.NotEmpty(table.Element("caption")!.Value));
    }

    [Fact]
    public void A_row_as_json_has_all_its_facts()
    {
        var json = JsonSerializer.SerializeToElement(ErrorPage.Json(ImagesCodes.BlobNotFound), JsonSerializerOptions.Web);

        Assert.Equal(
            ["code", "status", "message", "service", "envelope", "example", "source", "provoke", "en", "zh"],
            json.EnumerateObject().Select(member => member.Name),
            StringComparer.Ordinal);
        Assert.Equal("oci", json.GetProperty("envelope").GetString());
        Assert.Equal(ImagesCodes.BlobNotFound.Chinese.Remedy, json.GetProperty("zh").GetProperty("remedy").GetString());
    }

    [Fact]
    public void Every_row_has_a_name_for_its_envelope()
    {
        Assert.All(ErrorCatalog.All, row => Assert.NotEmpty(ErrorPage.Json(row).Envelope));
    }

    [Fact]
    public void Markdown_escapes_what_it_would_understand()
    {
        var markdown = ErrorPage.Markdown(s_nasty with { English = new("a|b *c* [d] _e_ user_id", "<x>") });

        Assert.Contains("a\\|b \\*c\\* \\[d\\] \\_e\\_ user_id", markdown, StringComparison.Ordinal);
        Assert.Contains("\\<x>", markdown, StringComparison.Ordinal);
    }

    private static XDocument Parse(string html)
    {
        using var text = new StringReader(html);
        using var reader = XmlReader.Create(text, new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader);
    }
}
