namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary>A permission as it is sent.</summary>
internal sealed record PermissionRequest
{
    public IReadOnlyList<ResourceRequest>? Resources { get; init; }

    public IReadOnlyList<string>? Verbs { get; init; }
}

/// <summary>A resource of a permission as it is sent.</summary>
internal sealed record ResourceRequest
{
    public string? Type { get; init; }

    public Dictionary<string, string>? Labels { get; init; }
}
