using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Iam.Secrets;

namespace Stagedoor.Iam.Users;

/// <summary><c>POST /v3.0/OS-USER/users</c>: as <see cref="CreateUser"/>, with ways to reach the person.</summary>
internal static class CreateContactUser
{
    internal sealed record Response(ContactUserBody User);

    internal sealed record ContactUserBody(
        string Id,
        string Name,
        [property: JsonPropertyName("domain_id")] string DomainId,
        bool Enabled,
        string Description,
        [property: JsonPropertyName("access_mode")] string AccessMode,
        string Email,
        [property: JsonPropertyName("areacode")] string AreaCode,
        string Phone,
        [property: JsonPropertyName("pwd_status")] bool MustChangePassword,
        [property: JsonPropertyName("create_time")] string CreatedAt);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v3.0/OS-USER/users", HandleAsync)
        .WithName(nameof(CreateContactUser))
        .WithSummary("Create a user with ways to reach the person")
        .Answers<Response>(201, "The user.")
        .Action(CreateUser.ActionName)
        .CanFail(IamCodes.InvalidBody, IamCodes.PolicyDenied, IamCodes.NotFound, IamCodes.Conflict, IamCodes.Throttled);

    private static async Task<IResult> HandleAsync(
        NewUserRequest request,
        Caller caller,
        UserStore users,
        Passwords passwords,
        IdSource ids,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var (made, refusal) = await CreateUser.AddAsync(request.User, caller, users, passwords, ids, clock, cancellationToken);
        if (made is null)
        {
            return refusal!;
        }

        var body = new ContactUserBody(
            made.Id,
            made.Name,
            made.DomainId,
            made.Enabled,
            made.Description,
            made.AccessMode,
            made.Email,
            made.AreaCode,
            made.Phone,
            made.MustChangePassword,
            IamTimes.LocalText(made.CreatedAt));
        return TypedResults.Json(new Response(body), statusCode: StatusCodes.Status201Created);
    }
}
