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

/// <summary><c>PATCH /v2/manage/namespaces/{namespace}/repositories/{repository}/access-domains/{access_domain}</c>: another deadline or description.</summary>
internal static class UpdateRepoDomains
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapPatch("/namespaces/{namespace}/repositories/{repository}/access-domains/{access_domain}", HandleAsync)).WithName(nameof(UpdateRepoDomains));
        Describe(routes.MapPatch("/namespaces/{namespace}/repos/{repository}/access-domains/{access_domain}", HandleAsync)).ExcludeFromDescription();
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .WithSummary("Change until when a repository is shared with an account")
        .SpeaksJson(SharingJson.Wire)
        .Answers<Empty>(201, "It is changed.")
        .Action("swr:repo:updateRepoDomain")
        .Audit("updateImageRepositoryAccessDomain", "imageRepositoryAccessDomain")
        .FaultsAs(ImagesCodes.UpdateFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.InvalidDomain,
            ImagesCodes.InvalidPermission,
            ImagesCodes.DescriptionTooLong,
            ImagesCodes.PermissionNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [FromRoute(Name = AccountName.Parameter)] string account,
        ShareRequest request,
        Caller caller,
        RepositoryGate gate,
        ShareStore shares,
        RegistryCache cache,
        TimeProvider clock,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var terms = request.Read(clock.GetUtcNow());
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Manage, cancellationToken);
        context.AuditDetail($"to {account} until {terms.Deadline.Text}");
        var isThere = await shares.UpdateAsync(opened.Id, account, terms, cancellationToken);
        cache.Invalidate();
        return isThere
            ? TypedResults.Json(Empty.Value, SharingJson.Wire.Empty, statusCode: StatusCodes.Status201Created)
            : ImagesError.PermissionNotFound(@namespace, repository, $"{AccountName.Parameter}={account}");
    }
}
