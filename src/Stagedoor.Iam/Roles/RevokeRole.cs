using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Roles;

/// <summary><c>DELETE /v3/domains|projects/{scope}/users/{user}/roles/{role}</c></summary>
internal static class RevokeRole
{
    public static void Map(IEndpointRouteBuilder routes, string kind, string noun) => routes
        .MapDelete(
            $"/v3/{kind}/{{scope}}/users/{{user}}/roles/{{role}}",
            (string scope, string user, string role, Caller caller, GrantTarget target, SystemRoles known, RoleStore roles, Identities identities, HttpContext context, CancellationToken cancellationToken) =>
                HandleAsync((kind, scope), user, role, caller, target, known, roles, identities, context, cancellationToken))
        .WithName($"Revoke{noun}Role")
        .WithSummary($"Take a role away from a user in {GrantTarget.WordFor(kind)}")
        .AnswersEmpty(204, "The user does not have the role any more.")
        .Action("iam:permissions:revokeRoleFromUser")
        .CanFail(GrantTarget.Refusals);

    private static async Task<IResult> HandleAsync(
        (string Kind, string Id) place,
        string user,
        string role,
        Caller caller,
        GrantTarget target,
        SystemRoles known,
        RoleStore roles,
        Identities identities,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (await target.CheckAsync(caller, place, user, change: true, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        if (known.Find(role) is not { } found)
        {
            return IamError.NotFound("role", role);
        }

        context.AuditDetail($"{found.Name} from {await target.DescribeAsync(caller, place, user, cancellationToken)}");
        if (!await roles.RevokeAsync(user, place.Id, found.Name, cancellationToken))
        {
            return IamError.NotFound("role", role);
        }

        identities.ForgetUser(user);
        return TypedResults.NoContent();
    }
}
