using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary><c>GET /v4/self-perms</c>: what the account of the token may do.</summary>
internal static class ListOwnPermissions
{
    internal sealed record Response(IReadOnlyList<Permission> Perms);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/self-perms", Handle)
        .WithName(nameof(ListOwnPermissions))
        .WithSummary("List what the own account may do")
        .Answers<Response>(200, "The permissions.")
        .WithMetadata(new OwnAccountMetadata())
        .Action("cse:account:get");

    private static IResult Handle(AccountCaller caller) =>
        Wire.Json(new Response(caller.Permissions), AccountsJson.Wire.ListOwnPermissionsResponse);
}
