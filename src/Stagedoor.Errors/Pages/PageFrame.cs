using System.Net;

namespace Stagedoor.Errors.Pages;

/// <summary>The frame of an HTML page: self-contained, well-formed as XML, readable without style.</summary>
internal static class PageFrame
{
    private const string Style = """
        :root { color-scheme: light dark; --line: #8886; --soft: #8881; }
        body { font: 1rem/1.55 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; }
        nav { display: flex; gap: 1rem; justify-content: space-between; }
        h1 { font-size: 1.6rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.25rem; margin-top: 2rem; }
        h3 { font-size: 1rem; margin: 1.2rem 0 .2rem; }
        p { margin: .2rem 0; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .7rem; background: var(--soft); border: 1px solid var(--line); border-radius: .3rem; }
        form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 1rem 0; }
        input[type=search] { flex: 1 1 10rem; min-width: 0; }
        input, button { font: inherit; padding: .35rem .6rem; }
        table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
        caption { text-align: left; font-size: 1.25rem; font-weight: bold; padding: .5rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
        th code { white-space: nowrap; }
        @media (max-width: 40rem) {
        label { flex: 1 0 100%; }
        thead { display: none; }
        tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
        th, td { display: inline-block; padding: 0 .6rem 0 0; border: 0; }
        td:last-child { display: block; }
        }
        """;

    /// <param name="text">The page's words.</param>
    /// <param name="title">The title, plain.</param>
    /// <param name="otherAddress">The same page in the other language.</param>
    /// <param name="main">The content, as HTML.</param>
    public static string Around(PageText text, string title, string otherAddress, string main) => $"""
        <!DOCTYPE html>
        <html lang="{text.HtmlLang}">
        <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>{Encode(title)}</title>
        <style>
        {Style}
        </style>
        </head>
        <body>
        <nav aria-label="{Encode(text.Navigation)}">
        <a href="/errors?lang={text.Lang}">{Encode(text.AllCodes)}</a>
        <a href="{Encode(otherAddress)}" hreflang="{text.OtherHtmlLang}" lang="{text.OtherHtmlLang}">{Encode(text.OtherName)}</a>
        </nav>
        <main>
        {main}</main>
        </body>
        </html>

        """;

    public static string Encode(string? value) => WebUtility.HtmlEncode(value) ?? "";

    public static string AddressOf(ErrorDefinition row, string lang) => $"/errors/{Uri.EscapeDataString(row.Code)}?lang={lang}";
}
