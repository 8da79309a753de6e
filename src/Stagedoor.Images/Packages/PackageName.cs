using System.Buffers;

namespace Stagedoor.Images.Packages;

/// <summary>The grammar of the names in paths of packages.</summary>
internal static class PackageName
{
    public const string DefaultRepository = "default";

    public const int MaxRepository = 128;
    public const int MaxPackage = 255;
    public const int MaxVersion = 128;
    public const int MaxFile = 255;
    public const int MaxDomain = 64;

    private static readonly SearchValues<char> s_package = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
    private static readonly SearchValues<char> s_version = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> s_file = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._+()-");

    public static bool IsValidDomain(string name) => name.Length is > 0 and <= MaxDomain && !name.AsSpan().ContainsAnyExcept(s_package);

    public static bool IsValidRepository(string name) => NameRule.Matches(name, MaxRepository, slashes: false);

    public static bool IsValidPackage(string name) => BeginsWell(name) && name.Length <= MaxPackage && !name.AsSpan().ContainsAnyExcept(s_package);

    public static bool IsValidVersion(string name) => BeginsWell(name) && name.Length <= MaxVersion && !name.AsSpan().ContainsAnyExcept(s_version);

    public static bool IsValidFile(string name) =>
        BeginsWell(name) && name.Length <= MaxFile && !name.AsSpan().ContainsAnyExcept(s_file) && !name.Contains("..", StringComparison.Ordinal);

    /// <summary>Whether a file of this name is kept: its suffix is one of those, or it has none.</summary>
    /// <param name="name">The name of the file.</param>
    /// <param name="suffixes">The suffixes, each with its dot.</param>
    public static bool HasSuffixOf(string name, IEnumerable<string> suffixes) =>
        !name.Contains('.', StringComparison.Ordinal) || suffixes.Any(s => name.Length > s.Length && name.EndsWith(s, StringComparison.OrdinalIgnoreCase));

    private static bool BeginsWell(string name) => name.Length > 0 && (char.IsAsciiLetterOrDigit(name[0]) || name[0] == '_');
}
