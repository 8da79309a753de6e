using System.Diagnostics.CodeAnalysis;

namespace Stagedoor.Images.Repositories;

/// <summary><c>{organization}/{repository}</c> as image names spell it.</summary>
/// <param name="Organization">The first segment.</param>
/// <param name="Repository">The rest, which may contain slashes.</param>
internal readonly record struct RepositoryName(string Organization, string Repository)
{
    public const int MaxRepositoryLength = 128;

    /// <summary>The organization that a name without one means; it is only pulled from that way.</summary>
    public const string Library = "library";

    /// <summary>Parses a name of at least two segments.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out RepositoryName name)
    {
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        name = slash > 0 ? new(text![..slash], text[(slash + 1)..]) : default;
        return slash > 0 && Organizations.Organization.IsValidName(name.Organization) && IsValidRepository(name.Repository);
    }

    public static bool IsValidRepository(string? repository) => NameRule.Matches(repository, MaxRepositoryLength, slashes: true);

    public override string ToString() => $"{Organization}/{Repository}";
}
