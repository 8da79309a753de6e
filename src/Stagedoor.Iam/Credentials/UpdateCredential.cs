using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Users;

namespace Stagedoor.Iam.Credentials;

/// <summary><c>PUT /v3.0/OS-CREDENTIAL/credentials/{access}</c>. An inactive key is refused everywhere from the next call on.</summary>
internal static class UpdateCredential
{
    internal sealed record Request(RequestedCredential? Credential);

    internal sealed record RequestedCredential(string? Status, string? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/v3.0/OS-CREDENTIAL/credentials/{access}", HandleAsync)
        .WithName(nameof(UpdateCredential))
        .WithSummary("Change the state or the description of an access key")
        .Answers<CredentialAnswer>(200, "The key as it is now.")
        .Action("iam:credentials:update")
        .CanFail(IamCodes.InvalidBody, IamCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        string access,
        Request request,
        Caller caller,
        CredentialStore credentials,
        UserStore users,
        Identities identities,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (request.Credential is not { } wanted || (wanted.Status is null && wanted.Description is null))
        {
            return IamError.InvalidBody("credential needs a status or a description");
        }

        if (wanted.Status is not (null or Credential.Active or Credential.Inactive))
        {
            return IamError.InvalidBody("credential.status is active or inactive");
        }

        if (!Texts.IsStorable(wanted.Description))
        {
            return IamError.InvalidBody($"credential.description {Texts.DescriptionRule}");
        }

        if (await GetCredential.FindOwnAsync(credentials, users, access, caller, cancellationToken) is not { } key)
        {
            return IamError.NotFound("credential", access);
        }

        context.AuditDetail($"of user {key.UserId}: {wanted.Status ?? "description"}");
        var changed = await credentials.UpdateAsync(key, wanted.Status, wanted.Description, cancellationToken);
        identities.ForgetKey(access, key.UserId);
        return !changed ? IamError.NotFound("credential", access) : TypedResults.Ok(new CredentialAnswer(CredentialBody.Of(key with
        {
            Status = wanted.Status ?? key.Status,
            Description = wanted.Description ?? key.Description,
        })));
    }
}
