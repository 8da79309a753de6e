namespace Stagedoor.Errors.Pages;

/// <summary>Rows as pages, documents and JSON. Pure functions: nothing but the catalogue goes in.</summary>
public static class ErrorPage
{
    /// <summary>The page of a row, in <c>en</c> or <c>zh</c>; other texts of the same code follow below it.</summary>
    /// <param name="row">The row.</param>
    /// <param name="lang">The language.</param>
    /// <param name="last">The reader's own last requests with the code; null when nobody knows who reads.</param>
    public static string Html(ErrorDefinition row, string lang, IReadOnlyList<LastOccurrence>? last = null) => ErrorHtml.Page(row, PageText.Of(lang), last);

    /// <summary>The reader's own last requests with a code, for a terminal.</summary>
    public static string LastText(IReadOnlyList<LastOccurrence> last, string lang) => ErrorPlain.Last(last, PageText.Of(lang));

    /// <summary>The overview of all rows, or what a search for these words finds.</summary>
    public static string IndexHtml(string lang, string? words = null) => ErrorHtml.Index(PageText.Of(lang), words?.Trim() ?? "");

    /// <summary>The page of an address that names no code: what was perhaps meant, and the search.</summary>
    public static string UnknownHtml(string code, string lang) => ErrorHtml.Unknown(code, PageText.Of(lang));

    /// <summary>The row for a terminal, in lines of at most <paramref name="width"/> columns.</summary>
    public static string Text(ErrorDefinition row, string lang, int width = ErrorPlain.Width) => ErrorPlain.Page(row, PageText.Of(lang), width);

    /// <summary>Rows for a terminal, a line each: code, status, wire text, meaning, with tabs between them.</summary>
    public static string ListText(IEnumerable<ErrorDefinition> rows, string lang) => ErrorPlain.List(rows, lang);

    /// <summary>What a terminal reads for a code that does not exist.</summary>
    public static string UnknownText(string code, string lang) => ErrorPlain.Unknown(code, PageText.Of(lang));

    /// <summary>The row as Markdown, in both languages.</summary>
    public static string Markdown(ErrorDefinition row) => $"{ErrorMarkdown.Section(row)}\n**Where it comes from.** {ErrorMarkdown.Escape(row.Source)}\n";

    /// <summary>The row as a value to serialize.</summary>
    public static ErrorView Json(ErrorDefinition row) => new(
        row.Code,
        row.Status,
        row.Message,
        row.Service,
        EnvelopeName(row.Envelope),
        ErrorExample.Body(row),
        row.Source,
        ErrorLanguage.ProvokeOf(row, ErrorLanguage.English),
        row.English,
        row.Chinese);

    private static string EnvelopeName(Envelope envelope) => envelope switch
    {
        Envelope.Gateway => "gateway",
        Envelope.Iam => "iam",
        Envelope.Images => "images",
        Envelope.Oci => "oci",
        Envelope.Registry => "registry",
        Envelope.Dashboard => "dashboard",
        Envelope.Tracing => "tracing",
        Envelope.Addons => "addons",
        _ => throw new ArgumentOutOfRangeException(nameof(envelope), envelope, "An envelope without a name."),
    };
}
