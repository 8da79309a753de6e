using System.Buffers;

namespace Stagedoor.Images.PageUploads;

/// <summary>A name of an image as archives hold it: <c>[host/][organization/]repository[:tag]</c>.</summary>
/// <param name="Host">The registry; empty for none.</param>
/// <param name="Path">What stands before the tag; empty where there is only a tag.</param>
/// <param name="Tag">The tag; <c>latest</c> where none is written.</param>
internal sealed record ImageReference(string Host, string Path, string Tag)
{
    /// <summary>The tag of what names none.</summary>
    public const string Latest = "latest";

    // What tools write for a name that has no host: the public hub, and podman's own word for what was only built.
    private static readonly string[] s_unnamed = ["docker.io", "index.docker.io", "localhost"];

    private static readonly SearchValues<char> s_allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-/");

    /// <summary>Reads a name.</summary>
    /// <param name="text">The name.</param>
    /// <param name="isTagAlone">Whether a word without a slash and a colon is a tag: so it is in OCI layouts.</param>
    /// <returns>The name; null when it is none.</returns>
    public static ImageReference? Find(string text, bool isTagAlone)
    {
        if (text.Contains('@', StringComparison.Ordinal) || !Text.IsStorable(text))
        {
            return null;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var colon = text.LastIndexOf(':');
        if (slash < 0 && (isTagAlone ? colon < 0 : colon == 0))
        {
            var alone = text[(colon + 1)..];
            return alone.Length > 0 ? new("", "", alone) : null;
        }

        var first = slash > 0 ? text[..slash] : "";
        var isHost = first.ContainsAny('.', ':') || first is "localhost";
        var rest = isHost ? text[(slash + 1)..] : text;
        colon = rest.LastIndexOf(':');
        var (path, tag) = colon < 0 ? (rest, Latest) : (rest[..colon], rest[(colon + 1)..]);
        return path.Length == 0 || tag.Length == 0 || tag.Contains('/', StringComparison.Ordinal) || path.AsSpan().ContainsAnyExcept(s_allowed)
            || path.StartsWith('/') || path.EndsWith('/') || path.Contains("//", StringComparison.Ordinal)
            ? null
            : Usual(isHost ? first : "", path, tag);
    }

    /// <summary>Whether it names an organization at a registry, and another one than this.</summary>
    public bool IsOfAnother(string organization) =>
        Host.Length > 0 && !Path.StartsWith(organization + "/", StringComparison.Ordinal);

    /// <summary>The repository that it is in an organization, whose name it may begin with.</summary>
    public string RepositoryIn(string organization) =>
        Path.StartsWith(organization + "/", StringComparison.Ordinal) ? Path[(organization.Length + 1)..] : Path;

    private static ImageReference Usual(string host, string path, string tag) => Array.IndexOf(s_unnamed, host) < 0
        ? new(host, path, tag)
        : new("", host is not "localhost" && path.StartsWith("library/", StringComparison.Ordinal) ? path["library/".Length..] : path, tag);
}
