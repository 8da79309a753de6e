using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Hub;

/// <summary><c>GET /v2/manage/search</c>: all that the caller may read and whose name has the words.</summary>
internal static class Search
{
    private static readonly string[] s_keys = ["q", "type"];

    /// <remarks>
    /// Type: <c>image</c> or <c>app</c>.
    /// Path: What an image is pulled as; where a package is.
    /// </remarks>
    internal sealed record Item(string Type, string Namespace, string Name, string Path, string Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/search", HandleAsync)
        .WithName(nameof(Search))
        .WithSummary("Search in the names of everything that the caller may read")
        .QueryParameter("q", "Words that the name, with that of its organization, contains.")
        .QueryParameter("type", "image or app; empty for both.")
        .Pages()
        .Answers<IReadOnlyList<Item>>(200, "What was found, in the order of names.")
        .Action("swr:hub:search")
        .FaultsAs(ImagesCodes.SearchFailed)
        .CanFail(ImagesCodes.ExternalAddressNotConfigured, ImagesCodes.SearchInputMissing, ImagesCodes.InvalidTypeFilter);

    private static async Task<IResult> HandleAsync(
        HttpContext context, Caller caller, SearchStore store, ImageAddresses addresses, CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys);
        if (string.IsNullOrWhiteSpace(query["q"]))
        {
            return ImagesError.SearchInputMissing();
        }

        var type = query["type"];
        if (type is not (null or "app" or "image"))
        {
            return ImagesError.InvalidSearchType(type);
        }

        var (total, page) = SearchStore.WordsOf(query["q"]!) is { } words
            ? await store.FindAsync(caller, type, words, query.Offset, query.Limit, cancellationToken)
            : (0, []);
        var host = addresses.External(context);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<Item>)[.. page.Select(f => new Item(f.Type, f.Organization, f.Name, f.Path(host), f.Description))],
            HubJson.Wire.IReadOnlyListItem);
    }
}
