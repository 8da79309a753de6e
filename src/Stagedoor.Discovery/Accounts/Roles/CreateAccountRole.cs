using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary><c>POST /v4/roles</c></summary>
internal static class CreateAccountRole
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/roles", HandleAsync)
        .WithName(nameof(CreateAccountRole))
        .WithSummary("Create a role")
        .Reads<RoleRequest>()
        .AnswersEmpty(200, "It is made.")
        .Action("cse:role:create")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(ServiceCenterCodes.RoleExists, DiscoveryCodes.QuotaExceeded);

    private static async Task<IResult> HandleAsync(HttpContext context, AccountCaller caller, RoleWriter roles)
    {
        var request = await JsonBody.ReadAsync(context, AccountsJson.Wire.RoleRequest);
        var name = AccountRules.RequireName(request.Name);
        context.AuditResource(name);
        await roles.CreateAsync(name, AccountRules.RequirePermissions(request.Perms));
        return EmptyAnswer.Value;
    }
}
