using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary><c>GET /v4/roles/{name}</c></summary>
internal static class ShowAccountRole
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/roles/{name}", HandleAsync)
        .WithName(nameof(ShowAccountRole))
        .WithSummary("Show a role")
        .Answers<Role>(200, "The role.")
        .Action("cse:role:get")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(ServiceCenterCodes.RoleNotFound);

    private static async Task<IResult> HandleAsync(string name, AccountCaller caller, AccountDirectory directory, RegistryWriter writer)
    {
        var fault = await writer.CatchUpAsync();
        return directory.FindRole(name) is { } role ? Wire.Json(role, AccountsJson.Wire.Role)
            : fault is not null ? throw fault
            : AccountError.RoleNotFound(name);
    }
}
