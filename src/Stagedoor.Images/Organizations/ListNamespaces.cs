using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Organizations;

/// <summary><c>GET /v2/manage/namespaces</c></summary>
internal static class ListNamespaces
{
    private static readonly string[] s_keys = ["namespace", "mode"];

    internal sealed record Response(IReadOnlyList<NamespaceListItem> Namespaces);

    public static void Map(IEndpointRouteBuilder routes) =>
        Describe(routes.MapGet("/namespaces", HandleAsync)).WithName(nameof(ListNamespaces)).WithSummary("List the organizations");

    /// <summary>The same under its older paths, of which one lists those too where the caller was granted a repository only.</summary>
    public static void MapDockyard(IEndpointRouteBuilder routes)
    {
        Describe(routes.MapGet("/namespaces", HandleAsync)).WithName("DockyardListNamespaces").WithSummary("List the organizations");
        Describe(routes.MapGet("/visible/namespaces", ListVisibleAsync)).WithName("DockyardListVisibleNamespaces").WithSummary("List the organizations, also those that are seen for a repository");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder route) => route
        .QueryParameter("namespace", "Only the organization of this name.")
        .QueryParameter("filter", "Conditions, as namespace::NAME|mode::visible; they replace the plain parameters.")
        .Answers<Response>(200, "The organizations.")
        .Action("swr:namespace:listNamespaces")
        .FaultsAs(ImagesCodes.GetOrganizationFailed)
        .CanFail(ImagesCodes.InvalidFilter, ImagesCodes.InvalidQueryParameter, ImagesCodes.InvalidOrganizationName);

    private static Task<IResult> HandleAsync(
        string? filter, string? @namespace, Caller caller, OrganizationStore organizations, CancellationToken cancellationToken) =>
        ListAsync(filter, @namespace, isVisible: false, caller, organizations, cancellationToken);

    private static Task<IResult> ListVisibleAsync(
        string? filter, string? @namespace, Caller caller, OrganizationStore organizations, CancellationToken cancellationToken) =>
        ListAsync(filter, @namespace, isVisible: true, caller, organizations, cancellationToken);

    private static async Task<IResult> ListAsync(
        string? filter, string? @namespace, bool isVisible, Caller caller, OrganizationStore organizations, CancellationToken cancellationToken)
    {
        var conditions = QueryFilter.Parse(filter, s_keys);
        // A filter replaces the plain parameters.
        var name = conditions is null ? @namespace : conditions.GetValueOrDefault("namespace");
        var mode = conditions?.GetValueOrDefault("mode");
        if (mode is not null and not "visible")
        {
            return ImagesError.InvalidQueryParameter("mode", mode, "visible");
        }

        if (!string.IsNullOrEmpty(name) && !Organization.IsValidName(name))
        {
            return ImagesError.InvalidOrganizationName(name);
        }

        var found = await organizations.ListAsync(caller, name ?? "", Rights.SeesEverything(caller), isVisible || mode is not null, cancellationToken);
        var views = found.Select(o => new NamespaceListItem(
            o.Id,
            o.Name,
            o.CreatorName,
            Rights.Effective(caller, string.Equals(o.CreatorId, caller.UserId, StringComparison.Ordinal), (int)o.Auth),
            o.Users,
            o.Repositories,
            o.Users,
            o.Tags));
        return TypedResults.Json(new Response([.. views]), ImagesJson.Wire.ListNamespacesResponse);
    }
}
