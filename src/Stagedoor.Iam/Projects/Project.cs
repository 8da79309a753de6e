using System.Text.RegularExpressions;

namespace Stagedoor.Iam.Projects;

/// <summary>A slice of an account in a region.</summary>
internal sealed partial record Project
{
    public const int MaximumNameLength = 64;

    public required string Id { get; init; }

    public required string DomainId { get; init; }

    /// <summary>The account's id for the default project, the default project's id for others.</summary>
    public required string ParentId { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required bool Enabled { get; init; }

    /// <summary>The project that stands for the region itself. It is never renamed, disabled or removed: clients find it by name.</summary>
    public bool IsDefault => string.Equals(ParentId, DomainId, StringComparison.Ordinal);

    /// <summary>Whether any project can have this name.</summary>
    public static bool CanBeName(string text) => text.Length <= MaximumNameLength && Pattern().IsMatch(text);

    /// <summary>Whether a project of this name may be made in the region beside the default one.</summary>
    public static bool IsValidName(string? name, string region) =>
        name is not null
        && name.Length > region.Length + 1
        && name.Length <= MaximumNameLength
        && name.StartsWith(region + "_", StringComparison.Ordinal)
        && Pattern().IsMatch(name);

    [GeneratedRegex("^[A-Za-z0-9_-]+$", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
