using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Users;

namespace Stagedoor.Iam.Credentials;

/// <summary><c>DELETE /v3.0/OS-CREDENTIAL/credentials/{access}</c></summary>
internal static class DeleteCredential
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/v3.0/OS-CREDENTIAL/credentials/{access}", HandleAsync)
        .WithName(nameof(DeleteCredential))
        .WithSummary("Delete an access key")
        .AnswersEmpty(204, "It is deleted.")
        .Action("iam:credentials:delete")
        .CanFail(IamCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        string access,
        Caller caller,
        CredentialStore credentials,
        UserStore users,
        Identities identities,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (await GetCredential.FindOwnAsync(credentials, users, access, caller, cancellationToken) is not { } key)
        {
            return IamError.NotFound("credential", access);
        }

        context.AuditDetail($"of user {key.UserId}");
        var deleted = await credentials.DeleteAsync(key, cancellationToken);
        identities.ForgetKey(access, key.UserId);
        return deleted ? TypedResults.NoContent() : IamError.NotFound("credential", access);
    }
}
