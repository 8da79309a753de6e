using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Dockyard;

/// <summary>
/// <c>GET /dockyard/v2/namespaces/{namespace}</c>. One that is not there is an object without members: whoever replicates makes it then, and takes any error for the
/// end.
/// </summary>
internal static class DockyardShowNamespace
{
    /// <summary>An organization, or nothing at all.</summary>
    internal sealed record Response(
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Id,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Name,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? CreatorName,
        [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Auth);

    public static void Map(IEndpointRouteBuilder routes) => ShowNamespace.Describe(routes.MapGet("/namespaces/{namespace}", HandleAsync))
        .WithName(nameof(DockyardShowNamespace))
        .WithSummary("Show an organization, or nothing where there is none")
        .Answers<Response>(200, "The organization; an object without members where there is none.");

    private static async Task<IResult> HandleAsync(
        string @namespace, Caller caller, OrganizationStore store, OrganizationAccess organizations, AccessStore access, CancellationToken cancellationToken)
    {
        var view = await store.FindAsync(@namespace, cancellationToken) is null ? null
            : await ShowNamespace.ShowAsync(@namespace, caller, organizations, access, cancellationToken);
        return TypedResults.Json(new Response(view?.Id, view?.Name, view?.CreatorName, view?.Auth), ImagesJson.Wire.DockyardNamespaceResponse);
    }
}
