using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Sharing;

/// <summary>
/// <c>GET /v2/manage/namespaces/{namespace}/repositories/{repository}/access-domains/{access_domain}</c>: whether the account has a share, and which. None is
/// no error: clients take <c>exist</c> for that.
/// </summary>
internal static class ShowAccessDomain
{
    internal sealed record Response(
        bool Exist,
        string Namespace,
        string Repository,
        string AccessDomain,
        string Permit,
        string Deadline,
        string Description,
        string CreatorId,
        string CreatorName,
        string Created,
        string Updated,
        bool Status);

    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapGet("/namespaces/{namespace}/repositories/{repository}/access-domains/{access_domain}", HandleAsync)).WithName(nameof(ShowAccessDomain));
        Describe(routes.MapGet("/namespaces/{namespace}/repos/{repository}/access-domains/{access_domain}", HandleAsync)).ExcludeFromDescription();
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Show whether a repository is shared with an account")
        .SpeaksJson(SharingJson.Wire)
        .Answers<Response>(200, "The share; exist is false when there is none.")
        .Action("swr:repo:getRepoDomain")
        .FaultsAs(ImagesCodes.GetFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(ImagesCodes.InvalidDomain);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [FromRoute(Name = AccountName.Parameter)] string account,
        Caller caller,
        RepositoryGate gate,
        ShareStore shares,
        CancellationToken cancellationToken)
    {
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        var share = await shares.FindAsync(opened.Id, @namespace, repository, account, cancellationToken);
        var (exist, s) = share is null ? (false, new(@namespace, repository, account, "", "", "", "", "", "", "", false)) : (true, share);
        return TypedResults.Json(
            new Response(
                exist,
                s.Namespace,
                s.Repository,
                s.AccessDomain,
                s.Permit,
                s.Deadline,
                s.Description,
                s.CreatorId,
                s.CreatorName,
                s.Created,
                s.Updated,
                s.Status),
            SharingJson.Wire.ShowAccessDomainResponse);
    }
}
