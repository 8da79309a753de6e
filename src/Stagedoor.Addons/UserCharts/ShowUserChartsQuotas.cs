using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserCharts;

/// <summary><c>GET /v2/charts/{project_id}/quotas</c></summary>
internal static class ShowUserChartsQuotas
{
    private const string Type = "cceChart";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{project_id}/quotas", HandleAsync)
        .WithName(nameof(ShowUserChartsQuotas))
        .WithSummary("Show how many charts the project has and may have; each version counts")
        .Answers<ChartQuotas>(200, "The quota.")
        .Action("cce:chart:list");

    private static async Task<IResult> HandleAsync(Caller caller, ChartStore charts, IOptions<AddonsOptions> options, CancellationToken cancellationToken) => TypedResults.Json(
        new ChartQuotas(new([new(Type, options.Value.MaxChartsPerProject, await charts.CountAsync(caller.Project(), cancellationToken))])), AddonsJson.Wire.ChartQuotas);
}
