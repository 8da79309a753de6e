using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;

namespace Stagedoor.Images.Sync;

/// <summary><c>GET /v2/manage/regions</c>: the registries that images can be copied to, as the settings name them.</summary>
internal static class ListSyncRegions
{
    internal sealed record Region(string RegionID);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/regions", Handle)
        .WithName(nameof(ListSyncRegions))
        .WithSummary("List the regions that images can be copied to")
        .SpeaksJson(SyncJson.Wire)
        .Answers<IReadOnlyList<Region>>(200, "Their names.")
        .Action("swr:repo:listSyncRegions")
        .CanFail(ImagesCodes.OperationDenied);

    private static IResult Handle(Caller caller, RemoteRegistries registries) => Rights.IsAdministrator(caller)
        ? TypedResults.Json<IReadOnlyList<Region>>([.. registries.Names.Select(static n => new Region(n))], SyncJson.Wire.SyncRegions)
        : ImagesError.OperationDenied();
}
