using System.Text;

namespace Stagedoor.Errors.Pages;

/// <summary>The Markdown of <see cref="ErrorPage"/> and <see cref="ErrorDocs"/>.</summary>
internal static class ErrorMarkdown
{
    public static string Section(ErrorDefinition row) => $"""
        <a id="{AnchorOf(row)}"></a>

        ### {Escape(row.Code)}

        HTTP {row.Status} {StatusText.Of(row.Status)}: {TextOf(row)}

        ```json
        {ErrorExample.Body(row)}
        ```

        **What happened.** {Escape(row.English.Meaning)}

        **What to do.** {Escape(row.English.Remedy)}

        **发生了什么：** {Escape(row.Chinese.Meaning)}

        **如何处理：** {Escape(row.Chinese.Remedy)}

        **How to see it for real.** {Escape(ErrorLanguage.ProvokeOf(row, ErrorLanguage.English))}

        """;

    /// <summary>The code; the second text of a code gets a number behind it.</summary>
    public static string AnchorOf(ErrorDefinition row)
    {
        var before = ErrorCatalog.Find(row.Code).TakeWhile(other => other != row).Count();
        return before is 0 ? row.Code : $"{row.Code}-{before + 1}";
    }

    public static string TextOf(ErrorDefinition row) => row.Message is null ? "a success, `null` on the wire" : $"`{row.Message}`";

    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (IsSpecial(text, i))
            {
                escaped.Append('\\');
            }

            escaped.Append(text[i]);
        }

        return escaped.ToString();
    }

    // An underscore inside a word is harmless and frequent; escaping it would make the source unreadable.
    private static bool IsSpecial(string text, int i) => text[i] switch
    {
        '\\' or '`' or '*' or '<' or '[' or ']' or '|' or '#' or '~' => true,
        '_' => !IsWord(text, i - 1) || !IsWord(text, i + 1),
        _ => false,
    };

    private static bool IsWord(string text, int i) => i >= 0 && i < text.Length && char.IsAsciiLetterOrDigit(text[i]);
}
