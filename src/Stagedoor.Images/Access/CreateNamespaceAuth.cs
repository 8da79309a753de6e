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

/// <summary><c>POST /v2/manage/namespaces/{namespace}/access</c>: grants users who have nothing there yet pull, push or management.</summary>
internal static class CreateNamespaceAuth
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/access", HandleAsync)
        .WithName(nameof(CreateNamespaceAuth))
        .WithSummary("Grant users pull, push or management of an organization")
        .Answers<Empty>(201, "They have it.")
        .Action("swr:namespace:createNamespaceAuth")
        .Audit("createUserNamespaceAuth", "namespaceAuth")
        .FaultsAs(ImagesCodes.CreateOrganizationPermissionFailed)
        .CanFail(NamespaceAuthGate.Refusals)
        .CanFail(ImagesCodes.InvalidOrganizationPermission, ImagesCodes.InvalidUserName, ImagesCodes.OrganizationPermissionExists, ImagesCodes.GetUserListFailed);

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
        context.AuditDetail($"to {UserAuth.Describe(wanted)}");
        var outcome = await grants.AddAsync(organization.Id, wanted, cancellationToken);
        cache.Invalidate();
        return outcome switch
        {
            { IsGone: true } => ImagesError.OrganizationNotFound(organization.Name),
            { InTheWay: { } userId } => ImagesError.OrganizationPermissionExists(organization.Name, userId),
            _ => TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
        };
    }
}
