using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserCharts;

/// <summary><c>GET /v2/charts</c></summary>
internal static class ListCharts
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("", HandleAsync)
        .WithName(nameof(ListCharts))
        .WithSummary("List the charts of the project")
        .Answers<IReadOnlyList<ChartView>>(200, "All of them, by name. values is empty of one whose values JSON cannot say.")
        .Action("cce:chart:list");

    private static async Task<IResult> HandleAsync(Caller caller, ChartStore charts, CancellationToken cancellationToken) => TypedResults.Json(
        [.. (await charts.ListAsync(caller.Project(), cancellationToken)).Select(ChartView.Of)], AddonsJson.Wire.IReadOnlyListChartView);
}
