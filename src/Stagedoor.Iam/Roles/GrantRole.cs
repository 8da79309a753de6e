using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Roles;

/// <summary><c>PUT /v3/domains|projects/{scope}/users/{user}/roles/{role}</c></summary>
internal static class GrantRole
{
    public static void Map(IEndpointRouteBuilder routes, string kind, string noun) => routes
        .MapPut(
            $"/v3/{kind}/{{scope}}/users/{{user}}/roles/{{role}}",
            (string scope, string user, string role, Caller caller, GrantTarget target, SystemRoles known, RoleStore roles, Identities identities, HttpContext context, CancellationToken cancellationToken) =>
                HandleAsync((kind, scope), user, role, caller, target, known, roles, identities, context, cancellationToken))
        .WithName($"Grant{noun}Role")
        .WithSummary($"Grant a role to a user in {GrantTarget.WordFor(kind)}")
        .AnswersEmpty(204, "The user has the role.")
        .Action("iam:permissions:grantRoleToUser")
        .CanFail(GrantTarget.Refusals)
        .CanFail(IamCodes.InvalidBody);

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

        if (found.Role.IsGlobal && place.Kind is "projects")
        {
            return IamError.InvalidBody($"the role {found.Name} is granted in the account, not in a project");
        }

        context.AuditDetail($"{found.Name} to {await target.DescribeAsync(caller, place, user, cancellationToken)}");
        var granted = await roles.GrantAsync(user, place.Id, found.Name, cancellationToken);
        identities.ForgetUser(user);
        return granted ? TypedResults.NoContent() : IamError.NotFound("user", user);
    }
}
