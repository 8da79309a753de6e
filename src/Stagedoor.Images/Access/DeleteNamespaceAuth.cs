using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Access;

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}/access</c>: takes away what users were granted; the body lists their ids.</summary>
internal static class DeleteNamespaceAuth
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/namespaces/{namespace}/access", HandleAsync)
        .WithName(nameof(DeleteNamespaceAuth))
        .WithSummary("Take away what users were granted of an organization")
        .AnswersEmpty(204, "They do not have it any more.")
        .Action("swr:namespace:deleteNamespaceAuth")
        .Audit("deleteUserNamespaceAuth", "namespaceAuth")
        .FaultsAs(ImagesCodes.DeleteOrganizationPermissionFailed)
        .CanFail(NamespaceAuthGate.Refusals)
        .CanFail(ImagesCodes.OrganizationPermissionNotFound, ImagesCodes.GetUserListFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        [FromBody] IReadOnlyList<string?> request,
        Caller caller,
        OrganizationAccess access,
        IAccountUsers accountUsers,
        NamespaceGrants grants,
        RegistryCache cache,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var users = UserAuthRequest.ReadUsers(request);
        var organization = await access.OpenForManagerAsync(@namespace, caller, cancellationToken);
        if (await accountUsers.FindCreatorAsync(organization, users, caller, cancellationToken) is { } creator)
        {
            return ImagesError.OrganizationPermissionNotFound(organization.Name, creator);
        }

        context.AuditDetail($"from {string.Join(", ", users)}");
        var outcome = await grants.DeleteAsync(organization.Id, Rights.Manage, users, cancellationToken);
        cache.Invalidate();
        return outcome switch
        {
            { IsGone: true } => ImagesError.OrganizationNotFound(organization.Name),
            { InTheWay: { } userId } => ImagesError.OrganizationPermissionNotFound(organization.Name, userId),
            _ => TypedResults.NoContent(),
        };
    }
}
