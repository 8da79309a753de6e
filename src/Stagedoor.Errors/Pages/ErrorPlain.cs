using System.Globalization;
using System.Text;

namespace Stagedoor.Errors.Pages;

/// <summary>The plain text of <see cref="ErrorPage"/>, for terminals.</summary>
internal static class ErrorPlain
{
    /// <summary>How wide a terminal is that does not say.</summary>
    public const int Width = 100;

    private const int Least = 40;

    public static string Page(ErrorDefinition row, PageText text, int width)
    {
        var words = ErrorLanguage.TextOf(row, text.Lang);
        var page = new StringBuilder();
        page.Append(string.Create(CultureInfo.InvariantCulture, $"{row.Code}  HTTP {row.Status} {StatusText.Of(row.Status)}").TrimEnd()).Append("  (").Append(text.TitleOf(row.Service)).Append(")\n");
        page.Append("  ").Append(row.Message ?? text.NoText).Append("\n\n");
        (string Title, string Text)[] parts =
        [
            (text.Meaning, words.Meaning),
            (text.Remedy, words.Remedy),
            (text.Provoke, ErrorLanguage.ProvokeOf(row, text.Lang)),
            (text.Source, ErrorLanguage.SourceOf(row, text.Lang)),
        ];
        foreach (var (title, content) in parts)
        {
            page.Append("  ").Append(title).Append('\n');
            foreach (var line in TextWrap.Lines(content, Math.Max(Least, width) - 4))
            {
                page.Append("    ").Append(line).Append('\n');
            }
        }

        // In one piece, so that it can be copied.
        return page.Append("  ").Append(text.Example).Append("\n    ").Append(ErrorExample.Body(row)).Append('\n').ToString();
    }

    public static string Last(IReadOnlyList<LastOccurrence> last, PageText text)
    {
        var page = new StringBuilder("  ").Append(text.YourLast).Append('\n');
        if (last.Count == 0)
        {
            page.Append("    ").Append(text.NoneOfYours).Append('\n');
        }

        foreach (var one in last)
        {
            page.Append("    ").Append(one.Time).Append("  ").Append(one.Request).Append("  ").Append(one.RequestId).Append('\n');
            foreach (var line in TextWrap.Lines(one.Change, Width - 6))
            {
                page.Append("      ").Append(line).Append('\n');
            }
        }

        return page.ToString();
    }

    public static string List(IEnumerable<ErrorDefinition> rows, string lang)
    {
        var list = new StringBuilder();
        foreach (var row in rows)
        {
            list.Append(CultureInfo.InvariantCulture, $"{row.Code}\t{row.Status}\t{row.Message}\t{ErrorLanguage.TextOf(row, lang).Meaning}\n");
        }

        return list.Length > 0 ? list.ToString() : PageText.Of(lang).Nothing + "\n";
    }

    public static string Unknown(string code, PageText text)
    {
        var near = ErrorCatalog.Containing(code);
        return $"{text.UnknownCode} {code}\n{(near.Count > 0 ? "\n" + List(near, text.Lang) : text.Nothing + "\n")}";
    }
}
