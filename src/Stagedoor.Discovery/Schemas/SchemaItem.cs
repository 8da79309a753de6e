namespace Stagedoor.Discovery.Schemas;

/// <summary>A contract with its id, as clients send and read it.</summary>
internal sealed record SchemaItem
{
    public string? SchemaId { get; init; }

    public string? Summary { get; init; }

    public string? Schema { get; init; }
}
