using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Unicode;

namespace Stagedoor.Images.Manifests;

/// <summary>
/// Finds what makes two readers of one JSON document see two different things. Go's reader, which most clients use, takes names in any letter case
/// and the last of several; ours takes exact names and the first. A document that depends on it is refused, as is text that cannot be stored.
/// </summary>
internal static class StrictJson
{
    private const string Annotations = "annotations";

    private static readonly FrozenDictionary<string, string> s_known = new[]
    {
        "schemaVersion", "mediaType", "artifactType", "config", "layers", "manifests", "subject", Annotations, "digest", "size", "urls", "data", "platform",
    }.ToFrozenDictionary(Fold, StringComparer.Ordinal);

    /// <summary>What is wrong with the document; null when nothing is.</summary>
    /// <exception cref="JsonException">It is not JSON, or nested too deeply.</exception>
    public static string? FindProblem(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return "it is not UTF-8";
        }

        var reader = new Utf8JsonReader(json);
        var objects = new Stack<Names>();
        string? name = null;
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    objects.Push(new(IsMap: name is Annotations, new(StringComparer.Ordinal)));
                    break;
                case JsonTokenType.EndObject:
                    objects.Pop();
                    break;
                case JsonTokenType.PropertyName when FindText(ref reader) is { } text && Text.IsStorable(text):
                    if (objects.Peek().FindProblem(text) is { } problem)
                    {
                        return problem;
                    }

                    name = text;
                    continue;
                // What is written without an escape can be neither.
                case JsonTokenType.PropertyName:
                case JsonTokenType.String when reader.ValueIsEscaped && (FindText(ref reader) is not { } value || !Text.IsStorable(value)):
                    return "it has a text with half a character or a NUL";
            }

            name = null;
        }

        return null;
    }

    private static string? FindText(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // An escape that is half of a surrogate pair.
            return null;
        }
    }

    // As Go's reader compares names: it also takes the long s and the sign of Kelvin for the letters that they are variants of.
    private static string Fold(string name) => name.ToLowerInvariant().Replace('\u017f', 's').Replace('\u212a', 'k');

    /// <summary>The names of one object. In a map of annotations every spelling is a name of its own.</summary>
    private readonly record struct Names(bool IsMap, HashSet<string> Seen)
    {
        public string? FindProblem(string name)
        {
            var folded = IsMap ? name : Fold(name);
            return !Seen.Add(folded) ? $"it has '{Text.Cut(name, 64)}' twice"
                : !IsMap && s_known.TryGetValue(folded, out var known) && !string.Equals(known, name, StringComparison.Ordinal)
                    ? $"'{name}' differs from '{known}' in its letter case only"
                : null;
        }
    }
}
