using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Access;

/// <summary><c>PATCH /v2/manage/namespaces/{namespace}/repos/{repository}/access</c>: gives users another grant than they have.</summary>
internal static class UpdateUserRepositoryAuth
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/namespaces/{namespace}/repos/{repository}/access", HandleAsync)
        .WithName(nameof(UpdateUserRepositoryAuth))
        .WithSummary("Change what users were granted of a repository")
        .Answers<Empty>(201, "They have it.")
        .Action("swr:repo:updateRepoAuth")
        .Audit("updateUserRepositoryAuth", "repositoryAuth")
        .FaultsAs(ImagesCodes.UpdatePermissionFailed)
        .CanFail(RepositoryAuthGate.Refusals)
        .CanFail(ImagesCodes.InvalidPermission, ImagesCodes.InvalidUserName, ImagesCodes.PermissionNotFound, ImagesCodes.GetUserListFailed);

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
        context.AuditDetail($"to {UserAuth.Describe(wanted)}");
        var outcome = await grants.UpdateAsync(opened.Id, opened.Auth, wanted, cancellationToken);
        cache.Invalidate();
        return outcome switch
        {
            { IsGone: true } => ImagesError.RepositoryNotFound(@namespace, repository),
            { InTheWay: { } userId } => ImagesError.PermissionNotFound(@namespace, repository, $"user_id={userId}"),
            { Above: { } userId } => RepositoryAuthGate.GrantedMore(opened, userId),
            _ => TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
        };
    }
}
