namespace Stagedoor.Errors;

/// <summary>The two languages of the catalogue. Plain names, because the process runs without cultures.</summary>
public static class ErrorLanguage
{
    /// <summary>English, and whatever is not Chinese.</summary>
    public const string English = "en";

    /// <summary>Chinese.</summary>
    public const string Chinese = "zh";

    /// <summary>True for <c>zh</c> and its variants, such as <c>zh-CN</c>.</summary>
    public static bool IsChinese(string? lang) =>
        lang is not null
        && lang.StartsWith(Chinese, StringComparison.OrdinalIgnoreCase)
        && (lang.Length == Chinese.Length || lang[Chinese.Length] is '-' or '_');

    /// <summary>Meaning and remedy in this language.</summary>
    public static ErrorText TextOf(ErrorDefinition row, string? lang) => IsChinese(lang) ? row.Chinese : row.English;
}
