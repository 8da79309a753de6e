using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Storage;

namespace Stagedoor.Images.Collection;

/// <summary><c>POST /v2/manage/gc</c>: a collection now, of what all accounts need no longer.</summary>
internal static class CollectGarbage
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    internal sealed record Response(int DeletedTags, int DeletedManifests, int DeletedBlobs, long FreedBytes);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/gc", HandleAsync)
        .WithName(nameof(CollectGarbage))
        .WithSummary("Remove what nothing needs any more")
        .SpeaksJson(CollectionJson.Wire)
        .Answers<Response>(200, "What was removed.")
        .Action("swr:registry:collectGarbage")
        .Audit("collectGarbage", "registry")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .CanFail(ImagesCodes.OperationDenied, ImagesCodes.SystemBusy, ImagesCodes.DeleteStoredLayerFailed, ImagesCodes.GetUserListFailed);

    private static async Task<IResult> HandleAsync(Caller caller, IOperatorAccount accounts, Collector collector, CancellationToken cancellationToken)
    {
        if (!Rights.IsAdministrator(caller) || !await accounts.IsOperatorAsync(caller.DomainId, cancellationToken).FaultAs(ImagesCodes.GetUserListFailed))
        {
            return new ApiException(ImagesCodes.OperationDenied, "only an administrator of the operator's account, the first of the installation, may collect");
        }

        try
        {
            return await collector.TryCollectAsync(s_patience, cancellationToken) switch
            {
                null => new ApiException(ImagesCodes.SystemBusy, "another collection is running, perhaps on another replica"),
                { Objection: { } objection } => new ApiException(ImagesCodes.SystemBusy, $"nothing is collected: {objection}"),
                { } c => TypedResults.Json(new Response(c.Released, c.Retired, c.Blobs, c.Bytes), CollectionJson.Wire.CollectGarbageResponse),
            };
        }
        catch (StorageException fault) when (fault.Store is StorageSource.Blobs)
        {
            throw new ApiException(ImagesCodes.DeleteStoredLayerFailed, "what was removed before stays removed", inner: fault);
        }
    }
}
