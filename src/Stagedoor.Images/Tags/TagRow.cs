namespace Stagedoor.Images.Tags;

/// <summary>A tag as it is stored.</summary>
internal sealed record TagRow
{
    public long Id { get; init; }

    public string Name { get; init; } = "";

    public string Digest { get; init; } = "";

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>When it was deleted; null while it lives.</summary>
    public long? DeletedAt { get; init; }
}
