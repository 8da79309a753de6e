using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Access;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/access</c>: what the caller and others were granted.</summary>
internal static class ShowNamespaceAuth
{
    internal sealed record Response(long Id, string Name, string CreatorName, UserAuth SelfAuth, IReadOnlyList<UserAuth> OthersAuths);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/access", HandleAsync)
        .WithName(nameof(ShowNamespaceAuth))
        .WithSummary("Show who was granted what of an organization")
        .Answers<Response>(200, "What the caller and others have.")
        .Action("swr:namespace:getNamespaceAuth")
        .FaultsAs(ImagesCodes.GetOrganizationPermissionFailed)
        .CanFail(
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.OrganizationNotFound,
            ImagesCodes.CrossAccountDenied,
            ImagesCodes.PermissionDenied,
            ImagesCodes.GetOrganizationFailed,
            ImagesCodes.GetUserListFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace, Caller caller, OrganizationAccess access, NamespaceGrants grants, IAccountUsers users, CancellationToken cancellationToken)
    {
        var organization = await access.OpenAsync(@namespace, caller, cancellationToken);
        var auth = await access.EffectiveAsync(organization, caller, cancellationToken);
        if (auth == Rights.None)
        {
            return ImagesError.PermissionDenied($"namespace={organization.Name}", auth, Rights.Read);
        }

        // Identity management deletes users by itself; what one of them had been granted opens nothing any more.
        var known = await users.ListIdsAsync(caller.DomainId, cancellationToken).FaultAs(ImagesCodes.GetUserListFailed);
        var all = await grants.ListAsync(organization.Id, cancellationToken);
        return TypedResults.Json(
            new Response(
                organization.Id,
                organization.Name,
                organization.CreatorName,
                new(caller.UserId, caller.UserName, auth),
                [.. all.Where(grant => known.Contains(grant.UserId) && !string.Equals(grant.UserId, caller.UserId, StringComparison.Ordinal))]),
            ImagesJson.Wire.ShowNamespaceAuthResponse);
    }
}
