namespace Stagedoor.Discovery.Model;

/// <summary>A black or white rule of a provider about its consumers.</summary>
internal sealed record Rule
{
    public string? RuleId { get; init; }

    /// <summary><c>WHITE</c> or <c>BLACK</c>.</summary>
    public string? RuleType { get; init; }

    /// <summary>The consumer's attribute: <c>tag_…</c> or one of its members.</summary>
    public string? Attribute { get; init; }

    /// <summary>A regular expression that the attribute is matched against.</summary>
    public string? Pattern { get; init; }

    public string? Description { get; init; }

    public string? Timestamp { get; init; }

    public string? ModTimestamp { get; init; }
}
