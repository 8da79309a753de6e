using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;

namespace Stagedoor.Images.Organizations;

/// <summary>
/// <c>GET /v2/manage/namespaces/{namespace}/settings</c>: what <c>PATCH</c> of the organization sets, and how much it holds. The original service has neither.
/// </summary>
internal static class ShowNamespaceSettings
{
    /// <param name="Description">What the organization is for.</param>
    /// <param name="SparseIndexes">Whether an index may name manifests that are not there.</param>
    /// <param name="QuotaBytes">Its own quota, 0 for none; null when the installation's default counts.</param>
    /// <param name="LimitBytes">The quota that counts, 0 for none.</param>
    /// <param name="UsedBytes">How much it holds: its manifests, every blob once that they refer to, and the files of its packages.</param>
    internal sealed record Response(string Description, bool SparseIndexes, long? QuotaBytes, long LimitBytes, long UsedBytes);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/settings", HandleAsync)
        .WithName(nameof(ShowNamespaceSettings))
        .WithSummary("Show the settings of an organization, and how much it holds")
        .SpeaksJson(OrganizationsJson.Wire)
        .Answers<Response>(200, "The settings.")
        .Action("swr:namespace:getNamespace")
        .FaultsAs(ImagesCodes.GetOrganizationFailed)
        .CanFail(
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.OrganizationNotFound,
            ImagesCodes.CrossAccountDenied,
            ImagesCodes.PermissionDenied,
            ImagesCodes.GetOrganizationPermissionFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        Caller caller,
        OrganizationAccess access,
        OrganizationStore organizations,
        IOptions<ImagesOptions> options,
        CancellationToken cancellationToken)
    {
        var organization = await access.OpenAsync(@namespace, caller, cancellationToken);
        var auth = await access.EffectiveAsync(organization, caller, cancellationToken);
        if (auth < Rights.Read)
        {
            return ImagesError.PermissionDenied($"namespace={organization.Name}", auth, Rights.Read);
        }

        return await organizations.FindSettingsAsync(organization.Id, cancellationToken) is { } settings
            ? TypedResults.Json(
                new Response(
                    settings.Description,
                    settings.SparseIndexes == 1,
                    settings.QuotaBytes,
                    settings.QuotaBytes ?? options.Value.MaxBytesPerOrganization,
                    settings.UsedBytes),
                OrganizationsJson.Wire.ShowNamespaceSettingsResponse)
            : ImagesError.OrganizationNotFound(organization.Name);
    }
}
