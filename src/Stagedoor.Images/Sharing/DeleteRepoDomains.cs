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

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}/repositories/{repository}/access-domains/{access_domain}</c></summary>
internal static class DeleteRepoDomains
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapDelete("/namespaces/{namespace}/repositories/{repository}/access-domains/{access_domain}", HandleAsync)).WithName(nameof(DeleteRepoDomains));
        Describe(routes.MapDelete("/namespaces/{namespace}/repos/{repository}/access-domains/{access_domain}", HandleAsync)).ExcludeFromDescription();
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("End the sharing of a repository with an account")
        .SpeaksJson(SharingJson.Wire)
        .AnswersEmpty(204, "The account's users cannot pull from it any more.")
        .Action("swr:repo:deleteRepoDomain")
        .Audit("deleteImageRepositoryAccessDomain", "imageRepositoryAccessDomain")
        .FaultsAs(ImagesCodes.DeleteFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(ImagesCodes.InvalidDomain, ImagesCodes.PermissionNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [FromRoute(Name = AccountName.Parameter)] string account,
        Caller caller,
        RepositoryGate gate,
        ShareStore shares,
        RegistryCache cache,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        context.AuditDetail($"to {account}");
        var wasThere = await shares.DeleteAsync(opened.Id, account, cancellationToken);
        cache.Invalidate();
        return wasThere ? TypedResults.NoContent() : ImagesError.PermissionNotFound(@namespace, repository, $"{AccountName.Parameter}={account}");
    }
}
