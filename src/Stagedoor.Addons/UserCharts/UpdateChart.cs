using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserCharts;

/// <summary><c>PUT /v2/charts/{chart_id}</c></summary>
internal static class UpdateChart
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/{chart_id}", HandleAsync)
        .WithName(nameof(UpdateChart))
        .WithSummary("Replace the package of a chart, with the same or another version: the form parts content and parameters")
        .ReadsForm()
        .Answers<ChartView>(200, "It is replaced; what it is now.")
        .Action("cce:chart:update")
        .Audit("updateChart", "chart")
        .FaultsAs(AddonsCodes.Internal, AddonsCodes.UploadFileFailed)
        .CanFail(AddonsCodes.NotFound, AddonsCodes.Conflict, AddonsCodes.DeleteFileFailed);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "chart_id")] string id, HttpContext context, Caller caller, UploadedChart uploads, ChartStore charts, CancellationToken cancellationToken)
    {
        if (await charts.FindAsync(caller.Project(), id, cancellationToken) is not { } old)
        {
            return AddonsError.ChartNotFound(id);
        }

        // What the request does not say stays.
        var chart = await uploads.TakeAsync(
            context,
            caller,
            (c, parameters) => Task.FromResult((
                c with { Id = id, Source = parameters.Source is null ? old.Source : c.Source, Visible = parameters.Visible is null ? old.Visible : c.Visible },
                old.Removing != 0 ? ChartOutcome.Removing : ChartOutcome.Done)),
            (c, _) => charts.ReplaceAsync(id, c, cancellationToken),
            cancellationToken);
        return TypedResults.Json(ChartView.Of(chart), AddonsJson.Wire.ChartView);
    }
}
