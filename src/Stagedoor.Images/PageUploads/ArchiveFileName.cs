using Stagedoor.Http;
using Stagedoor.Images.Packages;

namespace Stagedoor.Images.PageUploads;

/// <summary>The rule for names of archives.</summary>
internal static class ArchiveFileName
{
    private static readonly string[] s_suffixes = [".tar", ".tar.gz", ".tgz"];

    /// <exception cref="ApiException">It is not named like an archive of images.</exception>
    public static void Check(string name)
    {
        if (!Array.Exists(s_suffixes, s => name.EndsWith(s, StringComparison.OrdinalIgnoreCase)))
        {
            throw ImagesError.InvalidUploadType(name);
        }

        if (!PackageName.IsValidFile(name))
        {
            throw ImagesError.InvalidFileName(name);
        }
    }
}
