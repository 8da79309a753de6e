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

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/{tag}/accessories</c>: what is attached to an image.</summary>
internal static class ListRepoAccessories
{
    private const int DefaultLimit = 10;
    private const int MaxLimit = 100;

    internal sealed record Accessory(
        long Id,
        string DomainId,
        string NamespaceName,
        string RepoName,
        string SigTag,
        string SigDigest,
        string TargetDigest,
        long Size,
        string Type,
        string CreatedAt,
        string UpdatedAt);

    internal sealed record Response(long Total, IReadOnlyList<Accessory> Accessories);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/{tag}/accessories", HandleAsync)
        .WithName(nameof(ListRepoAccessories))
        .WithSummary("List what is attached to an image")
        .QueryParameter("limit", $"The most records to answer, {DefaultLimit} unless given, at most {MaxLimit}.", ParameterType.Number)
        .QueryParameter("offset", "How many records to skip; needs limit.", ParameterType.Number)
        .Answers<Response>(200, "Signatures, attestations and whatever else names the image as its subject.")
        .Action("swr:repo:listRepoAccessories")
        .FaultsAs(ImagesCodes.ListTagsFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImagesCodes.InvalidPageSize, ImagesCodes.InvalidFilter, ImagesCodes.ParameterMissing, ImagesCodes.InvalidVersion, ImagesCodes.TagNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        string tag,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        TagCatalog tags,
        AccessoryStore accessories,
        CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, []);
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Read, cancellationToken);
        if (await tags.FindAsync(opened.Id, tag, cancellationToken) is not { } row)
        {
            return ImagesError.TagNotFound(@namespace, repository, tag);
        }

        var (total, page) = await accessories.ListAsync(opened.Id, row.Digest, query.Offset, query.LimitOf(DefaultLimit, MaxLimit), cancellationToken);
        return TypedResults.Json(
            new Response(
                total,
                [
                    .. page.Select(a => new Accessory(
                        a.Id,
                        opened.Organization.DomainId,
                        @namespace,
                        repository,
                        a.Tag,
                        a.Digest,
                        row.Digest,
                        a.Size,
                        a.Type,
                        WireTime.Of(a.CreatedAt),
                        WireTime.Of(a.UpdatedAt))),
                ]),
            TagsJson.Wire.ListRepoAccessoriesResponse);
    }
}
