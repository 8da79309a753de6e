using System.Text.RegularExpressions;

namespace Stagedoor.Iam.Domains;

/// <summary>An account. The API calls it a domain.</summary>
internal sealed partial record Domain
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string Description { get; init; }

    public required bool Enabled { get; init; }

    public required long CreatedAt { get; init; }

    public static bool IsValidName(string? name) => name is not null && Pattern().IsMatch(name);

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,31}$", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
