using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary><c>POST /v4/accounts</c></summary>
internal static class CreateAccount
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/accounts", HandleAsync)
        .WithName(nameof(CreateAccount))
        .WithSummary("Create an account")
        .Reads<AccountRequest>()
        .AnswersEmpty(200, "It is made.")
        .Action("cse:account:create")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(ServiceCenterCodes.AccountExists, ServiceCenterCodes.RoleNotFound, ServiceCenterCodes.WeakPassword, DiscoveryCodes.QuotaExceeded);

    private static async Task<IResult> HandleAsync(HttpContext context, AccountCaller caller, AccountWriter accounts)
    {
        var request = await JsonBody.ReadAsync(context, AccountsJson.Wire.AccountRequest);
        context.AuditResource(request.Name);
        await accounts.CreateAsync(request);
        return EmptyAnswer.Value;
    }
}
