using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Stagedoor.Serve;

/// <summary>One setting that exists: what it is called, what it may be, and what it is when nobody says.</summary>
/// <remarks>A part of the key in braces stands for any name, <c>{n}</c> for any number.</remarks>
/// <param name="Key">The configuration key, for example <c>Images:MaxOrganizationsPerAccount</c>.</param>
/// <param name="Type">What a value is read as, never a nullable type.</param>
/// <param name="Default">Its value when nobody sets it, as it would be written; null when there is none.</param>
/// <param name="Property">The property that holds it; null for the few that are read by name.</param>
internal sealed record Setting(string Key, Type Type, string? Default, PropertyInfo? Property)
{
    /// <summary>Whether its value is for nobody's eyes.</summary>
    internal bool IsSecret => Property?.GetCustomAttribute<PasswordPropertyTextAttribute>()?.Password is true;

    /// <summary>The name of the variable that sets it.</summary>
    internal string Variable => ServeConfiguration.VariablePrefix + Key.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>The option of the command line that sets it, for the two that have one.</summary>
    internal string? Option => Key is "Data" or "Urls" ? $"--{Key.ToLowerInvariant()}" : null;

    /// <summary>All values that it may have; null where they are not a few.</summary>
    internal IReadOnlyList<string>? Choices => Find<AllowedValuesAttribute>() is { } choice ? [.. choice.Values.Select(static v => $"{v}")]
        : Type.IsEnum ? [.. Enum.GetNames(Type).Select(static n => n.ToLowerInvariant())]
        : null;

    /// <summary>The expression that a text has to match; null where there is none.</summary>
    internal string? Pattern => Find<RegularExpressionAttribute>()?.Pattern;

    /// <summary>The least and the most that a number may be; null for any.</summary>
    internal (long Least, long Most)? Range =>
        Find<RangeAttribute>() is { } range ? (Whole(range.Minimum), Whole(range.Maximum)) : null;

    /// <summary>What a value must be, to follow «it must be».</summary>
    internal string Allowed => Type switch
    {
        _ when Find<RegularExpressionAttribute>() is { ErrorMessage: { } described } => described,
        _ when Choices is { } choices => Or(choices),
        _ when Type == typeof(bool) => "true or false",
        _ when Type == typeof(string) => Find<RequiredAttribute>() is null ? "text" : "text, not empty",
        _ when Range is not { } => "a whole number",
        _ when Range!.Value is var (least, most) => most is int.MaxValue or long.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"a whole number, {least} or more")
            : string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}"),
        _ => throw new InvalidOperationException($"{Key} is of a type that has no words: {Type}."),
    };

    /// <summary>Whether this value can be used.</summary>
    internal bool Allows(string? value) => value is not null && Type switch
    {
        _ when Find<RegularExpressionAttribute>() is { } pattern => pattern.IsValid(value) && value.Length > 0,
        _ when Find<AllowedValuesAttribute>() is { } choice => choice.IsValid(value),
        // The framework would take a number for the member at that place.
        { IsEnum: true } => Enum.GetNames(Type).Contains(value.Trim(), StringComparer.OrdinalIgnoreCase),
        _ when Type == typeof(bool) => bool.TryParse(value, out _),
        _ when Type == typeof(string) => Find<RequiredAttribute>() is null || !string.IsNullOrWhiteSpace(value),
        _ when Type == typeof(int) => int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && IsWithin(number),
        _ => long.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && IsWithin(number),
    };

    /// <summary>Whether <paramref name="key"/> is this setting's.</summary>
    internal bool IsNamed(string key)
    {
        if (!Key.Contains('{', StringComparison.Ordinal))
        {
            return string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);
        }

        var (mine, asked) = (Key.Split(':'), key.Split(':'));
        return mine.Length == asked.Length && mine.Zip(asked).All(static part => part.First switch
        {
            "{n}" => int.TryParse(part.Second, NumberStyles.None, CultureInfo.InvariantCulture, out _),
            ['{', ..] => part.Second.Length > 0,
            _ => string.Equals(part.First, part.Second, StringComparison.OrdinalIgnoreCase),
        });
    }

    private T? Find<T>()
        where T : Attribute => Property?.GetCustomAttribute<T>();

    private bool IsWithin(long value) => Range is not { } range || (range.Least <= value && value <= range.Most);

    private static long Whole(object bound) => bound is double number ? (long)number : Convert.ToInt64(bound, CultureInfo.InvariantCulture);

    private static string Or(IReadOnlyList<string> choices) => choices.Count > 1
        ? $"{string.Join(", ", choices.SkipLast(1))} or {choices[^1]}"
        : choices[0];
}
