using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Oci;
using Stagedoor.Images.Oci.Tokens;

namespace Stagedoor.Images.Catalog;

/// <summary><c>GET /v2/_catalog</c>: the repositories that the caller may read.</summary>
internal sealed class ListCatalog(CatalogStore catalog, IOptions<ImagesOptions> options) : IOciOperation
{
    private const int MaxPage = 1000;

    internal sealed record Response(IReadOnlyList<string> Repositories);

    public static void Map(OciRoutes routes) => routes
        .Map<ListCatalog>("GET,HEAD", "/v2/_catalog", RegistryResource.Catalog)
        .WithSummary("List the repositories that the caller may read")
        .QueryParameter("n", "How many at most.", ParameterType.Number)
        .QueryParameter("last", "The last repository of the page before.")
        .WithMetadata(new AnswerMetadata(200, "The repositories, in order.", typeof(Response), "application/json"))
        .SendsHeader(200, "Link", "The next page, when there is one.")
        .FaultsAs(ImagesCodes.ListImagesFailed)
        .CanFail(ImagesCodes.UrlNotFound, ImagesCodes.InvalidParameter);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        if (!options.Value.Catalog)
        {
            throw RegistryError.PathUnknown(context.Request.Path.Value!);
        }

        if (!identity.CoversCatalog)
        {
            throw RegistryError.Unauthorized(context, insufficientScope: true);
        }

        var count = RegistryEndpoints.PageSize(context.Request.Query, MaxPage);
        var last = RegistryEndpoints.Stored(context.Request.Query, "last");
        // One more tells whether there is a next page.
        var names = count == 0 ? [] : await catalog.ListAsync(identity.Caller, last, count + 1, context.RequestAborted).FaultAs(ImagesCodes.ListImagesFailed);
        var response = context.Response;
        if (names.Count > count)
        {
            names = [.. names.Take(count)];
            response.Headers.Link = string.Create(CultureInfo.InvariantCulture, $"</v2/_catalog?n={count}&last={Uri.EscapeDataString(names[^1])}>; rel=\"next\"");
        }

        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        await RegistryEndpoints.WriteJsonAsync(
            response,
            "application/json",
            JsonSerializer.SerializeToUtf8Bytes(new Response(names), ImagesJson.Wire.ListCatalogResponse),
            context.RequestAborted);
    }
}
