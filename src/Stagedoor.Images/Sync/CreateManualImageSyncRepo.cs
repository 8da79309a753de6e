using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Sync;

/// <summary><c>POST /v2/manage/namespaces/{namespace}/repos/{repository}/sync_images</c>: copies tags once.</summary>
internal static class CreateManualImageSyncRepo
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/repos/{repository}/sync_images", HandleAsync)
        .WithName(nameof(CreateManualImageSyncRepo))
        .WithSummary("Copy tags of a repository to another registry")
        .SpeaksJson(SyncJson.Wire)
        .Answers<IReadOnlyList<string>>(200, "All of them are copied from now on; the list of those that could not be asked for is empty.")
        .Action("swr:repo:createManualSyncRepo")
        .Audit("createManualImageSyncRepo", "imageSyncRepo")
        .FaultsAs(ImagesCodes.SaveFailed)
        .CanFail(SyncServices.Refusals)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.UnsupportedRegistryType,
            ImagesCodes.RegistryUnavailable,
            ImagesCodes.TagNotFound,
            ImagesCodes.SystemBusy);

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
        if (request.ImageTag is not { } list)
        {
            return ImagesError.RequiredParameterMissing("imageTag");
        }

        var (regionName, remote) = request.ReadTarget();
        string[] tags = [.. list.OfType<string>().Where(static t => Tags.TagName.IsValid(t)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (list.Count is < 1 or > SyncRequest.MaxTags || tags.Length != list.Count)
        {
            return ImagesError.InvalidParameter($"imageTag is a list of 1 to {SyncRequest.MaxTags} tags, each of them once");
        }

        var region = SyncRequest.FindRegion(registries, regionName);
        var opened = await gate.OpenForAdministratorAsync(@namespace, repository, caller, cancellationToken);
        await SyncRequest.ProbeAsync(registries, region, regionName, $"{remote}/{repository}", cancellationToken);
        context.AuditDetail($"{string.Join(", ", tags)} to {regionName}/{remote}");
        return await store.QueueAsync(new(opened.Id, regionName, remote), tags, request.Override ?? false, SyncOperator.Of(caller), cancellationToken) switch
        {
            { IsGone: true } => ImagesError.RepositoryNotFound(@namespace, repository),
            { Absent: { } absent } => ImagesError.SyncTagNotFound(@namespace, repository, absent),
            { Unfinished: { } unfinished } => ImagesError.SyncUnfinished(unfinished),
            _ => TypedResults.Json<IReadOnlyList<string>>([], SyncJson.Wire.IReadOnlyListString),
        };
    }
}
