using System.Globalization;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Repositories;

/// <summary><c>GET /v3/manage/repos</c>: the same list, page after page by a marker.</summary>
internal static class ListRepoDetails
{
    internal sealed record Item(
        long Id,
        string Name,
        string Category,
        string Description,
        long Size,
        bool IsPublic,
        long NumImages,
        long NumDownload,
        string CreatedAt,
        string UpdatedAt,
        string DomainName,
        string NamespaceName,
        bool Status)
    {
        public static Item Of(RepositoryDetails r, bool status = false) => new(
            r.Id,
            r.Name,
            r.Category,
            r.Description,
            r.Size,
            r.IsPublic == 1,
            r.NumImages,
            r.NumDownload,
            WireTime.Of(r.CreatedAt),
            WireTime.Of(r.UpdatedAt),
            r.DomainName,
            r.Organization,
            status);
    }

    internal sealed record Response(
        IReadOnlyList<Item> Repos,
        [property: JsonPropertyName("nextMarker"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? NextMarker);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repos", HandleAsync)
        .WithName(nameof(ListRepoDetails))
        .WithSummary("List the repositories by a marker")
        .QueryParameter("namespace", "Only those of this organization.")
        .QueryParameter("name", "Only those whose name contains it.")
        .QueryParameter("category", "Only those of this category.")
        .QueryParameter("is_public", "Only those that everybody may pull from, or only others: true or false.")
        .QueryParameter("limit", $"The most records to answer, {PageQuery.DefaultLimit} unless given, at most {PageQuery.MaxLimit}.", ParameterType.Number)
        .QueryParameter("marker", "nextMarker of the page before.", ParameterType.Number)
        .Answers<Response>(200, "The repositories; nextMarker unless it is the last page.")
        .Action("swr:repo:listRepos")
        .FaultsAs(ImagesCodes.ListImagesFailed)
        .CanFail(
            ImagesCodes.InvalidPageSize,
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.InvalidQueryParameter,
            ImagesCodes.InvalidIsPublic,
            ImagesCodes.InvalidParameter);

    private static async Task<IResult> HandleAsync(
        string? @namespace,
        string? name,
        string? category,
        [Microsoft.AspNetCore.Mvc.FromQuery(Name = "is_public")] string? isPublic,
        string? limit,
        string? marker,
        Caller caller,
        RepositoryCatalog catalog,
        CancellationToken cancellationToken)
    {
        var count = (int)Math.Min(ReadNumber("limit", limit, 1) ?? PageQuery.DefaultLimit, PageQuery.MaxLimit);
        var after = ReadNumber("marker", marker, 0) ?? 0;
        if (!string.IsNullOrEmpty(@namespace) && !Organization.IsValidName(@namespace))
        {
            return ImagesError.InvalidOrganizationName(@namespace);
        }

        if (name is { Length: > RepositoryName.MaxRepositoryLength } || (name is not null && !Text.IsStorable(name)))
        {
            return ImagesError.InvalidParameter($"name is longer than {RepositoryName.MaxRepositoryLength} characters, or no text");
        }

        var filter = new RepositoryFilter
        {
            Namespace = string.IsNullOrEmpty(@namespace) ? null : @namespace,
            NamePart = string.IsNullOrEmpty(name) ? null : name,
            Category = RepositoryCategory.Read(category),
            IsPublic = ListReposDetails.ReadFlag(isPublic),
        };
        var found = await catalog.ListAfterAsync(caller, filter, after, count + 1, cancellationToken);
        var page = found.Take(count).ToList();
        return TypedResults.Json(
            new Response([.. page.Select(static r => Item.Of(r))], found.Count > count ? page[^1].Id : null), ImagesJson.Wire.ListRepoDetailsResponse);
    }

    private static long? ReadNumber(string name, string? text, long least)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw ImagesError.InvalidPageSize(name, text);
    }
}
