using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Sharing;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repositories/{repository}/access-domains</c></summary>
internal static class ListRepoDomains
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapGet("/namespaces/{namespace}/repositories/{repository}/access-domains", HandleAsync)).WithName(nameof(ListRepoDomains));
        Describe(routes.MapGet("/namespaces/{namespace}/repos/{repository}/access-domains", HandleAsync)).ExcludeFromDescription();
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("List the accounts that a repository is shared with")
        .SpeaksJson(SharingJson.Wire)
        .Answers<IReadOnlyList<Share>>(200, "The shares, in the order in which they were made.")
        .Action("swr:repo:listRepoDomains")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(RepositoryGate.ChangeRefusals);

    private static async Task<IResult> HandleAsync(
        string @namespace, string repository, Caller caller, RepositoryGate gate, ShareStore shares, CancellationToken cancellationToken)
    {
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        return TypedResults.Json(await shares.ListAsync(opened.Id, @namespace, repository, cancellationToken), SharingJson.Wire.IReadOnlyListShare);
    }
}
