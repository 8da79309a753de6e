using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Access;

/// <summary>
/// <c>POST /v2/manage/namespaces/{namespace}/repos/{repository}/access</c>: grants users who have nothing there yet pull, push or management. Who has made
/// the repository manages it without a grant, and has something there.
/// </summary>
internal static class CreateUserRepositoryAuth
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/repos/{repository}/access", HandleAsync)
        .WithName(nameof(CreateUserRepositoryAuth))
        .WithSummary("Grant users pull, push or management of a repository")
        .Answers<Empty>(201, "They have it.")
        .Action("swr:repo:createRepoAuth")
        .Audit("createUserRepositoryAuth", "repositoryAuth")
        .FaultsAs(ImagesCodes.CreatePermissionFailed)
        .CanFail(RepositoryAuthGate.Refusals)
        .CanFail(ImagesCodes.InvalidPermission, ImagesCodes.InvalidUserName, ImagesCodes.PermissionExists, ImagesCodes.GetUserListFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [FromBody] IReadOnlyList<UserAuthRequest?> request,
        Caller caller,
        RepositoryGate gate,
        IAccountUsers users,
        RepositoryGrants grants,
        RegistryCache cache,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var wanted = RepositoryAuthGate.Read(request, caller);
        var opened = await gate.OpenForGrantorAsync(@namespace, repository, caller, cancellationToken);
        RepositoryAuthGate.CheckValues(wanted, opened);
        await users.CheckAsync(wanted, caller, cancellationToken);
        if (wanted.Any(g => string.Equals(g.UserId, opened.Row.CreatorId, StringComparison.Ordinal)))
        {
            return ImagesError.PermissionExists(@namespace, repository, $"user_id={opened.Row.CreatorId} has made it");
        }

        context.AuditDetail($"to {UserAuth.Describe(wanted)}");
        var outcome = await grants.AddAsync(opened.Id, wanted, cancellationToken);
        cache.Invalidate();
        return outcome switch
        {
            { IsGone: true } => ImagesError.RepositoryNotFound(@namespace, repository),
            { InTheWay: { } userId } => ImagesError.PermissionExists(@namespace, repository, $"user_id={userId}"),
            _ => TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
        };
    }
}
