using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Access;

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}/repos/{repository}/access</c>: takes away what users were granted; the body lists their ids.</summary>
internal static class DeleteUserRepositoryAuth
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/namespaces/{namespace}/repos/{repository}/access", HandleAsync)
        .WithName(nameof(DeleteUserRepositoryAuth))
        .WithSummary("Take away what users were granted of a repository")
        .AnswersEmpty(204, "They do not have it any more.")
        .Action("swr:repo:deleteRepoAuth")
        .Audit("deleteUserRepositoryAuth", "repositoryAuth")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .CanFail(RepositoryAuthGate.Refusals)
        .CanFail(ImagesCodes.PermissionNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [FromBody] IReadOnlyList<string?> request,
        Caller caller,
        RepositoryGate gate,
        RepositoryGrants grants,
        RegistryCache cache,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var users = UserAuthRequest.ReadUsers(request);
        var opened = await gate.OpenForGrantorAsync(@namespace, repository, caller, cancellationToken);
        context.AuditDetail($"from {string.Join(", ", users)}");
        var outcome = await grants.DeleteAsync(opened.Id, opened.Auth, users, cancellationToken);
        cache.Invalidate();
        return outcome switch
        {
            { IsGone: true } => ImagesError.RepositoryNotFound(@namespace, repository),
            { InTheWay: { } userId } => ImagesError.PermissionNotFound(@namespace, repository, $"user_id={userId}"),
            { Above: { } userId } => RepositoryAuthGate.GrantedMore(opened, userId),
            _ => TypedResults.NoContent(),
        };
    }
}
