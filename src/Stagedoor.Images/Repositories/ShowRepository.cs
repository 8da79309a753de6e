using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Repositories;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}</c></summary>
internal static class ShowRepository
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}", HandleAsync)
        .WithName(nameof(ShowRepository))
        .WithSummary("Show a repository")
        .Answers<RepositoryView>(200, "The repository.")
        .Action("swr:repo:getRepo")
        .FaultsAs(ImagesCodes.GetImageFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImageAddresses.Faults);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        RepositoryCatalog catalog,
        ImageAddresses addresses,
        CancellationToken cancellationToken)
    {
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Read, cancellationToken);
        var row = await catalog.FindAsync(opened.Id, cancellationToken);
        if (row is null)
        {
            return ImagesError.RepositoryNotFound(@namespace, repository);
        }

        return TypedResults.Json(View(row, await addresses.FindAsync(context)), ImagesJson.Wire.RepositoryView);
    }

    /// <summary>A repository by itself.</summary>
    public static RepositoryView View(RepositoryDetails row, ImageHosts hosts) => new(
        row.Id,
        row.OrganizationId,
        row.Name,
        row.Category,
        row.Description,
        row.CreatorId,
        row.CreatorName,
        row.Size,
        row.IsPublic == 1,
        row.NumImages,
        row.NumDownload,
        "",
        hosts.Path(row.Organization, row.Name),
        hosts.InternalPath(row.Organization, row.Name),
        WireTime.Of(row.CreatedAt),
        WireTime.Of(row.UpdatedAt),
        row.DomainId,
        0);
}
