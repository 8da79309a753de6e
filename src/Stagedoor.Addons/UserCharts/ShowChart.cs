using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserCharts;

/// <summary><c>GET /v2/charts/{chart_id}</c></summary>
internal static class ShowChart
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{chart_id}", HandleAsync)
        .WithName(nameof(ShowChart))
        .WithSummary("Show a chart")
        .Answers<ChartView>(200, "What it is.")
        .Action("cce:chart:get")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.SerializeFailed);

    private static async Task<IResult> HandleAsync([FromRoute(Name = "chart_id")] string id, Caller caller, ChartStore charts, CancellationToken cancellationToken) =>
        await charts.FindAsync(caller.Project(), id, cancellationToken) is not { } chart ? AddonsError.ChartNotFound(id)
        : chart.ChartValues is null ? AddonsError.UnserializableValues(chart.Name, chart.Version)
        : TypedResults.Json(ChartView.Of(chart), AddonsJson.Wire.ChartView);
}
