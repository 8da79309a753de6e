using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Images.Access;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>
/// Finds what webhooks of a path belong to: a repository, or an organization for all of its repositories. Who pushes there may do everything with them; an
/// URL can hold what is not for everybody, so that is needed for reading too.
/// </summary>
internal sealed class WebhookGate(RepositoryGate repositories, OrganizationAccess organizations)
{
    /// <summary>The codes that it refuses with.</summary>
    public static ErrorDefinition[] Refusals =>
        [.. RepositoryGate.ChangeRefusals, ImagesCodes.NoEditableOrganization, ImagesCodes.InvalidParameter, ImagesCodes.PermissionNotFound];

    public async Task<WebhookOwner> OpenAsync(HttpContext context, Caller caller, CancellationToken cancellationToken)
    {
        var organization = (string)context.Request.RouteValues["namespace"]!;
        if (context.Request.RouteValues[RepositoryPaths.Parameter] is string repository)
        {
            var opened = await repositories.OpenAsync(organization, repository, caller, Rights.Edit, cancellationToken);
            return new(opened.Organization, opened.Id, $"{organization}/{repository}", $"/v2/manage/namespaces/{organization}/repos/{repository}");
        }

        return new(await organizations.OpenForEditorAsync(organization, caller, cancellationToken), 0, organization, $"/v2/manage/namespaces/{organization}");
    }

    /// <summary>Maps an operation twice: for a repository and for an organization.</summary>
    /// <param name="routes">Where.</param>
    /// <param name="path">What comes behind <c>webhooks</c>.</param>
    /// <param name="map">Maps it; told the path, and what stands in its name for the owner.</param>
    public static void Map(IEndpointRouteBuilder routes, string path, Action<IEndpointRouteBuilder, string, string> map)
    {
        map(routes, "/namespaces/{namespace}/repos/{repository}/webhooks" + path, "Repository");
        map(routes, "/namespaces/{namespace}/webhooks" + path, "Namespace");
    }
}
