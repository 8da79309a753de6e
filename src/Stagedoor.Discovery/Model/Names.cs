using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Stagedoor.Discovery.Model;

/// <summary>What names, ids and environments may look like. Lengths count code points.</summary>
internal static class Names
{
    private const string Digits = "0123456789";
    private const string Alphanumerics = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" + Digits;
    private static readonly SearchValues<char> s_alphanumeric = SearchValues.Create(Alphanumerics);
    private static readonly SearchValues<char> s_name = SearchValues.Create(Alphanumerics + "_-.");
    private static readonly SearchValues<char> s_alias = SearchValues.Create(Alphanumerics + "_-.:");

    /// <summary>The environments that a microservice can be in, besides none.</summary>
    public static IReadOnlyList<string> Environments { get; } = ["development", "testing", "acceptance", "production"];

    public static int Length(string text) => text.EnumerateRunes().Count();

    /// <summary>Letters, digits, and <c>_ - .</c> between them; or nothing.</summary>
    public static bool IsName(string? text, int max) =>
        text is not null && text.Length <= max && !text.AsSpan().ContainsAnyExcept(s_name)
        && (text.Length == 0 || (s_alphanumeric.Contains(text[0]) && s_alphanumeric.Contains(text[^1])));

    public static bool IsRequiredName([NotNullWhen(true)] string? text, int max) => text is { Length: > 0 } && IsName(text, max);

    /// <summary>Letters, digits and <c>_ - . :</c>.</summary>
    public static bool IsAlias(string? text, int max) => text is null || (text.Length <= max && !text.AsSpan().ContainsAnyExcept(s_alias));

    /// <summary>Letters, digits and <c>_ - .</c>.</summary>
    public static bool IsInstanceId(string? text) => text is null || (text.Length <= 64 && !text.AsSpan().ContainsAnyExcept(s_name));

    public static bool IsPlain([NotNullWhen(true)] string? text, int max) => text is { Length: > 0 } && text.Length <= max && !text.AsSpan().ContainsAnyExcept(s_name);

    /// <summary>Anything but white space and control characters.</summary>
    public static bool IsServiceId(string? text) =>
        text is null || (Length(text) <= 64 && !text.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c)));

    public static bool IsEnvironment(string? text) => string.IsNullOrEmpty(text) || Environments.Contains(text, StringComparer.Ordinal);

    public static bool IsSchemaId(string? text) => IsRequiredName(text, 160);

    /// <summary>A letter, then at most 63 of letters, digits and <c>_ - .</c>: keys and values of tags.</summary>
    public static bool IsTagPart([NotNullWhen(true)] string? text) => IsPlain(text, 64) && char.IsAsciiLetter(text[0]);

    public static bool IsSummary(string? text) => text is null || (text.Length <= 128 && !text.AsSpan().ContainsAnyExcept(s_alphanumeric));
}
