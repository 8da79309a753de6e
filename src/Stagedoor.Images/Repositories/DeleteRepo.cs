using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.Repositories;

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}/repos/{repository}</c>: a repository without tags, with everything else in it.</summary>
internal static class DeleteRepo
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/namespaces/{namespace}/repos/{repository}", HandleAsync)
        .WithName(nameof(DeleteRepo))
        .WithSummary("Delete a repository that has no tags")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:repo:deleteRepo")
        .Audit("deleteImageRepository", "imageRepository")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(ImagesCodes.ImageNotEmpty);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        RepositoryStore repositories,
        RegistryCache cache,
        ManifestCache manifests,
        IEnumerable<IRemovalListener> listeners,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}");
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        var deletion = await repositories.DeleteAsync(opened.Id, $"{@namespace}/{repository}", cancellationToken);
        cache.Invalidate();
        manifests.Invalidate(opened.Id);
        if (deletion is { IsGone: false, Tags: 0 })
        {
            foreach (var listener in listeners)
            {
                await listener.HearRepositoryAsync(opened.Id, cancellationToken);
            }
        }

        return deletion switch
        {
            { IsGone: true } => ImagesError.RepositoryNotFound(@namespace, repository),
            { Tag.Length: > 0 } => ImagesError.RepositoryNotEmpty(@namespace, repository, deletion.Tags, deletion.Tag),
            _ => TypedResults.NoContent(),
        };
    }
}
