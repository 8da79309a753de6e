namespace Stagedoor.Images.Repositories;

/// <summary>A repository name as the registry found it: the organization exists, the repository may not.</summary>
internal sealed record RepositoryState
{
    public string Name { get; init; } = "";

    /// <summary>When it was read, on the clock's own scale.</summary>
    public long ReadAt { get; init; }

    public required Organizations.Organization Organization { get; init; }

    /// <summary>The repository; null when there is none yet.</summary>
    public RepositoryRow? Repository { get; init; }
}

/// <summary>What the registry needs of a repository.</summary>
internal sealed record RepositoryRow
{
    public long Id { get; init; }

    public long IsPublic { get; init; }

    public string CreatorId { get; init; } = "";
}

/// <summary>What a push may store into. The repository, and even its organization, may not be there yet.</summary>
/// <param name="Name">The repository's name.</param>
/// <param name="Caller">Who pushes.</param>
/// <param name="State">What was found; null when there is no such organization.</param>
internal sealed record PushTarget(RepositoryName Name, Caller Caller, RepositoryState? State)
{
    /// <summary>The repository's id; null while there is none.</summary>
    public long? RepositoryId => State?.Repository?.Id;
}
