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

/// <summary><c>PATCH /v2/manage/namespaces/{namespace}/access</c>: gives users another grant than they have.</summary>
internal static class UpdateNamespaceAuth
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/namespaces/{namespace}/access", HandleAsync)
        .WithName(nameof(UpdateNamespaceAuth))
        .WithSummary("Change what users were granted of an organization")
        .Answers<Empty>(201, "They have it.")
        .Action("swr:namespace:updateNamespaceAuth")
        .Audit("updateUserNamespaceAuth", "namespaceAuth")
        .FaultsAs(ImagesCodes.UpdateOrganizationPermissionFailed)
        .CanFail(NamespaceAuthGate.Refusals)
        .CanFail(ImagesCodes.InvalidOrganizationPermission, ImagesCodes.InvalidUserName, ImagesCodes.OrganizationPermissionNotFound, ImagesCodes.GetUserListFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        [FromBody] IReadOnlyList<UserAuthRequest?> request,
        Caller caller,
        OrganizationAccess access,
        IAccountUsers users,
        NamespaceGrants grants,
        RegistryCache cache,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        var wanted = UserAuthRequest.Read(request, ImagesError.InvalidOrganizationPermission);
        var organization = await access.OpenForManagerAsync(@namespace, caller, cancellationToken);
        await users.CheckAsync(wanted, caller, cancellationToken);
        if (await users.FindCreatorAsync(organization, [.. wanted.Where(static g => g.Auth != Rights.Manage).Select(static g => g.UserId)], caller, cancellationToken) is { } creator)
        {
            return ImagesError.OrganizationPermissionNotFound(organization.Name, creator);
        }

        context.AuditDetail($"to {UserAuth.Describe(wanted)}");
        var outcome = await grants.UpdateAsync(organization.Id, Rights.Manage, wanted, cancellationToken);
        cache.Invalidate();
        return outcome switch
        {
            { IsGone: true } => ImagesError.OrganizationNotFound(organization.Name),
            { InTheWay: { } userId } => ImagesError.OrganizationPermissionNotFound(organization.Name, userId),
            _ => TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
        };
    }
}
