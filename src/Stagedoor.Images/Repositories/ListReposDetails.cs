using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Repositories;

/// <summary><c>GET /v2/manage/repos</c>: the repositories of the account that the caller may read.</summary>
internal static class ListReposDetails
{
    private static readonly string[] s_keys = ["namespace", "name", "category", "center", "is_public", "mode"];

    public static void Map(IEndpointRouteBuilder routes) => Describe(routes.MapGet("/repos", HandleAsync))
        .WithName(nameof(ListReposDetails))
        .WithSummary("List the repositories");

    /// <summary>What each route says of itself that answers this list.</summary>
    public static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .QueryParameter("namespace", "Only those of this organization; in filter, of those whose name contains it.")
        .QueryParameter("name", "Only those whose name contains it.")
        .QueryParameter("category", "Only those of this category.")
        .QueryParameter("is_public", "Only those that everybody may pull from, or only others: true or false.")
        .QueryParameter("center", "self: those of the own account, as without it.")
        .QueryParameter("mode", "editable: only those that the caller may push to.")
        .Pages(RepositoryOrder.Columns)
        .Answers<IReadOnlyList<RepositoryListItem>>(200, "The repositories.")
        .Action("swr:repo:listRepos")
        .FaultsAs(ImagesCodes.ListImagesFailed)
        .CanFail(ImageAddresses.Faults)
        .CanFail(ImagesCodes.InvalidOrganizationName, ImagesCodes.InvalidIsPublic, ImagesCodes.InvalidParameter, ImagesCodes.NoEditableImage);

    private static Task<IResult> HandleAsync(
        HttpContext context, Caller caller, RepositoryCatalog catalog, ImageAddresses addresses, CancellationToken cancellationToken) =>
        AnswerAsync(context, caller, catalog, addresses, static query => query.Limit, cancellationToken);

    /// <summary>Answers the list.</summary>
    /// <param name="context">The call.</param>
    /// <param name="caller">Whose repositories.</param>
    /// <param name="catalog">Where they are.</param>
    /// <param name="addresses">Where images are pulled from.</param>
    /// <param name="limit">How many records a page has.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public static async Task<IResult> AnswerAsync(
        HttpContext context, Caller caller, RepositoryCatalog catalog, ImageAddresses addresses, Func<PageQuery, int> limit, CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys, RepositoryOrder.Columns);
        var filter = ReadFilter(query, context.Request);
        var (total, page) = await catalog.ListAsync(
            caller, filter, RepositoryOrder.Of(query.OrderColumn, query.IsAscending), query.Offset, limit(query), cancellationToken);
        if (filter.IsEditable && total == 0 && !await HasAnyAsync(caller, catalog, cancellationToken))
        {
            return ImagesError.NothingEditable("mode=editable");
        }

        var tags = await catalog.ListTagsAsync(page, cancellationToken);
        var hosts = await addresses.FindAsync(context);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<RepositoryListItem>)[.. page.Select(r => Item(r, hosts, [.. tags[r.Id]], total))], ImagesJson.Wire.IReadOnlyListRepositoryListItem);
    }

    /// <summary>A repository as an item of a list.</summary>
    /// <param name="r">The repository.</param>
    /// <param name="hosts">Where images are pulled from.</param>
    /// <param name="tags">All its tags.</param>
    /// <param name="total">How many repositories the whole list has.</param>
    /// <param name="status">In lists of shared ones: whether the share is still valid.</param>
    public static RepositoryListItem Item(RepositoryDetails r, ImageHosts hosts, IReadOnlyList<string> tags, long total, bool status = false) => new(
        r.Name,
        r.Category,
        r.Description,
        r.Size,
        r.IsPublic == 1,
        r.NumImages,
        r.NumDownload,
        WireTime.Of(r.CreatedAt),
        WireTime.Of(r.UpdatedAt),
        "",
        "",
        hosts.Path(r.Organization, r.Name),
        hosts.InternalPath(r.Organization, r.Name),
        r.DomainName,
        r.Organization,
        tags,
        status,
        total);

    /// <summary>Which organizations and names are asked for.</summary>
    /// <exception cref="ApiException">One of them is not well formed.</exception>
    public static RepositoryFilter ReadNames(PageQuery query, HttpRequest request)
    {
        var isFilter = request.Query["filter"].ToString().Length > 0;
        var (organization, name) = (query["namespace"], query["name"]);
        // Of a filter it is a part of the name, so that the rule for whole names does not hold.
        if (organization is not null && (isFilter ? organization.Length > Organization.MaxNameLength || !Text.IsStorable(organization) : !Organization.IsValidName(organization)))
        {
            throw ImagesError.InvalidOrganizationName(Text.Cut(Text.Repair(organization), Organization.MaxNameLength));
        }

        if (name is not null && (name.Length > RepositoryName.MaxRepositoryLength || !Text.IsStorable(name)))
        {
            throw ImagesError.InvalidParameter($"name is longer than {RepositoryName.MaxRepositoryLength} characters, or no text");
        }

        return new() { Namespace = isFilter ? null : organization, NamespacePart = isFilter ? organization : null, NamePart = name };
    }

    private static RepositoryFilter ReadFilter(PageQuery query, HttpRequest request)
    {
        var names = ReadNames(query, request);
        if (query["center"] is not null and not "self" and var center)
        {
            throw ImagesError.InvalidQueryParameter("center", center, "self");
        }

        if (query["mode"] is not null and not "editable" and var mode)
        {
            throw ImagesError.InvalidQueryParameter("mode", mode, "editable");
        }

        return names with
        {
            Category = RepositoryCategory.Read(query["category"]),
            IsPublic = ReadFlag(query["is_public"]),
            IsEditable = query["mode"] is not null,
        };
    }

    /// <summary>A flag of a query.</summary>
    /// <exception cref="ApiException">It is neither true nor false.</exception>
    public static bool? ReadFlag(string? text) => text switch
    {
        null or "" => null,
        "true" => true,
        "false" => false,
        _ => throw ImagesError.InvalidIsPublic($"is_public={text}; true or false"),
    };

    private static async Task<bool> HasAnyAsync(Caller caller, RepositoryCatalog catalog, CancellationToken cancellationToken) =>
        (await catalog.ListAsync(caller, new() { IsEditable = true }, RepositoryOrder.Default, 0, 1, cancellationToken)).Total > 0;
}
