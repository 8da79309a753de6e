using System.Collections.Concurrent;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Stagedoor.Errors;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;
using Stagedoor.Serve;

namespace Stagedoor.Operations;

/// <summary><c>GET /docs</c> and <c>GET /docs/{page}</c>: the guide of this very version, also where there is no other network.</summary>
internal static class DocEndpoints
{
    private const string Folder = "docs/";
    private const string ChineseFolder = "zh/";

    // The page that lists the others.
    private const string IndexPage = "README";
    private static readonly MarkdownPipeline s_markdown =
        new MarkdownPipelineBuilder().UsePipeTables().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).Build();

    private static readonly ConcurrentDictionary<(string Markdown, string Language), string> s_html = new();

    /// <summary>The names of all pages, <c>install</c> for <c>docs/install.md</c>.</summary>
    internal static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(DocEndpoints).Assembly.GetManifestResourceNames()
            .Where(static n => n.StartsWith(Folder, StringComparison.Ordinal))
            .Select(static n => n[Folder.Length..].Replace('\\', '/'))
            .Order(StringComparer.Ordinal),
    ];

    internal static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/docs").Authenticate(AuthMode.None).Unthrottled().ExcludeFromDescription();
        group.MapGet("", static (HttpContext context) => Answer(context, IndexPage)!);
        group.MapGet($"/{SettingSchema.FileName}", static () => Results.Text(SettingSchema.Text, "application/schema+json"));
        group.MapGet("/errors/{**rest}", static () => Results.Redirect("/errors"));
        group.MapGet("/{**page}", static (HttpContext context, string page) => Answer(context, page)
            ?? new ApiException(GatewayCodes.ApiNotFound, $"no page '{page}'; /docs lists all"));
    }

    // A page is in the language that the caller wants, where it is written in that one; its address may name the language, too.
    private static IResult? Answer(HttpContext context, string page)
    {
        var name = page.EndsWith(".md", StringComparison.Ordinal) ? page[..^3] : page;
        var wanted = name.StartsWith(ChineseFolder, StringComparison.Ordinal) && context.Request.Query["lang"].Count == 0 ? ErrorLanguage.Chinese : Wishes.Language(context.Request);
        name = name.StartsWith(ChineseFolder, StringComparison.Ordinal) ? name[ChineseFolder.Length..] : name;
        var (found, language) = wanted is ErrorLanguage.Chinese && Find(ChineseFolder + name) is { } chinese
            ? (chinese, ErrorLanguage.Chinese)
            : (Find(name), ErrorLanguage.English);
        if (found is null)
        {
            return null;
        }

        var markdown = name is IndexPage ? found + Unlisted(found, language) : found;
        Wishes.Vary(context.Response, language);
        if (Wishes.Form(context.Request) is not Representation.Html)
        {
            return Results.Content(markdown, "text/markdown; charset=utf-8");
        }

        var folder = (language is ErrorLanguage.Chinese ? ChineseFolder : "") + name[..(name.LastIndexOf('/') + 1)];
        return Results.Content(
            PageFrame.Around(
                wanted,
                $"{Title(markdown)} · Stagedoor",
                $"/docs{(name is IndexPage ? "" : "/" + name)}?lang={ErrorLanguage.Other(wanted)}",
                $"<div lang=\"{(language is ErrorLanguage.Chinese ? "zh-Hans" : "en")}\" class=\"doc\">\n{Html(markdown, folder, wanted)}</div>\n"),
            "text/html; charset=utf-8");
    }

    // Decisions are linked by the pages that follow from them.
    private static string Unlisted(string index, string language)
    {
        var more = Names.Where(n => !n.Contains('/', StringComparison.Ordinal) && n is not IndexPage && !index.Contains($"({n}.md)", StringComparison.Ordinal) && !index.Contains($"(../{n}.md)", StringComparison.Ordinal)).ToList();
        return more.Count == 0 ? "" : string.Concat(
            language is ErrorLanguage.Chinese ? "\n## 其他\n\n" : "\n## More\n\n",
            string.Concat(more.Select(n => $"- [{Title(Find(n)!)}]({(language is ErrorLanguage.Chinese ? "../" : "")}{n}.md)\n")));
    }

    private static string Title(string markdown) =>
        markdown.Split('\n').FirstOrDefault(static l => l.StartsWith("# ", StringComparison.Ordinal))?[2..] ?? "Documentation";

    private static string? Find(string wanted)
    {
        if (!Names.Contains(wanted, StringComparer.Ordinal))
        {
            return null;
        }

        using var stream = typeof(DocEndpoints).Assembly.GetManifestResourceStream(Folder + wanted)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Html(string markdown, string folder, string language) =>
        s_html.GetOrAdd((markdown, language), static (page, beside) => Render(page.Markdown, beside, page.Language), folder);

    private static string Render(string markdown, string folder, string language)
    {
        var document = Markdown.Parse(markdown, s_markdown);
        foreach (var link in document.Descendants<LinkInline>())
        {
            link.Url = Address(link.Url ?? "", folder, language);
        }

        return document.ToHtml(s_markdown);
    }

    // From the files of the repository to the addresses of the server; who reads in one language goes on in it.
    private static string Address(string url, string folder, string language)
    {
        if (url.Contains("://", StringComparison.Ordinal) || url.StartsWith('#') || url.StartsWith('/'))
        {
            return url;
        }

        var (file, fragment) = url.Split('#', 2) is [var f, var anchor] ? (f, anchor) : (url, "");
        file = file.StartsWith("../", StringComparison.Ordinal) ? file[3..] : folder + file;
        return file.StartsWith("errors", StringComparison.Ordinal)
            ? $"/errors{(fragment.Length == 0 ? "" : "/" + fragment)}?lang={language}"
            : $"/docs/{(file.EndsWith(".md", StringComparison.Ordinal) ? file[..^3] : file)}?lang={language}{(fragment.Length == 0 ? "" : "#" + fragment)}";
    }
}
