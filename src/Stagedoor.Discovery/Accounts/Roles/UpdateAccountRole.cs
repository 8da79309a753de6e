using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary><c>PUT /v4/roles/{name}</c>: replaces its permissions, which counts at once for every account that holds it.</summary>
internal static class UpdateAccountRole
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/roles/{name}", HandleAsync)
        .WithName(nameof(UpdateAccountRole))
        .WithSummary("Replace the permissions of a role")
        .Reads<RoleRequest>()
        .AnswersEmpty(200, "They are replaced.")
        .Action("cse:role:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(ServiceCenterCodes.RoleNotFound, ServiceCenterCodes.BuiltInRole);

    private static async Task<IResult> HandleAsync(HttpContext context, string name, AccountCaller caller, RoleWriter roles)
    {
        var request = await JsonBody.ReadAsync(context, AccountsJson.Wire.RoleRequest);
        await roles.UpdateAsync(name, AccountRules.RequirePermissions(request.Perms));
        return EmptyAnswer.Value;
    }
}
