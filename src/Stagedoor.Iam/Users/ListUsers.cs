using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Users;

/// <summary><c>GET /v3/users</c></summary>
internal static class ListUsers
{
    private const string ActionName = "iam:users:list";

    internal sealed record Response(IReadOnlyList<UserBody> Users, Links Links);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/users", HandleAsync)
        .WithName(nameof(ListUsers))
        .WithSummary("List the users of the account")
        .QueryParameter("name", "Only the user of this name.")
        .QueryParameter("enabled", "Only users that are enabled, or that are not.", ParameterType.Flag)
        .QueryParameter("domain_id", "Only users of this account.")
        .Answers<Response>(200, "The users.")
        .Action(ActionName)
        .CanFail(IamCodes.InvalidBody, IamCodes.PolicyDenied);

    private static async Task<IResult> HandleAsync(
        string? name,
        string? enabled,
        [FromQuery(Name = "domain_id")] string? domainId,
        Caller caller,
        UserStore users,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (caller.Refuse(ActionName) is { } refusal)
        {
            return refusal;
        }

        if (!ListQuery.TryFlag(enabled, out var flag))
        {
            return IamError.InvalidBody("enabled must be true or false");
        }

        var own = Texts.IsStorable(name) && (string.IsNullOrEmpty(domainId) || string.Equals(domainId, caller.DomainId, StringComparison.Ordinal));
        var found = own ? await users.ListAsync(caller.DomainId, name ?? "", flag, cancellationToken) : [];
        return TypedResults.Ok(new Response([.. found.Select(u => UserBody.Of(u, context))], Links.Here(context)));
    }
}
