using System.Net;

namespace Stagedoor.Errors.Pages;

/// <summary>The frame of an HTML page: self-contained, well-formed as XML, readable without style.</summary>
public static class PageFrame
{
    private const string Style = """
        :root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: light-dark(#0b5cad, #7db7ff); --good: light-dark(#1a7f37, #4ac26b); --bad: light-dark(#c4321c, #ff8b7a); }
        * { box-sizing: border-box; }
        body { font: 1rem/1.6 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; overflow-wrap: break-word; }
        a { color: var(--accent); text-underline-offset: .15em; }
        nav { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; padding: .3rem 0 .9rem; border-bottom: 1px solid var(--line); }
        nav a { text-decoration: none; }
        nav a:hover { text-decoration: underline; }
        nav .home { font-weight: 650; color: inherit; }
        nav .other { margin-left: auto; }
        h1 { font-size: 1.8rem; line-height: 1.25; margin: 1.6rem 0 .6rem; overflow-wrap: anywhere; }
        h1 small { font-weight: normal; font-size: 1rem; opacity: .7; }
        h2 { font-size: 1.25rem; margin: 2.2rem 0 .5rem; }
        h3 { font-size: 1rem; margin: 1.3rem 0 .2rem; }
        p { margin: .4rem 0; }
        code { font: .92em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
        :not(pre) > code { overflow-wrap: anywhere; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: .8rem 1rem; background: var(--soft); border: 1px solid var(--line); border-radius: .4rem; }
        ul { padding-left: 1.3rem; }
        .links { list-style: none; padding: 0; }
        .links li { padding: .2rem 0; }
        .state { font-weight: 600; }
        .state::before { content: ""; display: inline-block; width: .65rem; height: .65rem; margin-right: .5rem; border-radius: 50%; background: currentColor; }
        .good { color: var(--good); }
        .bad { color: var(--bad); }
        .facts { display: grid; grid-template-columns: max-content 1fr; gap: 0; margin: .5rem 0; border-top: 1px solid var(--line); }
        .facts dt, .facts dd { margin: 0; padding: .45rem 1.5rem .45rem 0; border-bottom: 1px solid var(--line); }
        form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 1rem 0; }
        input[type=search] { flex: 1 1 10rem; min-width: 0; }
        input, button { font: inherit; padding: .35rem .6rem; }
        table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
        caption { text-align: left; font-size: 1.25rem; font-weight: bold; padding: .5rem 0; }
        th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); }
        main > table th code, section th code { white-space: nowrap; }
        .doc { overflow-x: auto; }
        @media (max-width: 40rem) {
        label { flex: 1 0 100%; }
        main > table thead { display: none; }
        main > table tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
        main > table th, main > table td { display: inline-block; padding: 0 .6rem 0 0; border: 0; }
        main > table td:last-child { display: block; }
        .facts { grid-template-columns: 1fr; }
        .facts dt { border-bottom: 0; padding-bottom: 0; font-weight: 600; }
        .facts dd { padding-top: .1rem; }
        .doc td, .doc th { min-width: 7rem; }
        }
        """;

    /// <param name="lang"><c>en</c> or <c>zh</c>: the language of the words around the content.</param>
    /// <param name="title">The title, plain.</param>
    /// <param name="otherAddress">The same page in the other language.</param>
    /// <param name="main">The content, as HTML.</param>
    public static string Around(string lang, string title, string otherAddress, string main)
    {
        var text = PageText.Of(lang);
        return $"""
            <!DOCTYPE html>
            <html lang="{text.HtmlLang}">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>{Encode(title)}</title>
            <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
            <style>
            {Style}
            </style>
            </head>
            <body>
            <nav aria-label="{Encode(text.Navigation)}">
            <a class="home" href="/?lang={text.Lang}">Stagedoor</a>
            <a href="/errors?lang={text.Lang}">{Encode(text.AllCodes)}</a>
            <a href="/docs?lang={text.Lang}">{Encode(text.Docs)}</a>
            <a class="other" href="{Encode(otherAddress)}" hreflang="{text.OtherHtmlLang}" lang="{text.OtherHtmlLang}">{Encode(text.OtherName)}</a>
            </nav>
            <main>
            {main}</main>
            </body>
            </html>

            """;
    }

    public static string Encode(string? value) => WebUtility.HtmlEncode(value) ?? "";

    public static string AddressOf(ErrorDefinition row, string lang) => $"/errors/{Uri.EscapeDataString(row.Code)}?lang={lang}";
}
