using System.Buffers;
using Stagedoor.Http;

namespace Stagedoor.Images.PageUploads;

/// <summary>The rule for names of uploaded files, and the one for those of archives.</summary>
internal static class ArchiveFileName
{
    private const int MaxLength = 255;

    private static readonly string[] s_suffixes = [".tar", ".tar.gz", ".tgz"];

    private static readonly SearchValues<char> s_allowed = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+()-");

    /// <summary>Whether a name is one that uploaded files may have.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength && (char.IsAsciiLetterOrDigit(name[0]) || name[0] == '_') && !name.AsSpan().ContainsAnyExcept(s_allowed)
        && !name.Contains("..", StringComparison.Ordinal);

    /// <exception cref="ApiException">It is not named like an archive of images.</exception>
    public static void Check(string name)
    {
        if (!Array.Exists(s_suffixes, s => name.EndsWith(s, StringComparison.OrdinalIgnoreCase)))
        {
            throw ImagesError.InvalidUploadType(name);
        }

        if (!IsValid(name))
        {
            throw ImagesError.InvalidFileName(name);
        }
    }
}
