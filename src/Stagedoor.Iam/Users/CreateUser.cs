using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Secrets;

namespace Stagedoor.Iam.Users;

/// <summary><c>POST /v3/users</c></summary>
internal static class CreateUser
{
    internal const string ActionName = "iam:users:create";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v3/users", HandleAsync)
        .WithName(nameof(CreateUser))
        .WithSummary("Create a user")
        .Answers<UserAnswer>(201, "The user.")
        .Action(ActionName)
        .CanFail(IamCodes.InvalidBody, IamCodes.PolicyDenied, IamCodes.NotFound, IamCodes.Conflict, IamCodes.Throttled);

    /// <summary>The user that was made, or why it was not.</summary>
    internal static async Task<(User? Made, ApiException? Refusal)> AddAsync(
        NewUser? wanted,
        Caller caller,
        UserStore users,
        Passwords passwords,
        IdSource ids,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (caller.Refuse(ActionName) is { } refusal)
        {
            return (null, refusal);
        }

        if (wanted is null)
        {
            return (null, IamError.InvalidBody("user is missing"));
        }

        if (wanted.Problem() is { } problem)
        {
            return (null, IamError.InvalidBody(problem));
        }

        if (wanted.DomainId is { Length: > 0 } domainId && !string.Equals(domainId, caller.DomainId, StringComparison.Ordinal))
        {
            return (null, IamError.NotFound("domain", domainId));
        }

        var hash = wanted.Password is null ? "" : await passwords.HashAsync(wanted.Password, cancellationToken);
        if (hash is null)
        {
            return (null, IamError.Busy());
        }

        var user = wanted.ToUser(caller, hash, ids, clock);
        return await users.AddAsync(user, cancellationToken)
            ? (user, null)
            : (null, IamError.Conflict("user", $"there is a user named {user.Name} already"));
    }

    private static async Task<IResult> HandleAsync(
        NewUserRequest request,
        Caller caller,
        UserStore users,
        Passwords passwords,
        IdSource ids,
        TimeProvider clock,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var (made, refusal) = await AddAsync(request.User, caller, users, passwords, ids, clock, cancellationToken);
        return made is null
            ? refusal!
            : TypedResults.Json(new UserAnswer(UserBody.Of(made, context)), statusCode: StatusCodes.Status201Created);
    }
}
