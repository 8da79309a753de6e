using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Tags;

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}</c>: it can be restored for some time.</summary>
internal static class DeleteRepoTag
{
    public static void Map(IEndpointRouteBuilder routes) =>
        MapAt(routes, "/namespaces/{namespace}/repos/{repository}/tags/{tag}").WithName(nameof(DeleteRepoTag));

    /// <summary>Maps it at a path, for which it still needs a name.</summary>
    public static RouteHandlerBuilder MapAt(IEndpointRouteBuilder routes, string path) => routes
        .MapDelete(path, HandleAsync)
        .WithSummary("Delete a tag of a repository")
        .QueryParameter("force", "true: also when somebody uses it.")
        .AnswersEmpty(204, "It is gone; POST …/restore brings it back for Images:Collector:RestoreHours.")
        .Action("swr:repo:deleteRepoTag")
        .Audit("deleteImageTag", "imageTag")
        .FaultsAs(ImagesCodes.DeleteImageFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(ImagesCodes.InvalidVersion, ImagesCodes.InvalidQueryParameter, ImagesCodes.TagNotFound, ImagesCodes.SystemBusy);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        string tag,
        Caller caller,
        RepositoryGate gate,
        TagCatalog tags,
        TagStore store,
        TagHolders holders,
        ManifestStore manifests,
        ManifestCache cache,
        TagGuard guard,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}:{tag}");
        var force = ListRepositoryTags.ReadFlag("force", context.Request.Query["force"]);
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        // The manifest stays, and with it what it refers to: no count of references changes before the collector takes the tag.
        bool deleted;
        if (force)
        {
            context.AuditDetail("force: deleted whoever uses it");
            deleted = await manifests.DeleteTagAsync(opened.Id, tag, caller.UserName, new(), cancellationToken);
        }
        else
        {
            deleted = await DeleteUnheldAsync(opened, tag, caller, tags, store, guard, holders, cancellationToken);
        }

        cache.Invalidate(opened.Id);
        return deleted ? TypedResults.NoContent()
            : await guard.IsKeptAsync(opened.Id, tag, cancellationToken) ? ImagesError.TagKept(ImagesCodes.PermissionDenied, @namespace, repository, tag)
            : ImagesError.TagNotFound(@namespace, repository, tag);
    }

    // What was asked about is what goes: a tag that was moved since is asked about again.
    private static async Task<bool> DeleteUnheldAsync(
        OpenedRepository opened, string tag, Caller caller, TagCatalog tags, TagStore store, TagGuard guard, TagHolders holders, CancellationToken cancellationToken)
    {
        while (await tags.FindAsync(opened.Id, tag, cancellationToken) is { } row && !await guard.IsKeptAsync(opened.Id, tag, cancellationToken))
        {
            var held = await holders.FindAsync(opened.Organization.Name, opened.Name, opened.Id, [row], cancellationToken);
            if (held.Contains(tag))
            {
                throw ImagesError.TagHeld(opened.Organization.Name, opened.Name, tag, held[tag]);
            }

            if (await store.DeleteAsync(opened.Id, row, caller.UserName, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }
}
