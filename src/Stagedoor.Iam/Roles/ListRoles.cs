using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Roles;

/// <summary><c>GET /v3/roles</c>: all that can be granted.</summary>
internal static class ListRoles
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/roles", Handle)
        .WithName(nameof(ListRoles))
        .WithSummary("List the roles that can be granted")
        .QueryParameter("name", "Only the role of this name.")
        .Answers<RoleList>(200, "The roles.")
        .Action("iam:roles:list");

    private static Ok<RoleList> Handle(string? name, SystemRoles known, HttpContext context)
    {
        var roles = known.All
            .Where(r => string.IsNullOrEmpty(name) || string.Equals(r.Name, name, StringComparison.Ordinal))
            .Select(r => RoleBody.Of(r, context)).ToList();
        return TypedResults.Ok(new RoleList(roles, roles.Count, Links.Here(context)));
    }
}
