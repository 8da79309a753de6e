using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Dockyard;

/// <summary><c>GET /dockyard/v2/repositories</c>: all of them unless the call says how many, since those who ask do not page.</summary>
internal static class DockyardListRepositories
{
    public static void Map(IEndpointRouteBuilder routes) => ListReposDetails.Describe(routes.MapGet("/repositories", HandleAsync))
        .WithName(nameof(DockyardListRepositories))
        .WithSummary("List the repositories, all at once");

    private static Task<IResult> HandleAsync(
        HttpContext context, Caller caller, RepositoryCatalog catalog, ImageAddresses addresses, CancellationToken cancellationToken) =>
        ListReposDetails.AnswerAsync(context, caller, catalog, addresses, static query => query.LimitOf(int.MaxValue, int.MaxValue), cancellationToken);
}
