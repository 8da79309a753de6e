using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Users;

namespace Stagedoor.Iam.Credentials;

/// <summary><c>GET /v3.0/OS-CREDENTIAL/credentials</c>: one's own, or a user's.</summary>
internal static class ListCredentials
{
    internal sealed record Response(IReadOnlyList<CredentialBody> Credentials);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3.0/OS-CREDENTIAL/credentials", HandleAsync)
        .WithName(nameof(ListCredentials))
        .WithSummary("List the access keys of a user")
        .QueryParameter("user_id", "Whose keys; without it, the own ones.")
        .Answers<Response>(200, "The keys, without their secrets.")
        .Action("iam:credentials:list")
        .CanFail(IamCodes.NotAuthorized, IamCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromQuery(Name = "user_id")] string? userId,
        Caller caller,
        UserStore users,
        CredentialStore credentials,
        CancellationToken cancellationToken)
    {
        var owner = string.IsNullOrEmpty(userId) ? caller.UserId : userId;
        if (caller.RefuseFor(owner) is { } refusal)
        {
            return refusal;
        }

        if (await GetUser.FindOwnAsync(users, owner, caller.DomainId, cancellationToken) is null)
        {
            return IamError.NotFound("user", owner);
        }

        var found = await credentials.ListAsync(owner, cancellationToken);
        return TypedResults.Ok(new Response([.. found.Select(CredentialBody.Of)]));
    }
}
