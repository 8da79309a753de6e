using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;

namespace Stagedoor.Images.Organizations;

/// <summary><c>GET /v2/manage/namespaces/{namespace}</c></summary>
internal static class ShowNamespace
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}", HandleAsync)
        .WithName(nameof(ShowNamespace))
        .WithSummary("Show an organization")
        .Answers<NamespaceView>(200, "The organization.")
        .Action("swr:namespace:getNamespace")
        .FaultsAs(ImagesCodes.GetOrganizationFailed)
        .CanFail(
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.OrganizationNotFound,
            ImagesCodes.CrossAccountDenied,
            ImagesCodes.PermissionDenied,
            ImagesCodes.GetOrganizationPermissionFailed,
            ImagesCodes.GetPermissionFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace, Caller caller, OrganizationAccess organizations, AccessStore access, CancellationToken cancellationToken)
    {
        var organization = await organizations.OpenAsync(@namespace, caller, cancellationToken);
        var auth = await organizations.EffectiveAsync(organization, caller, cancellationToken);
        if (auth == Rights.None
            && !await access.HasRepositoryGrantAsync(organization.Id, caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetPermissionFailed))
        {
            return ImagesError.PermissionDenied($"namespace={organization.Name}", auth, Rights.Read);
        }

        return TypedResults.Json(
            new NamespaceView(organization.Id, organization.Name, organization.CreatorName, auth), ImagesJson.Wire.NamespaceView);
    }
}
