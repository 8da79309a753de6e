using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Tokens;

/// <summary><c>DELETE /v3/auth/tokens</c>: revokes the token in <c>X-Subject-Token</c> and those made from it.</summary>
internal static class DeleteToken
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/v3/auth/tokens", HandleAsync)
        .WithName(nameof(DeleteToken))
        .WithSummary("Revoke a token and those made from it")
        .HeaderParameter(TokenDesk.SubjectHeader, "The token that is to end.", isRequired: true)
        .AnswersEmpty(204, "It counts no more.")
        .Action("iam:tokens:revoke")
        .CanFail(IamCodes.InvalidBody, IamCodes.NotAuthorized, IamCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromHeader(Name = TokenDesk.SubjectHeader)] string? token,
        Caller caller,
        SubjectToken subject,
        RevocationStore revocations,
        Identities identities,
        CancellationToken cancellationToken)
    {
        var (claims, _, refusal) = await subject.FindAsync(token, caller, cancellationToken);
        if (claims is null)
        {
            return refusal!;
        }

        await revocations.RevokeAsync(claims, cancellationToken);
        identities.ForgetToken(claims.Id);
        return TypedResults.NoContent();
    }
}
