using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Discovery.Accounts.Logins;

/// <summary><c>GET /v4/account-locks</c>: which accounts this process blocks from which addresses, and until when.</summary>
internal static class ListAccountLocks
{
    private const string Banned = "banned";

    internal sealed record Response(int Total, IReadOnlyList<Row> Data);

    /// <summary>One of them.</summary>
    /// <param name="Key">Account and address, <c>::</c> between them.</param>
    /// <param name="Status">That it is blocked.</param>
    /// <param name="ReleaseAt">Unix seconds.</param>
    internal sealed record Row(string Key, string Status, long ReleaseAt);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/account-locks", Handle)
        .WithName(nameof(ListAccountLocks))
        .WithSummary("List the blocked accounts")
        .Answers<Response>(200, "Which are blocked, from where, until when.")
        .Action("cse:account:listLocks");

    private static IResult Handle(AccountCaller caller, LoginLocks locks)
    {
        List<Row> rows = [.. locks.Locked().Select(static l => new Row(l.Key.ToString(), Banned, l.Until.ToUnixTimeSeconds()))];
        return Wire.Json(new Response(rows.Count, rows), AccountsJson.Wire.ListAccountLocksResponse);
    }
}
