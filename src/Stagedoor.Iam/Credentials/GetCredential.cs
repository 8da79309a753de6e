using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Users;

namespace Stagedoor.Iam.Credentials;

/// <summary><c>GET /v3.0/OS-CREDENTIAL/credentials/{access}</c>, with the time of its last use.</summary>
internal static class GetCredential
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3.0/OS-CREDENTIAL/credentials/{access}", HandleAsync)
        .WithName(nameof(GetCredential))
        .WithSummary("Show an access key")
        .Answers<CredentialAnswer>(200, "The key, with the time of its last use.")
        .Action("iam:credentials:get")
        .CanFail(IamCodes.NotFound);

    /// <summary>The key, when the caller may touch it. Somebody else's is as good as none, and so is the root user's for all others.</summary>
    internal static async Task<Credential?> FindOwnAsync(
        CredentialStore credentials, UserStore users, string access, Caller caller, CancellationToken cancellationToken) =>
        Texts.IsStorable(access)
        && await credentials.FindAsync(access, cancellationToken) is { } key
        && caller.RefuseFor(key.UserId) is null
        && await GetUser.FindOwnAsync(users, key.UserId, caller.DomainId, cancellationToken) is { } owner
        && (!owner.IsRoot || caller.IsAccountRoot)
            ? key
            : null;

    private static async Task<IResult> HandleAsync(
        string access, Caller caller, CredentialStore credentials, UserStore users, CancellationToken cancellationToken) =>
        await FindOwnAsync(credentials, users, access, caller, cancellationToken) is { } key
            ? TypedResults.Ok(new CredentialAnswer(CredentialBody.WithUse(key)))
            : IamError.NotFound("credential", access);
}
