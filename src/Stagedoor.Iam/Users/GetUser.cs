using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Users;

/// <summary><c>GET /v3/users/{id}</c>: oneself, or as administrator anybody of the account.</summary>
internal static class GetUser
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/users/{id}", HandleAsync)
        .WithName(nameof(GetUser))
        .WithSummary("Show a user")
        .Answers<UserAnswer>(200, "The user.")
        .Action("iam:users:get")
        .CanFail(IamCodes.NotAuthorized, IamCodes.NotFound);

    /// <summary>The user, unless it is another account's.</summary>
    internal static async Task<User?> FindOwnAsync(UserStore users, string id, string domainId, CancellationToken cancellationToken) =>
        Texts.IsStorable(id) && await users.FindAsync(id, cancellationToken) is { } user
        && string.Equals(user.DomainId, domainId, StringComparison.Ordinal)
            ? user
            : null;

    private static async Task<IResult> HandleAsync(
        string id, Caller caller, UserStore users, HttpContext context, CancellationToken cancellationToken)
    {
        if (caller.RefuseFor(id) is { } refusal)
        {
            return refusal;
        }

        return await FindOwnAsync(users, id, caller.DomainId, cancellationToken) is { } user
            ? TypedResults.Ok(new UserAnswer(UserBody.Of(user, context)))
            : IamError.NotFound("user", id);
    }
}
