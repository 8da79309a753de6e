using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary><c>GET /v4/accounts/{name}</c></summary>
internal static class ShowAccount
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/accounts/{name}", HandleAsync)
        .WithName(nameof(ShowAccount))
        .WithSummary("Show an account")
        .Answers<AccountResponse>(200, "The account.")
        .Action("cse:account:get")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(ServiceCenterCodes.AccountNotFound);

    private static async Task<IResult> HandleAsync(string name, AccountCaller caller, AccountDirectory directory, RegistryWriter writer)
    {
        var fault = await writer.CatchUpAsync();
        return directory.FindAccount(name) is { } account
            ? Wire.Json(AccountResponse.Of(account), AccountsJson.Wire.AccountResponse)
            : fault is not null ? throw fault
            : AccountError.AccountNotFound(name);
    }
}
