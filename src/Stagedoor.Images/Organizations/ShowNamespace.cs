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
    public static void Map(IEndpointRouteBuilder routes) => Describe(routes.MapGet("/namespaces/{namespace}", HandleAsync))
        .WithName(nameof(ShowNamespace))
        .WithSummary("Show an organization")
        .Answers<NamespaceView>(200, "The organization.");

    /// <summary>What each route says of itself that shows an organization.</summary>
    public static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
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
        string @namespace, Caller caller, OrganizationAccess organizations, AccessStore access, CancellationToken cancellationToken) =>
        TypedResults.Json(await ShowAsync(@namespace, caller, organizations, access, cancellationToken), ImagesJson.Wire.NamespaceView);

    /// <summary>The organization as the caller sees it.</summary>
    /// <exception cref="ApiException">It is not there, or the caller may not see it.</exception>
    internal static async Task<NamespaceView> ShowAsync(
        string @namespace, Caller caller, OrganizationAccess organizations, AccessStore access, CancellationToken cancellationToken)
    {
        var organization = await organizations.OpenAsync(@namespace, caller, cancellationToken);
        var auth = await organizations.EffectiveAsync(organization, caller, cancellationToken);
        return auth == Rights.None
            && !await access.HasRepositoryGrantAsync(organization.Id, caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetPermissionFailed)
            ? throw ImagesError.PermissionDenied($"namespace={organization.Name}", auth, Rights.Read)
            : new(organization.Id, organization.Name, organization.CreatorName, auth);
    }
}
