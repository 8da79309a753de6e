using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Roles;

/// <summary><c>HEAD /v3/domains|projects/{scope}/users/{user}/roles/{role}</c>: 204 when it was granted there.</summary>
internal static class CheckRole
{
    public static void Map(IEndpointRouteBuilder routes, string kind, string noun) => routes
        .MapMethods(
            $"/v3/{kind}/{{scope}}/users/{{user}}/roles/{{role}}",
            [HttpMethods.Head],
            (string scope, string user, string role, Caller caller, GrantTarget target, SystemRoles known, RoleStore roles, CancellationToken cancellationToken) =>
                HandleAsync((kind, scope), user, role, caller, target, known, roles, cancellationToken))
        .WithName($"Check{noun}Role")
        .WithSummary($"Tell whether a user has a role in {GrantTarget.WordFor(kind)}")
        .AnswersEmpty(204, "The user has it.")
        .Action("iam:permissions:checkRoleForUser")
        .CanFail(GrantTarget.Refusals);

    private static async Task<IResult> HandleAsync(
        (string Kind, string Id) place,
        string user,
        string role,
        Caller caller,
        GrantTarget target,
        SystemRoles known,
        RoleStore roles,
        CancellationToken cancellationToken)
    {
        if (await target.CheckAsync(caller, place, user, change: false, cancellationToken) is { } refusal)
        {
            return refusal;
        }

        var granted = await roles.ListAsync(user, place.Id, cancellationToken);
        return known.Find(role) is { } found && granted.Contains(found.Name, StringComparer.Ordinal)
            ? TypedResults.NoContent()
            : IamError.NotFound("role", role);
    }
}
