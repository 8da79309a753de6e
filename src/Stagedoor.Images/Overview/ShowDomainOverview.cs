using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Overview;

/// <summary><c>GET /v2/manage/overview</c>: how much the account has.</summary>
internal static class ShowDomainOverview
{
    /// <remarks>
    /// Namespaces: How many organizations; the original service spells it so.
    /// StoreSpace: What the organizations hold, in GiB; what several images of one have in common counts once.
    /// DownflowSize: What was sent of them since the beginning, in GiB.
    /// </remarks>
    internal sealed record Response(
        string DomainId,
        string DomainName,
        [property: JsonPropertyName("namspace_num")] long Namespaces,
        long RepoNum,
        long ImageNum,
        double StoreSpace,
        double DownflowSize);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/overview", HandleAsync)
        .WithName(nameof(ShowDomainOverview))
        .WithSummary("Show how much the account has")
        .Answers<Response>(200, "The numbers.")
        .Action("swr:overview:show")
        .FaultsAs(ImagesCodes.GetFailed);

    private static async Task<IResult> HandleAsync(Caller caller, OverviewStore store, CancellationToken cancellationToken)
    {
        var use = await store.ReadUseAsync(caller.DomainId, cancellationToken);
        var sent = await store.ReadSentAsync(caller.DomainId, cancellationToken);
        return TypedResults.Json(
            new Response(caller.DomainId, caller.DomainName, use.Organizations, use.Repositories, use.Tags, Gibibytes(use.Bytes), Gibibytes(sent)),
            OverviewJson.Wire.OverviewResponse);
    }

    /// <summary>Bytes as the original service shows them.</summary>
    public static double Gibibytes(long bytes) => bytes / (double)(1L << 30);
}
