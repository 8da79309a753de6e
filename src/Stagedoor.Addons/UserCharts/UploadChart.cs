using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserCharts;

/// <summary><c>POST /v2/charts</c></summary>
internal static class UploadChart
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("", HandleAsync)
        .WithName(nameof(UploadChart))
        .WithSummary("Upload a chart: the form parts content and parameters")
        .ReadsForm()
        .Answers<ChartView>(201, "It is there; what it is.")
        .Action("cce:chart:upload")
        .Audit("uploadChart", "chart")
        .FaultsAs(AddonsCodes.Internal, AddonsCodes.UploadFileFailed)
        .CanFail(AddonsCodes.Conflict, AddonsCodes.DeleteFileFailed);

    private static async Task<IResult> HandleAsync(
        HttpContext context, Caller caller, UploadedChart uploads, ChartStore charts, IdSource ids, CancellationToken cancellationToken)
    {
        var chart = await uploads.TakeAsync(
            context,
            caller,
            async (c, parameters) => (
                c with { Id = ids.NewGuid().ToString("D") },
                await charts.FindVersionAsync(caller.Project(), c.Name, c.Version, cancellationToken) is not { } there ? ChartOutcome.Done
                : there.Removing != 0 ? ChartOutcome.Removing
                : parameters.Override ? ChartOutcome.Done : ChartOutcome.Present),
            (c, parameters) => charts.AddAsync(c, parameters.Override, cancellationToken),
            cancellationToken);
        return TypedResults.Json(ChartView.Of(chart), AddonsJson.Wire.ChartView, statusCode: StatusCodes.Status201Created);
    }
}
