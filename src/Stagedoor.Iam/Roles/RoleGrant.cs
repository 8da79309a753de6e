namespace Stagedoor.Iam.Roles;

/// <summary>A role of a user in an account or a project.</summary>
internal sealed record RoleGrant
{
    public required string ScopeId { get; init; }

    public required string Role { get; init; }
}
