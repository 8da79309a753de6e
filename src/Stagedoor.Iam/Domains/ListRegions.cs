using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Domains;

/// <summary><c>GET /v3/regions</c>: the one region that this installation is.</summary>
internal static class ListRegions
{
    internal sealed record Response(IReadOnlyList<RegionBody> Regions, Links Links);

    internal sealed record RegionBody(
        string Id,
        string Type,
        string Description,
        [property: JsonPropertyName("parent_region_id")] string? ParentRegionId,
        SelfLink Links,
        LocaleNames Locales);

    internal sealed record LocaleNames([property: JsonPropertyName("en-us")] string English, [property: JsonPropertyName("zh-cn")] string Chinese);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/regions", Handle)
        .WithName(nameof(ListRegions))
        .WithSummary("List the regions")
        .Answers<Response>(200, "The one region that this installation is.")
        .Action("iam:regions:list");

    private static Ok<Response> Handle(IOptions<IamOptions> options, HttpContext context)
    {
        var region = options.Value.Region;
        var body = new RegionBody(
            region, "public", "", null, new($"{context.ExternalBase()}/v3/regions/{region}"), new(region, region));
        return TypedResults.Ok(new Response([body], Links.Here(context)));
    }
}
