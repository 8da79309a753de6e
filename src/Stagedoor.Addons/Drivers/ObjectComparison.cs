using System.Security.Cryptography;
using DiffPlex;
using DiffPlex.Renderer;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers;

/// <summary>Compares two states of an object.</summary>
internal static class ObjectComparison
{
    private const int ContextLines = 3;

    // A comparison line by line takes time with the square of what differs.
    private const int MaxCompared = 256 * 1024;

    // Without a key that nobody has a short value could be guessed.
    private static readonly byte[] s_key = RandomNumberGenerator.GetBytes(32);

    /// <summary>How an object goes from one text to another; <c>null</c> where both say the same. Values of secrets are told apart and not shown.</summary>
    /// <param name="id">The object.</param>
    /// <param name="before">Its YAML; <c>null</c> where it is not there.</param>
    /// <param name="after">Its YAML; <c>null</c> where it shall not be there.</param>
    public static ObjectDiff? Between(ObjectId id, string? before, string? after)
    {
        if (string.Equals(before, after, StringComparison.Ordinal))
        {
            return null;
        }

        var (left, right) = (Shown(id, before), Shown(id, after));
        var change = before is null ? ObjectDiff.Added : after is null ? ObjectDiff.Removed : ObjectDiff.Changed;
        if (left.Length + right.Length > MaxCompared)
        {
            return new(id, change, $"--- {id}\n+++ {id}\nThe object is too large to be compared line by line.\n");
        }

        // The class compares words and lines alike; a last line without an end would count as one more.
        var renderer = new UnidiffRenderer(Differ.Instance, ContextLines);
        return new(id, change, renderer.Generate(left.TrimEnd('\n'), right.TrimEnd('\n'), id.ToString(), id.ToString(), false, false).ReplaceLineEndings("\n"));
    }

    /// <summary>An object as it may be shown: of a secret the values are told apart and not shown.</summary>
    public static GoMap Masked(ObjectId id, GoMap content) => id is { Kind: "Secret", Group: "" } ? WithoutSecrets(content) : content;

    private static string Shown(ObjectId id, string? text)
    {
        if (text is null || id is not { Kind: "Secret", Group: "" })
        {
            return text ?? "";
        }

        try
        {
            return YamlReader.Read(text) is GoMap content ? YamlWriter.Write(WithoutSecrets(content)) : "";
        }
        catch (FormatException)
        {
            return "# The file is no YAML.\n";
        }
    }

    private static GoMap WithoutSecrets(GoMap content)
    {
        var shown = new GoMap(content);
        foreach (var part in (string[])["data", "stringData"])
        {
            if (content.GetValueOrDefault(part) is GoMap values)
            {
                shown[part] = new GoMap(values.Select(static v => KeyValuePair.Create(v.Key, (object?)Fingerprint(v.Value))));
            }
        }

        return shown;
    }

    private static string Fingerprint(object? value) => "sha256:" + Convert.ToHexStringLower(HMACSHA256.HashData(s_key, GoText.Encode(JsonText.Write(value))))[..16];
}
