using System.Collections.Concurrent;
using Markdig;
using Markdig.Extensions.AutoIdentifiers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Stagedoor.Errors;
using Stagedoor.Errors.Pages;
using Stagedoor.Http;

namespace Stagedoor.Operations;

/// <summary><c>GET /docs</c> and <c>GET /docs/{page}</c>: the guide of this very version, also where there is no other network.</summary>
internal static class DocEndpoints
{
    private const string Folder = "docs/";
    private static readonly MarkdownPipeline s_markdown =
        new MarkdownPipelineBuilder().UsePipeTables().UseAutoIdentifiers(AutoIdentifierOptions.GitHub).Build();

    private static readonly ConcurrentDictionary<string, string> s_html = new(StringComparer.Ordinal);

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
        group.MapGet("", static (HttpContext context) => Answer(context, "Documentation", List()));
        group.MapGet("/errors/{**rest}", static () => Results.Redirect("/errors"));
        group.MapGet("/{**page}", static (HttpContext context, string page) => Find(page) is { } markdown
            ? Answer(context, Title(markdown), markdown, page[..(page.LastIndexOf('/') + 1)])
            : new ApiException(GatewayCodes.ApiNotFound, $"no page '{page}'; /docs lists all"));
    }

    private static IResult Answer(HttpContext context, string title, string markdown, string folder = "")
    {
        Wishes.Vary(context.Response, ErrorLanguage.English);
        return Wishes.Form(context.Request) is Representation.Html
            ? Results.Content(Page(title, Html(markdown, folder), Wishes.Language(context.Request), context.Request.Path), "text/html; charset=utf-8")
            : Results.Content(markdown, "text/markdown; charset=utf-8");
    }

    private static string Page(string title, string html, string language, string path) =>
        PageFrame.Around(language, $"{title} · Stagedoor", $"{path}?lang={ErrorLanguage.Other(language)}", $"<div lang=\"en\" class=\"doc\">\n{html}</div>\n");

    private static string List() => $"# Documentation\n\n{string.Join('\n', Names.Select(static n => $"- [{Title(Find(n)!)}]({n}.md)"))}\n- [Error codes](errors/README.md)\n";

    private static string Title(string markdown) =>
        markdown.Split('\n').FirstOrDefault(static l => l.StartsWith("# ", StringComparison.Ordinal))?[2..] ?? "Documentation";

    private static string? Find(string name)
    {
        var wanted = name.EndsWith(".md", StringComparison.Ordinal) ? name[..^3] : name;
        if (!Names.Contains(wanted, StringComparer.Ordinal))
        {
            return null;
        }

        using var stream = typeof(DocEndpoints).Assembly.GetManifestResourceStream(Folder + wanted)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static string Html(string markdown, string folder) => s_html.GetOrAdd(markdown, static (text, beside) => Render(text, beside), folder);

    private static string Render(string markdown, string folder)
    {
        var document = Markdown.Parse(markdown, s_markdown);
        foreach (var link in document.Descendants<LinkInline>())
        {
            link.Url = Address(link.Url ?? "", folder);
        }

        return document.ToHtml(s_markdown);
    }

    // From the files of the repository to the addresses of the server.
    private static string Address(string url, string folder)
    {
        if (url.Contains("://", StringComparison.Ordinal) || url.StartsWith('#') || url.StartsWith('/'))
        {
            return url;
        }

        var (file, fragment) = url.Split('#', 2) is [var f, var anchor] ? (f, anchor) : (url, "");
        file = file.StartsWith("../", StringComparison.Ordinal) ? file[3..] : folder + file;
        return file.StartsWith("errors", StringComparison.Ordinal)
            ? fragment.Length == 0 ? "/errors" : $"/errors/{fragment}"
            : $"/docs/{(file.EndsWith(".md", StringComparison.Ordinal) ? file[..^3] : file)}{(fragment.Length == 0 ? "" : "#" + fragment)}";
    }
}
