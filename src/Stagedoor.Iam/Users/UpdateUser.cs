using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Secrets;

namespace Stagedoor.Iam.Users;

/// <summary><c>PATCH /v3/users/{id}</c>. A new password, and disabling or enabling, end the user's tokens.</summary>
internal static class UpdateUser
{
    internal sealed record Request(RequestedUser? User);

    internal sealed record RequestedUser(
        string? Name,
        string? Password,
        bool? Enabled,
        string? Description,
        [property: JsonPropertyName("access_mode")] string? AccessMode,
        [property: JsonPropertyName("pwd_status")] bool? MustChangePassword);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/v3/users/{id}", HandleAsync)
        .WithName(nameof(UpdateUser))
        .WithSummary("Change a user")
        .Answers<UserAnswer>(200, "The user as it is now.")
        .Action("iam:users:update")
        .CanFail(IamCodes.InvalidBody, IamCodes.NotAuthorized, IamCodes.NotFound, IamCodes.Conflict, IamCodes.Throttled);

    private static async Task<IResult> HandleAsync(
        string id,
        Request request,
        Caller caller,
        UserStore users,
        Passwords passwords,
        Identities identities,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!caller.Administers())
        {
            return IamError.NotAuthorized("Only security administrators of the account may.");
        }

        if (await GetUser.FindOwnAsync(users, id, caller.DomainId, cancellationToken) is not { } user)
        {
            return IamError.NotFound("user", id);
        }

        if (request.User is not { } wanted)
        {
            return IamError.InvalidBody("user is missing");
        }

        if (Problem(wanted, user) is { } problem)
        {
            return IamError.InvalidBody(problem);
        }

        if (user.IsRoot && (!caller.IsAccountRoot || wanted.Enabled is false || wanted.AccessMode is AccessModes.Console))
        {
            return IamError.NotAuthorized("The account's root user is changed by itself only, and is never disabled.");
        }

        var hash = wanted.Password is null ? null : await passwords.HashAsync(wanted.Password, cancellationToken);
        if (hash is null && wanted.Password is not null)
        {
            return IamError.Busy();
        }

        var change = new UserChange
        {
            Name = wanted.Name,
            Description = wanted.Description,
            AccessMode = wanted.AccessMode,
            PasswordHash = hash,
            MustChangePassword = wanted.MustChangePassword,
            Enabled = wanted.Enabled,
        };
        if (await users.UpdateAsync(id, change, cancellationToken) is Changed.NameTaken)
        {
            return IamError.Conflict("user", $"there is a user named {wanted.Name} already");
        }

        identities.ForgetUser(id);
        return await users.FindAsync(id, cancellationToken) is { } changed
            ? TypedResults.Ok(new UserAnswer(UserBody.Of(changed, context)))
            : IamError.NotFound("user", id);
    }

    private static string? Problem(RequestedUser wanted, User user) => wanted switch
    {
        { Name: not null } when !User.IsValidName(wanted.Name) =>
            "user.name has 1 to 32 letters, digits, spaces, '_', '-' and '.', and begins with neither digit nor space",
        { Password: not null } when Passwords.Problem(wanted.Password, wanted.Name ?? user.Name) is { } problem => $"user.{problem}",
        { Description: not null } when !Texts.IsStorable(wanted.Description) => $"user.description {Texts.DescriptionRule}",
        { AccessMode: not null } when !AccessModes.IsKnown(wanted.AccessMode) => "user.access_mode is default, programmatic or console",
        _ => null,
    };
}
