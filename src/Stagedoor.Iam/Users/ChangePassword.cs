using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Secrets;
using Stagedoor.Iam.Tokens;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Users;

/// <summary><c>POST /v3/users/{id}/password</c>: one's own. Ends one's tokens.</summary>
internal static class ChangePassword
{
    internal sealed record Request(RequestedPassword? User);

    internal sealed record RequestedPassword(string? Password, [property: JsonPropertyName("original_password")] string? Original);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v3/users/{id}/password", HandleAsync)
        .WithName(nameof(ChangePassword))
        .WithSummary("Change the own password")
        .AnswersEmpty(204, "It is changed, and the tokens of the user count no more.")
        .WithMetadata(new OwnPasswordMetadata())
        .Action("iam:users:setPassword")
        .CanFail(IamCodes.InvalidBody, IamCodes.NotAuthorized, IamCodes.WrongPassword, IamCodes.AccountLocked, IamCodes.Throttled);

    private static async Task<IResult> HandleAsync(
        string id,
        Request request,
        Caller caller,
        UserStore users,
        Passwords passwords,
        Logins logins,
        Identities identities,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!string.Equals(id, caller.UserId, StringComparison.Ordinal))
        {
            return IamError.NotAuthorized("Everybody changes only the own password here; administrators set others' with PATCH.");
        }

        if (request.User is not { Original: { } original, Password: { } password })
        {
            return IamError.InvalidBody("user.original_password and user.password are needed");
        }

        if (Passwords.Problem(password, caller.UserName) is { } problem)
        {
            return IamError.InvalidBody($"user.{problem}");
        }

        if (string.Equals(original, password, StringComparison.Ordinal))
        {
            return IamError.InvalidBody("user.password is the same as before");
        }

        var user = await users.FindAsync(id, cancellationToken);
        switch (await logins.CheckAsync(user, id, original, context.Connection.RemoteIpAddress, cancellationToken))
        {
            case LoginResult.Busy:
                return IamError.Busy();
            case LoginResult.Locked:
                return IamError.AccountLocked();
            case LoginResult.Wrong or LoginResult.WrongOften:
                return IamError.WrongPassword();
            default:
                if (await passwords.HashAsync(password, cancellationToken) is not { } hash)
                {
                    return IamError.Busy();
                }

                // An administrator may have set another one while this one was checked: then the old one counts no more.
                var change = new UserChange { PasswordHash = hash, MustChangePassword = false, ExpectedStamp = user!.Stamp };
                var changed = await users.UpdateAsync(id, change, cancellationToken);
                identities.ForgetUser(id);
                return changed is Changed.Yes ? TypedResults.NoContent() : IamError.WrongPassword();
        }
    }
}
