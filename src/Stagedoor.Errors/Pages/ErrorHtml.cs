using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

using static Stagedoor.Errors.Pages.PageFrame;

namespace Stagedoor.Errors.Pages;

/// <summary>The HTML of <see cref="ErrorPage"/>.</summary>
internal static partial class ErrorHtml
{
    public static string Page(ErrorDefinition row, PageText text, IReadOnlyList<LastOccurrence>? last)
    {
        var main = new StringBuilder();
        Append(main, $"<h1><code>{Encode(row.Code)}</code></h1>\n");
        AppendSection(main, row, text);
        foreach (var other in ErrorCatalog.Find(row.Code).Where(other => other != row))
        {
            AppendSection(main, other, text);
        }

        if (last is not null)
        {
            AppendLast(main, last, text);
        }

        return Around(text.Lang, $"{row.Code} · Stagedoor", AddressOf(row, text.OtherLang), main.ToString());
    }

    public static string Unknown(string code, PageText text)
    {
        var main = new StringBuilder();
        Append(main, $"<h1>{Encode(text.UnknownCode)} <code>{Encode(code)}</code></h1>\n");
        AppendSearch(main, code, text);
        var near = ErrorCatalog.Search(code, text.Lang);
        AppendFound(main, near.Count > 0 ? near : ErrorCatalog.Containing(code), text);
        return Around(text.Lang, $"{text.UnknownCode} {code} · Stagedoor", $"/errors/{Uri.EscapeDataString(code)}?lang={text.OtherLang}", main.ToString());
    }

    public static string Index(PageText text, string words)
    {
        var main = new StringBuilder();
        Append(main, $"<h1>{Encode(text.AllCodes)}</h1>\n");
        AppendSearch(main, words, text);
        if (words.Length > 0)
        {
            AppendFound(main, ErrorCatalog.Search(words, text.Lang), text);
        }
        else
        {
            foreach (var service in ErrorCatalog.All.GroupBy(row => row.Service, StringComparer.Ordinal))
            {
                AppendTable(main, text.TitleOf(service.Key), service, text);
            }
        }

        var query = words.Length > 0 ? $"&q={Uri.EscapeDataString(words)}" : "";
        return Around(text.Lang, $"{text.AllCodes} · Stagedoor", $"/errors?lang={text.OtherLang}{query}", main.ToString());
    }

    private static void AppendSearch(StringBuilder main, string words, PageText text) => Append(main, $"""
        <form method="get" action="/errors" role="search">
        <input type="hidden" name="lang" value="{text.Lang}" />
        <label for="q">{Encode(text.SearchLabel)}</label>
        <input type="search" id="q" name="q" value="{Encode(words)}" />
        <button type="submit">{Encode(text.Search)}</button>
        </form>

        """);

    // One table in the order of rank, not one per service: the best hit comes first.
    private static void AppendFound(StringBuilder main, IReadOnlyList<ErrorDefinition> rows, PageText text)
    {
        Append(main, $"<p role=\"status\">{(rows.Count > 0 ? $"{rows.Count} {text.Found}" : text.Nothing)}</p>\n");
        if (rows.Count > 0)
        {
            AppendTable(main, text.AllCodes, rows, text);
        }
    }

    private static void AppendSection(StringBuilder main, ErrorDefinition row, PageText text)
    {
        var words = ErrorLanguage.TextOf(row, text.Lang);
        var status = $"HTTP {row.Status} {StatusText.Of(row.Status)}".TrimEnd();
        Append(main, $"""
            <section>
            <h2>{Encode(row.Message ?? text.NoText)}</h2>
            <p>{Encode(status)} · {Encode(text.TitleOf(row.Service))}</p>
            <h3>{Encode(text.Meaning)}</h3>
            <p>{Linked(words.Meaning)}</p>
            <h3>{Encode(text.Remedy)}</h3>
            <p>{Linked(words.Remedy)}</p>
            <h3>{Encode(text.Example)}</h3>
            <pre tabindex="0"><code>{Encode(ErrorExample.Body(row))}</code></pre>
            <h3>{Encode(text.Provoke)}</h3>
            <p>{Linked(ErrorLanguage.ProvokeOf(row, text.Lang))}</p>
            <h3>{Encode(text.Source)}</h3>
            <p>{Linked(ErrorLanguage.SourceOf(row, text.Lang))}</p>
            </section>

            """);
    }

    private static void AppendLast(StringBuilder main, IReadOnlyList<LastOccurrence> last, PageText text)
    {
        Append(main, $"<section>\n<h2>{Encode(text.YourLast)}</h2>\n");
        if (last.Count == 0)
        {
            Append(main, $"<p>{Encode(text.NoneOfYours)}</p>\n");
        }

        foreach (var one in last)
        {
            Append(main, $"<p>{Encode(one.Time)} <code>{Encode(one.Request)}</code> <a href=\"/v1/why/{Encode(one.RequestId)}\"><code>{Encode(one.RequestId)}</code></a><br />{Encode(one.Change)}</p>\n");
        }

        main.Append("</section>\n");
    }

    private static void AppendTable(StringBuilder main, string caption, IEnumerable<ErrorDefinition> rows, PageText text)
    {
        Append(main, $"""
            <table>
            <caption>{Encode(caption)}</caption>
            <thead><tr><th scope="col">{Encode(text.Code)}</th><th scope="col">{Encode(text.Status)}</th><th scope="col">{Encode(text.Meaning)}</th></tr></thead>
            <tbody>

            """);
        foreach (var row in rows)
        {
            Append(main, $"""
                <tr>
                <th scope="row"><a href="{Encode(AddressOf(row, text.Lang))}"><code>{Encode(row.Code)}</code></a></th>
                <td>{row.Status}</td>
                <td><span lang="en">{Encode(row.Message ?? text.NoText)}</span><br />{Encode(ErrorLanguage.TextOf(row, text.Lang).Meaning)}</td>
                </tr>

                """);
        }

        main.Append("</tbody>\n</table>\n");
    }

    // What can be opened is a link: an address, a setting, a page of the guide, a verb of the command line.
    private static string Linked(string text) => Openable().Replace(Encode(text), static found => found switch
    {
        _ when found.Groups["address"].Success => $"<a href=\"{found.Value}\">{found.Value}</a>",
        _ when found.Groups["setting"].Success => $"<a href=\"/docs/settings\">{found.Value}</a>",
        _ when found.Groups["page"].Success => $"<a href=\"/{found.Value}\">{found.Value}</a>",
        _ => $"<a href=\"/docs/install#check\">{found.Value}</a>",
    });

    [GeneratedRegex(
        @"(?<address>https://[A-Za-z0-9./_-]*[A-Za-z0-9/])|(?<setting>\b(?:Gateway|Images|Discovery|Storage|Tls|Errors|Logging)(?::[A-Z][A-Za-z]*)+)" +
        @"|(?<page>\bdocs/[a-z-]+)|(?<verb>stagedoor doctor)",
        RegexOptions.NonBacktracking)]
    private static partial Regex Openable();

    private static void Append(StringBuilder main, FormattableString html) => main.Append(html.ToString(CultureInfo.InvariantCulture));
}
