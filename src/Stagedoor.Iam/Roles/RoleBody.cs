using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Iam.Roles;

/// <summary>A role on the wire. <c>type</c> is AX in the account only, AA in account and projects.</summary>
internal sealed record RoleBody(
    string Id,
    string Name,
    [property: JsonPropertyName("display_name")] string DisplayName,
    string Description,
    string Type,
    [property: JsonPropertyName("domain_id")] string? DomainId,
    Links Links)
{
    public static RoleBody Of(SystemRole role, HttpContext context) => new(
        role.Id, role.Name, role.Role.DisplayName, role.Role.Description, role.Role.IsGlobal ? "AX" : "AA", null, Links.To(context, $"/v3/roles/{role.Id}"));
}

/// <summary><c>{"roles":[…],"links":…}</c></summary>
internal sealed record RoleList(
    IReadOnlyList<RoleBody> Roles, [property: JsonPropertyName("total_number")] int TotalNumber, Links Links);
