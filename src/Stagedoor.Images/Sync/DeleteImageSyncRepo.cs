using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Sync;

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}/repos/{repository}/sync_repo</c>: removes a rule, and cancels what is not copied yet to its target.</summary>
internal static class DeleteImageSyncRepo
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/namespaces/{namespace}/repos/{repository}/sync_repo", HandleAsync)
        .WithName(nameof(DeleteImageSyncRepo))
        .WithSummary("Copy new tags of a repository no more")
        .SpeaksJson(SyncJson.Wire)
        .Answers<Empty>(200, "The rule is gone.")
        .Action("swr:repo:deleteAutoSyncRepo")
        .Audit("deleteImageSyncRepo", "imageSyncRepo")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .CanFail(SyncServices.Refusals)
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.RequiredParameterMissing, ImagesCodes.PermissionNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [FromBody] SyncRequest request,
        Caller caller,
        RepositoryGate gate,
        SyncStore store,
        Jobs.ImagesJobs jobs,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var (region, remote) = request.ReadTarget();
        var opened = await gate.OpenForAdministratorAsync(@namespace, repository, caller, cancellationToken);
        context.AuditDetail($"to {region}/{remote}");
        if (await store.DeleteRuleAsync(new(opened.Id, region, remote), cancellationToken) is not { } running)
        {
            return ImagesError.SyncRuleNotFound(region, remote);
        }

        // They count for nothing any more; this only spares them the work.
        foreach (var job in running)
        {
            await jobs.Store.CancelAsync(job, cancellationToken);
        }

        return TypedResults.Json(Empty.Value, SyncJson.Wire.Empty);
    }
}
