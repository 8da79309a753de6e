using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.UserCharts;
using Stagedoor.Content.Responses;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.HelmRepository;

/// <summary><c>GET /helm/{project}/index.yaml</c></summary>
internal static class ShowHelmIndex
{
    private const string YamlType = "application/yaml";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/index.yaml", HandleAsync)
        .WithName(nameof(ShowHelmIndex))
        .WithSummary("The index of the project's charts, as helm repo add reads it")
        .AnswersContent(200, YamlType, "The charts with their versions, the latest first.")
        .AnswersEmpty(304, "It is as If-None-Match says.")
        .HeaderParameter("If-None-Match", "The ETag of what the caller has.")
        .SendsHeader(200, "ETag", "The SHA-256 of what is sent, in quotes.")
        .Action("cce:chart:list");

    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, ChartStore charts, CancellationToken cancellationToken)
    {
        var index = HelmIndex.Of(await charts.ListVisibleAsync(caller.Project(), cancellationToken));
        var response = context.Response;
        response.Headers.ETag = $"\"{index.Tag}\"";
        if (EntityTags.Match(context.Request.Headers.IfNoneMatch.ToString(), index.Tag))
        {
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        }

        response.ContentType = YamlType;
        response.ContentLength = index.Bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.Body.WriteAsync(index.Bytes, cancellationToken);
        }

        return Results.Empty;
    }
}
