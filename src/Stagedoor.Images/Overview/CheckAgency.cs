using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Overview;

/// <summary><c>GET /v2/manage/agency</c></summary>
internal static class CheckAgency
{
    internal sealed record Response(string DomainId, bool IsAgency);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/agency", HandleAsync)
        .WithName(nameof(CheckAgency))
        .WithSummary("Tell whether the account lets the service act for it")
        .Answers<Response>(200, "Whether it does.")
        .Action("swr:agency:check")
        .FaultsAs(ImagesCodes.GetFailed);

    private static async Task<IResult> HandleAsync(Caller caller, AgencyStore agencies, CancellationToken cancellationToken) => TypedResults.Json(
        new Response(caller.DomainId, await agencies.ExistsAsync(caller.DomainId, cancellationToken)), OverviewJson.Wire.AgencyResponse);
}
