using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Roles;

/// <summary><c>GET /v3/domains|projects/{scope}/users/{user}/roles</c>: what was granted there; one's own, or as administrator anybody's.</summary>
internal static class ListUserRoles
{
    public static void Map(IEndpointRouteBuilder routes, string kind, string noun) => routes
        .MapGet(
            $"/v3/{kind}/{{scope}}/users/{{user}}/roles",
            (string scope, string user, Caller caller, GrantTarget target, SystemRoles known, RoleStore roles, HttpContext context, CancellationToken cancellationToken) =>
                HandleAsync((kind, scope), user, caller, target, known, roles, context, cancellationToken))
        .WithName($"List{noun}Roles")
        .WithSummary($"List the roles of a user in {GrantTarget.WordFor(kind)}")
        .Answers<RoleList>(200, "The roles that were granted there.")
        .Action("iam:permissions:listRolesForUser")
        .CanFail(GrantTarget.Refusals);

    private static async Task<IResult> HandleAsync(
        (string Kind, string Id) place,
        string user,
        Caller caller,
        GrantTarget target,
        SystemRoles known,
        RoleStore roles,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (await target.CheckAsync(caller, place, user, change: false, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var granted = await roles.ListAsync(user, place.Id, cancellationToken);
        var bodies = granted.Select(known.FindByName).OfType<SystemRole>().Select(r => RoleBody.Of(r, context)).ToList();
        return TypedResults.Ok(new RoleList(bodies, bodies.Count, Links.Here(context)));
    }
}
