namespace Stagedoor.Discovery.Model;

/// <summary>A stored contract: the text of an interface description.</summary>
/// <param name="Schema">The content; OpenAPI YAML in practice.</param>
/// <param name="Summary">The client's digest of the content; null when it sent none.</param>
internal sealed record Contract(string Schema, string? Summary);
