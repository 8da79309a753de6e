using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Hub;

/// <summary><c>GET /v2/manage/hub/images/{namespace}/{repository}/tags</c> and <c>…/tags/{tag}</c>: the tags of a public repository.</summary>
internal static class ShowHubTags
{
    private static readonly string[] s_keys = ["tag"];

    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapGet("/hub/images/{namespace}/{repository}/tags", ListAsync))
            .WithName("ListHubTags")
            .WithSummary("List the tags of a public repository of any account")
            .QueryParameter("tag", "Only those whose name contains it.")
            .Pages(TagOrder.Columns)
            .Answers<IReadOnlyList<TagItem>>(200, "The tags; the manifests of the first ones, as many as 16 MiB hold.")
            .Action("swr:hub:listTags");
        Describe(routes.MapGet("/hub/images/{namespace}/{repository}/tags/{tag}", ShowAsync))
            .WithName("ShowHubTag")
            .WithSummary("Show a tag of a public repository of any account")
            .Answers<TagItem>(200, "The tag.")
            .Action("swr:hub:showTag")
            .CanFail(ImagesCodes.InvalidVersion, ImagesCodes.HubTagNotFound);
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .FaultsAs(ImagesCodes.GetHubTagFailed)
        .CanFail(ImageAddresses.Faults)
        .CanFail(ImagesCodes.InvalidOrganizationName, ImagesCodes.InvalidImageName, ImagesCodes.ImageResourceNotFound, ImagesCodes.GetImageResourceFailed);

    private static async Task<IResult> ListAsync(
        string @namespace, string repository, HttpContext context, HubStore hub, TagCatalog tags, ImageAddresses addresses, CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys, TagOrder.Columns);
        var filter = new TagFilter(query["tag"]);
        var opened = await OpenAsync(hub, @namespace, repository, cancellationToken);
        var page = await tags.ListAsync(opened.Id, filter, TagOrder.Of(query), query.Offset, query.Limit, cancellationToken);
        var total = query.IsRange ? await tags.CountAsync(opened.Id, filter, cancellationToken) : 0;
        var contents = await tags.ReadContentsAsync(opened.Id, page, withText: true, cancellationToken);
        var hosts = await addresses.FindAsync(context);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<TagItem>)[.. page.Select(t => TagItem.Of(opened, t, contents.GetValueOrDefault(t.Digest, TagContent.Missing), hosts))],
            TagsJson.Wire.IReadOnlyListTagItem);
    }

    private static async Task<IResult> ShowAsync(
        string @namespace,
        string repository,
        string tag,
        HttpContext context,
        HubStore hub,
        TagCatalog tags,
        ImageAddresses addresses,
        CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(hub, @namespace, repository, cancellationToken);
        if (await tags.FindAsync(opened.Id, tag, cancellationToken) is not { } row)
        {
            return ImagesError.HubTagNotFound(@namespace, repository, tag);
        }

        var contents = await tags.ReadContentsAsync(opened.Id, [row], withText: true, cancellationToken);
        return TypedResults.Json(
            TagItem.Of(opened, row, contents.GetValueOrDefault(row.Digest, TagContent.Missing), await addresses.FindAsync(context)), TagsJson.Wire.TagItem);
    }

    private static async Task<OpenedRepository> OpenAsync(HubStore hub, string organization, string repository, CancellationToken cancellationToken)
    {
        var row = await hub.FindAsync(organization, repository, cancellationToken).FaultAs(ImagesCodes.GetImageResourceFailed)
            ?? throw ImagesError.ImageResourceNotFound(organization, repository);
        return new(
            new() { Id = row.OrganizationId, Name = organization, DomainId = row.DomainId, DomainName = row.DomainName },
            new() { Id = row.Id, IsPublic = row.IsPublic, CreatorId = row.CreatorId },
            repository,
            Rights.Read);
    }
}
