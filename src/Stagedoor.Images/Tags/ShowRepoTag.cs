using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Tags;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/tags/{tag}</c></summary>
internal static class ShowRepoTag
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/tags/{tag}", HandleAsync)
        .WithName(nameof(ShowRepoTag))
        .WithSummary("Show a tag of a repository")
        .Answers<TagView>(200, "The tag.")
        .Action("swr:repo:getRepoTag")
        .FaultsAs(ImagesCodes.ListTagsFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImageAddresses.Faults)
        .CanFail(ImagesCodes.InvalidVersion, ImagesCodes.TagNotFound, ImagesCodes.GetManifestFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        string tag,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        TagCatalog tags,
        ImageAddresses addresses,
        CancellationToken cancellationToken)
    {
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Read, cancellationToken);
        for (string? missing = null; ;)
        {
            if (await tags.FindAsync(opened.Id, tag, cancellationToken) is not { } row)
            {
                return ImagesError.TagNotFound(@namespace, repository, tag);
            }

            var contents = await tags.ReadContentsAsync(opened.Id, [row], withText: true, cancellationToken).FaultAs(ImagesCodes.GetManifestFailed);
            if (contents.TryGetValue(row.Digest, out var content))
            {
                return TypedResults.Json(TagView.Of(opened, row, content, await addresses.FindAsync(context)), TagsJson.Wire.TagView);
            }

            // Between the two readings it may have been moved, and its manifest deleted. A tag that still points there is broken.
            if (string.Equals(missing, row.Digest, StringComparison.Ordinal))
            {
                throw ImagesError.ManifestUnreadable(row.Digest);
            }

            missing = row.Digest;
        }
    }
}
