using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary><c>PUT /v4/accounts/{name}</c>: roles, status, or both. Everything else of the body stays unread.</summary>
internal static class UpdateAccount
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/accounts/{name}", HandleAsync)
        .WithName(nameof(UpdateAccount))
        .WithSummary("Change the roles or the status of an account")
        .Reads<AccountRequest>()
        .AnswersEmpty(200, "It is changed.")
        .Action("cse:account:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(
            ServiceCenterCodes.AccountNotFound, ServiceCenterCodes.RoleNotFound, ServiceCenterCodes.BuiltInAccount, ServiceCenterCodes.OwnAccount);

    private static async Task<IResult> HandleAsync(HttpContext context, string name, AccountCaller caller, AccountWriter accounts)
    {
        var request = await JsonBody.ReadAsync(context, AccountsJson.Wire.AccountRequest);
        var roles = request.Roles is { Count: > 0 } ? AccountRules.RequireRoles(request.Roles) : null;
        var status = string.IsNullOrEmpty(request.Status) ? null : AccountRules.RequireStatus(request.Status);
        if (roles is null && status is null)
        {
            return DiscoveryError.Invalid("body", "roles or status, or both");
        }

        if (caller.FindObjection(name) is { } objection)
        {
            return objection;
        }

        await accounts.UpdateAsync(name, roles, status);
        return EmptyAnswer.Value;
    }
}
