using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary><c>GET /v4/roles</c></summary>
internal static class ListAccountRoles
{
    internal sealed record Response(int Total, IReadOnlyList<Role> Data);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/roles", HandleAsync)
        .WithName(nameof(ListAccountRoles))
        .WithSummary("List the roles")
        .Answers<Response>(200, "The roles.")
        .Action("cse:role:list");

    private static async Task<IResult> HandleAsync(AccountCaller caller, AccountDirectory directory, RegistryWriter writer)
    {
        await writer.CatchUpAsync();
        List<Role> all = [.. directory.Roles];
        return Wire.Json(new Response(all.Count, all), AccountsJson.Wire.ListAccountRolesResponse);
    }
}
