using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary><c>DELETE /v4/roles/{name}</c></summary>
internal static class DeleteAccountRole
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/roles/{name}", HandleAsync)
        .WithName(nameof(DeleteAccountRole))
        .WithSummary("Delete a role")
        .AnswersEmpty(200, "It is gone.")
        .Action("cse:role:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(ServiceCenterCodes.RoleNotFound, ServiceCenterCodes.RoleInUse, ServiceCenterCodes.BuiltInRole);

    private static async Task<IResult> HandleAsync(string name, AccountCaller caller, RoleWriter roles)
    {
        await roles.DeleteAsync(name);
        return EmptyAnswer.Value;
    }
}
