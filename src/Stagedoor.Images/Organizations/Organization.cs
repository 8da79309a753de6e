namespace Stagedoor.Images.Organizations;

/// <summary>A namespace of images. Its name is unique in the installation.</summary>
internal sealed record Organization
{
    public const int MaxNameLength = 64;

    private static readonly string[] s_reserved = ["manage", "s2i", "domains", "library"];

    public long Id { get; init; }

    public string Name { get; init; } = "";

    public string DomainId { get; init; } = "";

    public string DomainName { get; init; } = "";

    public string CreatorId { get; init; } = "";

    public string CreatorName { get; init; } = "";

    /// <summary>1 when an index may name manifests that are not there.</summary>
    public long SparseIndexes { get; init; }

    /// <summary>How many bytes it may hold, 0 for no limit; null when the installation's default counts.</summary>
    public long? QuotaBytes { get; init; }

    public static bool IsValidName(string? name) =>
        name is { Length: > 0 } && char.IsAsciiLetterLower(name[0]) && NameRule.Matches(name, MaxNameLength, slashes: false);

    /// <summary>Whether the name is a fixed part of routes, or kept for the operator.</summary>
    public static bool IsReserved(string name) => Array.IndexOf(s_reserved, name) >= 0;
}
