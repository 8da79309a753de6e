using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.UserCharts;
using Stagedoor.Content.Responses;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.HelmRepository;

/// <summary><c>GET /helm/{project}/charts/{file}</c></summary>
internal static class DownloadHelmChart
{
    /// <summary>The query parameter that says which of two charts is meant whose files are called the same.</summary>
    public const string Id = "id";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/charts/{file}", HandleAsync)
        .WithName(nameof(DownloadHelmChart))
        .WithSummary("Download the package of a chart, as helm pull does")
        .PathParameter("file", "The name and version of the chart, as NAME-VERSION.tgz.")
        .QueryParameter(Id, "Which chart, where two give one name.")
        .AnswersContent(200, "application/gzip", "The package as it was uploaded.")
        .AnswersEmpty(304, "It is as If-None-Match says.")
        .HeaderParameter("If-None-Match", "The ETag of what the caller has.")
        .SendsHeader(200, "ETag", "The SHA-256 of what is sent, in quotes.")
        .Action("cce:chart:get")
        .CanFail(AddonsCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        string file, [FromQuery(Name = Id)] string? id, HttpContext context, Caller caller, ChartStore charts, PackageStore packages, CancellationToken cancellationToken)
    {
        if (await charts.FindFileAsync(caller.Project(), file, id, cancellationToken) is not { } chart)
        {
            return AddonsError.ChartNotFound(file);
        }

        context.Response.Headers.ETag = $"\"{chart.Digest}\"";
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch.ToString(), chart.Digest))
        {
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        }

        await using var content = await packages.OpenAsync(chart.LibraryId, chart.Digest, cancellationToken);
        if (content is null)
        {
            return AddonsError.ChartNotFound(file);
        }

        await PackageAnswer.SendAsync(content, chart.Name, chart.Version, chart.Digest, context.Response, cancellationToken);
        return Results.Empty;
    }
}
