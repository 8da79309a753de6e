using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary><c>GET /v4/accounts</c></summary>
internal static class ListAccounts
{
    internal sealed record Response(int Total, IReadOnlyList<AccountResponse> Data);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/accounts", HandleAsync)
        .WithName(nameof(ListAccounts))
        .WithSummary("List the accounts")
        .Answers<Response>(200, "The accounts.")
        .Action("cse:account:list");

    private static async Task<IResult> HandleAsync(AccountCaller caller, AccountDirectory directory, RegistryWriter writer)
    {
        await writer.CatchUpAsync();
        List<AccountResponse> all = [.. directory.Accounts.Values.OrderBy(static a => a.Name, StringComparer.Ordinal).Select(AccountResponse.Of)];
        return Wire.Json(new Response(all.Count, all), AccountsJson.Wire.ListAccountsResponse);
    }
}
