using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Organizations;

/// <summary><c>DELETE /v2/manage/namespaces/{namespace}</c></summary>
internal static class DeleteNamespaces
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/namespaces/{namespace}", HandleAsync)
        .WithName(nameof(DeleteNamespaces))
        .WithSummary("Delete an organization")
        .AnswersEmpty(204, "It is gone.")
        .Action("swr:namespace:deleteNamespace")
        .Audit("deleteUserNamespace", "namespace")
        .FaultsAs(ImagesCodes.DeleteOrganizationFailed)
        .CanFail(
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.OrganizationNotFound,
            ImagesCodes.CrossAccountDenied,
            ImagesCodes.PermissionDenied,
            ImagesCodes.OrganizationNotEmpty,
            ImagesCodes.PackagesExist,
            ImagesCodes.GetOrganizationFailed,
            ImagesCodes.GetOrganizationPermissionFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        Caller caller,
        OrganizationAccess access,
        OrganizationStore organizations,
        RegistryCache cache,
        IEnumerable<IRemovalListener> listeners,
        CancellationToken cancellationToken)
    {
        var organization = await access.OpenAsync(@namespace, caller, cancellationToken);
        var auth = await access.EffectiveAsync(organization, caller, cancellationToken);
        if (auth < Rights.Manage)
        {
            return ImagesError.PermissionDenied($"namespace={organization.Name}", auth, Rights.Manage);
        }

        if (!await organizations.DeleteAsync(organization.Id, cancellationToken))
        {
            return await organizations.FindContentAsync(organization.Id, cancellationToken) is { } content
                ? ImagesError.OrganizationNotEmpty(organization.Name, content)
                : await organizations.CountPackagesAsync(organization.Id, cancellationToken) is > 0 and var packages
                    ? ImagesError.PackagesExist("namespace", organization.Name, $"packages={packages}")
                    : ImagesError.OrganizationNotFound(organization.Name);
        }

        cache.Invalidate();
        foreach (var listener in listeners)
        {
            await listener.HearOrganizationAsync(organization.Id, cancellationToken);
        }

        return TypedResults.NoContent();
    }
}
