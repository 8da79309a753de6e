using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Oci;

/// <summary><c>GET /v2/{name}/tags/list</c></summary>
internal sealed class ListImageTags(RegistryAccess access, ManifestStore manifests, ManifestCache manifestCache, TagPageCache cache) : IOciOperation
{
    private const int MaxPage = 1000;

    private readonly SharedReads<TagPageKey, TagPage> _reads = new();

    internal sealed record Response(string Name, IReadOnlyList<string> Tags);

    public static void Map(OciRoutes routes) => routes
        .Map<ListImageTags>("GET,HEAD", "/v2/{name}/tags/list", RegistryResource.Tags)
        .WithSummary("List the tags of a repository")
        .QueryParameter("n", "How many at most.", ParameterType.Number)
        .QueryParameter("last", "The last tag of the page before.")
        .WithMetadata(new AnswerMetadata(200, "The tags, in order.", typeof(Response), "application/json"))
        .SendsHeader(200, "Link", "The next page, when there is one.")
        .OpensRepository()
        .FaultsAs(ImagesCodes.GetTagListFailed)
        .CanFail(
            ImagesCodes.TagListNotFound,
            ImagesCodes.InvalidParameter);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var state = await access.OpenAsync(context, identity, path.Name, Rights.Read, ImagesCodes.GetTagListFailed);
        if (state.Repository is not { } repository)
        {
            throw RegistryError.TagListUnknown(path.Name);
        }

        var query = context.Request.Query;
        var count = RegistryEndpoints.PageSize(query, MaxPage);
        var last = RegistryEndpoints.Stored(query, "last");
        var key = new TagPageKey(repository.Id, path.Name, last, count);
        var page = cache.Find(key);
        if (page is null)
        {
            page = await _reads.ReadAsync(key, stop => ReadAsync(key, stop), context.RequestAborted).FaultAs(ImagesCodes.GetTagListFailed);
            cache.Keep(key, page);
        }

        var response = context.Response;
        if (page.Link.Length > 0)
        {
            response.Headers.Link = page.Link;
        }

        response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        await RegistryEndpoints.WriteJsonAsync(response, "application/json", page.Content, context.RequestAborted);
    }

    private async Task<TagPage> ReadAsync(TagPageKey key, CancellationToken cancellationToken)
    {
        var reading = manifestCache.Begin(key.RepositoryId);
        IReadOnlyList<string> tags = [];
        var link = "";
        if (key.Count > 0)
        {
            // One more tells whether there is a next page.
            tags = await manifests.ListTagsAsync(key.RepositoryId, key.Last, key.Count + 1, cancellationToken);
            if (tags.Count > key.Count)
            {
                tags = [.. tags.Take(key.Count)];
                link = string.Create(
                    CultureInfo.InvariantCulture, $"</v2/{key.Name}/tags/list?n={key.Count}&last={Uri.EscapeDataString(tags[^1])}>; rel=\"next\"");
            }
        }

        return new(JsonSerializer.SerializeToUtf8Bytes(new Response(key.Name, tags), ImagesJson.Wire.ListImageTagsResponse), link, reading);
    }
}
