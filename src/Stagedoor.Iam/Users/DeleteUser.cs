using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Users;

/// <summary><c>DELETE /v3/users/{id}</c>: with keys, roles and tokens.</summary>
internal static class DeleteUser
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/v3/users/{id}", HandleAsync)
        .WithName(nameof(DeleteUser))
        .WithSummary("Delete a user")
        .AnswersEmpty(204, "The user is deleted, with its keys, roles and tokens.")
        .Action("iam:users:delete")
        .CanFail(IamCodes.NotAuthorized, IamCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        string id, Caller caller, UserStore users, Identities identities, CancellationToken cancellationToken)
    {
        if (!caller.Administers())
        {
            return IamError.NotAuthorized("Only security administrators of the account may.");
        }

        if (await GetUser.FindOwnAsync(users, id, caller.DomainId, cancellationToken) is not { } user)
        {
            return IamError.NotFound("user", id);
        }

        if (user.IsRoot)
        {
            return IamError.NotAuthorized("The account's root user lives as long as the account.");
        }

        await users.DeleteAsync(id, cancellationToken);
        identities.ForgetKeysOf(id);
        return TypedResults.NoContent();
    }
}
