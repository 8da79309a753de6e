using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserCharts;

/// <summary><c>GET /v2/charts/{chart_id}/values</c></summary>
internal static class ShowChartValues
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{chart_id}/values", HandleAsync)
        .WithName(nameof(ShowChartValues))
        .WithSummary("Show the values.yaml of a chart as JSON")
        .Answers<ChartValuesView>(200, "The values.")
        .Action("cce:chart:get")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.SerializeFailed);

    private static async Task<IResult> HandleAsync([FromRoute(Name = "chart_id")] string id, Caller caller, ChartStore charts, CancellationToken cancellationToken) =>
        await charts.FindAsync(caller.Project(), id, cancellationToken) is not { } chart ? AddonsError.ChartNotFound(id)
        : chart.ChartValues is not { } values ? AddonsError.UnserializableValues(chart.Name, chart.Version)
        : TypedResults.Json(new ChartValuesView(new(values)), AddonsJson.Wire.ChartValuesView);
}
