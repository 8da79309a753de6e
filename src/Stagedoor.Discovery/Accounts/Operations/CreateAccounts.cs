using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary><c>POST /v4/accounts/batch-create</c>: each on its own, all of them tried.</summary>
internal static class CreateAccounts
{
    private const int MaxAccounts = 20;

    internal sealed record Request
    {
        public IReadOnlyList<AccountRequest>? Accounts { get; init; }
    }

    internal sealed record Response(IReadOnlyList<Outcome> Accounts);

    /// <summary>What became of one; without a code it is there.</summary>
    internal sealed record Outcome
    {
        public string? Name { get; init; }

        public string? ErrorCode { get; init; }

        public string? ErrorMessage { get; init; }

        public string? Detail { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/accounts/batch-create", HandleAsync)
        .WithName(nameof(CreateAccounts))
        .WithSummary("Create many accounts")
        .Reads<Request>()
        .Answers<Response>(200, "What became of each.")
        .Action("cse:account:create")
        .FaultsAs(DiscoveryCodes.BackendUnavailable);

    private static async Task<IResult> HandleAsync(HttpContext context, AccountCaller caller, AccountWriter accounts)
    {
        var request = await JsonBody.ReadAsync(context, AccountsJson.Wire.CreateAccountsRequest);
        if (request.Accounts is not { Count: > 0 and <= MaxAccounts } wanted)
        {
            return DiscoveryError.Invalid("accounts", $"1 to {MaxAccounts} accounts");
        }

        var outcomes = new List<Outcome>(wanted.Count);
        foreach (var account in wanted)
        {
            outcomes.Add(await TryAsync(account ?? new(), accounts));
        }

        return Wire.Json(new Response(outcomes), AccountsJson.Wire.CreateAccountsResponse);
    }

    private static async Task<Outcome> TryAsync(AccountRequest account, AccountWriter accounts)
    {
        try
        {
            await accounts.CreateAsync(account);
            return new() { Name = account.Name };
        }
        catch (ApiException refusal)
        {
            return new() { Name = account.Name, ErrorCode = refusal.Error.Code, ErrorMessage = refusal.Error.Message, Detail = refusal.Detail };
        }
    }
}
