using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary><c>DELETE /v4/accounts/{name}</c></summary>
internal static class DeleteAccount
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/accounts/{name}", HandleAsync)
        .WithName(nameof(DeleteAccount))
        .WithSummary("Delete an account")
        .AnswersEmpty(200, "It is gone, and its tokens count no more.")
        .Action("cse:account:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(ServiceCenterCodes.AccountNotFound, ServiceCenterCodes.BuiltInAccount, ServiceCenterCodes.OwnAccount);

    private static async Task<IResult> HandleAsync(string name, AccountCaller caller, AccountWriter accounts)
    {
        if (caller.FindObjection(name) is { } objection)
        {
            return objection;
        }

        await accounts.DeleteAsync(name);
        return EmptyAnswer.Value;
    }
}
