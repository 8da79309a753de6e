using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Users;

namespace Stagedoor.Iam.Credentials;

/// <summary><c>POST /v3.0/OS-CREDENTIAL/credentials</c>: a new access key, at most two for each user.</summary>
internal static class CreateCredential
{
    internal sealed record Request(RequestedCredential? Credential);

    internal sealed record RequestedCredential([property: JsonPropertyName("user_id")] string? UserId, string? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v3.0/OS-CREDENTIAL/credentials", HandleAsync)
        .WithName(nameof(CreateCredential))
        .WithSummary("Create an access key")
        .Answers<CredentialAnswer>(201, "The key, and its secret this one time.")
        .AnswersSecrets()
        .Action("iam:credentials:create")
        .CanFail(
            IamCodes.InvalidBody, IamCodes.NotAuthorized, IamCodes.NotFound, IamCodes.ProgrammaticAccessDenied, IamCodes.AkSkNumExceed);

    private static async Task<IResult> HandleAsync(
        Request request, Caller caller, UserStore users, CredentialStore credentials, Identities identities, HttpContext context, CancellationToken cancellationToken)
    {
        if (request.Credential is not { UserId: { Length: > 0 } userId } wanted)
        {
            return IamError.InvalidBody("credential.user_id is missing");
        }

        if (caller.RefuseFor(userId) is { } refusal)
        {
            return refusal;
        }

        if (!Texts.IsStorable(wanted.Description))
        {
            return IamError.InvalidBody($"credential.description {Texts.DescriptionRule}");
        }

        if (await GetUser.FindOwnAsync(users, userId, caller.DomainId, cancellationToken) is not { } user)
        {
            return IamError.NotFound("user", userId);
        }

        if (user.IsRoot && !caller.IsAccountRoot)
        {
            return IamError.NotAuthorized("The account's root user makes its keys itself.");
        }

        if (!user.MayUsePrograms)
        {
            return IamError.ProgrammaticAccessDenied();
        }

        var key = credentials.New(userId, wanted.Description ?? "");
        switch (await credentials.AddAsync(key, cancellationToken))
        {
            case KeyAdded.OneTooMany:
                return IamError.AkSkNumExceed();
            case KeyAdded.OwnerIsGone:
                return IamError.NotFound("user", userId);
        }

        context.AuditResource(key.Credential.AccessKey);
        context.AuditDetail($"for user {user.Name} ({userId})");
        identities.ForgetKey(key.Credential.AccessKey, userId);
        return TypedResults.Json(
            new CredentialAnswer(CredentialBody.Of(key.Credential) with { Secret = key.Secret }), statusCode: StatusCodes.Status201Created);
    }
}
