using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserCharts;

/// <summary><c>GET /v2/charts/{chart_id}/archive</c></summary>
internal static class DownloadChart
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{chart_id}/archive", HandleAsync)
        .WithName(nameof(DownloadChart))
        .WithSummary("Download the package of a chart")
        .AnswersContent(200, "application/gzip", "The package as it was uploaded.")
        .Action("cce:chart:get")
        .CanFail(AddonsCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "chart_id")] string id, HttpContext context, Caller caller, ChartStore charts, PackageStore packages, CancellationToken cancellationToken)
    {
        if (await charts.FindAsync(caller.Project(), id, cancellationToken) is not { } chart)
        {
            return AddonsError.ChartNotFound(id);
        }

        // Who has opened it reads it to its end, also when it is deleted meanwhile.
        await using var content = await packages.OpenAsync(chart.LibraryId, chart.Digest, cancellationToken);
        if (content is null)
        {
            return AddonsError.ChartNotFound(id);
        }

        await PackageAnswer.SendAsync(content, chart.Name, chart.Version, chart.Digest, context.Response, cancellationToken);
        return Results.Empty;
    }
}
