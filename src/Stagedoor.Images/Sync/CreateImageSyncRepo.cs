using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Sync;

/// <summary><c>POST /v2/manage/namespaces/{namespace}/repos/{repository}/sync_repo</c>: a rule for a target, or another one in its place.</summary>
internal static class CreateImageSyncRepo
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/repos/{repository}/sync_repo", HandleAsync)
        .WithName(nameof(CreateImageSyncRepo))
        .WithSummary("Set where new tags of a repository are copied to")
        .SpeaksJson(SyncJson.Wire)
        .Answers<Empty>(200, "The rule is in force for tags that are made or moved from now on.")
        .Action("swr:repo:createAutoSyncRepo")
        .Audit("createImageSyncRepo", "imageSyncRepo")
        .FaultsAs(ImagesCodes.SaveFailed)
        .CanFail(SyncServices.Refusals)
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.RequiredParameterMissing, ImagesCodes.UnsupportedRegistryType, ImagesCodes.RegistryUnavailable);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        SyncRequest request,
        Caller caller,
        RepositoryGate gate,
        RemoteRegistries registries,
        SyncStore store,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var (regionName, remote) = request.ReadTarget();
        var region = SyncRequest.FindRegion(registries, regionName);
        var opened = await gate.OpenForAdministratorAsync(@namespace, repository, caller, cancellationToken);
        await SyncRequest.ProbeAsync(registries, region, regionName, $"{remote}/{repository}", cancellationToken);
        context.AuditDetail($"to {regionName}/{remote}");
        return await store.SetRuleAsync(
            new(opened.Id, regionName, remote), request.SyncAuto ?? false, request.Override ?? false, SyncOperator.Of(caller), cancellationToken)
            ? TypedResults.Json(Empty.Value, SyncJson.Wire.Empty)
            : ImagesError.RepositoryNotFound(@namespace, repository);
    }
}
