using Microsoft.AspNetCore.Http;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Hub;

/// <summary>Answers pages of repositories as all lists of repositories have them.</summary>
internal sealed class HubPages(RepositoryCatalog catalog, ImageAddresses addresses)
{
    public async Task<IResult> AnswerAsync(
        HttpContext context, PageQuery query, (long Total, IReadOnlyList<RepositoryDetails> Page) found, CancellationToken cancellationToken)
    {
        var (total, page) = found;
        var tags = await catalog.ListTagsAsync(page, cancellationToken);
        var hosts = await addresses.FindAsync(context);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<RepositoryListItem>)[.. page.Select(r => ListReposDetails.Item(r, hosts, [.. tags[r.Id]], total))],
            ImagesJson.Wire.IReadOnlyListRepositoryListItem);
    }
}
