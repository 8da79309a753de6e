namespace Stagedoor.Discovery.Log;

/// <summary>Something that is registered, as the database keeps it.</summary>
internal sealed record EntryRow
{
    /// <summary>What it is: the name of an <see cref="IEntryKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>domain/project</c>; empty for what belongs to the engine.</summary>
    public required string Tenant { get; init; }

    public required string Id { get; init; }

    /// <summary>The revision of its last change.</summary>
    public long Revision { get; init; }

    /// <summary>JSON; null when it is deleted.</summary>
    public string? Body { get; init; }
}
