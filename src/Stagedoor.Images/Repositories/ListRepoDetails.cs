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
        var page = ReadPage(limit, marker);
        var filter = ReadNames(@namespace, name) with { Category = RepositoryCategory.Read(category), IsPublic = ListReposDetails.ReadFlag(isPublic) };
        var found = await catalog.ListAfterAsync(caller, filter, page.After, page.Count + 1, cancellationToken);
        return TypedResults.Json(Answer(found, page.Count, static r => Item.Of(r)), ImagesJson.Wire.ListRepoDetailsResponse);
    }

    /// <summary>How many records are asked for, and behind which.</summary>
    /// <exception cref="ApiException">One of them is no number, or too small.</exception>
    public static (int Count, long After) ReadPage(string? limit, string? marker) =>
        ((int)Math.Min(ReadNumber("limit", limit, 1) ?? PageQuery.DefaultLimit, PageQuery.MaxLimit), ReadNumber("marker", marker, 0) ?? 0);

    /// <summary>A page and where the next one begins, of which one record more was read.</summary>
    public static Response Answer(IReadOnlyList<RepositoryDetails> found, int count, Func<RepositoryDetails, Item> view) =>
        new([.. found.Take(count).Select(view)], found.Count > count ? found[count - 1].Id : null);

    /// <inheritdoc cref="ListReposDetails.ReadNames"/>
    public static RepositoryFilter ReadNames(string? @namespace, string? name)
    {
        if (!string.IsNullOrEmpty(@namespace) && !Organization.IsValidName(@namespace))
        {
            throw ImagesError.InvalidOrganizationName(@namespace);
        }

        if (name is { Length: > RepositoryName.MaxRepositoryLength } || (name is not null && !Text.IsStorable(name)))
        {
            throw ImagesError.InvalidParameter($"name is longer than {RepositoryName.MaxRepositoryLength} characters, or no text");
        }

        return new() { Namespace = string.IsNullOrEmpty(@namespace) ? null : @namespace, NamePart = string.IsNullOrEmpty(name) ? null : name };
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
