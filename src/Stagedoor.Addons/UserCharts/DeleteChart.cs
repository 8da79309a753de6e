using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Storage;

namespace Stagedoor.Addons.UserCharts;

/// <summary><c>DELETE /v2/charts/{chart_id}</c></summary>
internal static class DeleteChart
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/{chart_id}", HandleAsync)
        .WithName(nameof(DeleteChart))
        .WithSummary("Delete a chart with its package; releases that were made of it stay")
        .Answers<ChartView>(200, "It is deleted; what it was.")
        .Action("cce:chart:delete")
        .Audit("deleteChart", "chart")
        .FaultsAs(AddonsCodes.Internal, AddonsCodes.DeleteFileFailed)
        .CanFail(AddonsCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "chart_id")] string id, HttpContext context, Caller caller, ChartStore charts, PackageStore packages, CancellationToken cancellationToken)
    {
        context.AuditResource(null, id);
        if (await charts.BeginRemovalAsync(caller.Project(), id, cancellationToken) is not { } chart)
        {
            return AddonsError.ChartNotFound(id);
        }

        // The package first: what cannot be removed stays listed, and the call can be repeated.
        try
        {
            await packages.RemoveAsync(chart.LibraryId, chart.Digest, cancellationToken);
        }
        catch (Exception e) when (e is StorageException or OperationCanceledException)
        {
            await charts.EndRemovalAsync(chart, CancellationToken.None);
            throw;
        }

        if (!await charts.ForgetAsync(chart, CancellationToken.None) && await charts.FindAsync(chart.ProjectId, id, CancellationToken.None) is not null)
        {
            // Somebody else could not remove it, and gave it back before this was done.
            return new ApiException(AddonsCodes.DeleteFileFailed, "the package could not be removed; the chart is as it was");
        }

        return TypedResults.Json(ChartView.Of(chart), AddonsJson.Wire.ChartView);
    }
}
