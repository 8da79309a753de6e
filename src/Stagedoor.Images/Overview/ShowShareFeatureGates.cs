using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Overview;

/// <summary><c>GET /v2/manage/projects/{project_id}/feature-gates</c>: what of the original service is here.</summary>
internal static class ShowShareFeatureGates
{
    // The operation without which there is no synchronization.
    private const string Synchronization = "CreateImageSyncRepo";

    internal sealed record Response(
        bool EnableExperience,
        bool EnableHssService,
        bool EnableImageScan,
        bool EnableSm3,
        bool EnableImageSync,
        bool EnableCciService,
        bool EnableImageLabel,
        bool EnablePipeline,
        bool EnableAuthorizationToken,
        bool EnableResource,
        bool EnableListV3,
        bool EnableImageQuota);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/projects/{project_id}/feature-gates", HandleAsync)
        .WithName(nameof(ShowShareFeatureGates))
        .WithSummary("Show what the service offers")
        .Answers<Response>(200, "Whether each is offered.")
        .Action("swr:featureGates:show")
        .FaultsAs(ImagesCodes.GetFailed)
        .CanFail(ProjectPath.Refusals);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "project_id")] string projectId,
        Caller caller,
        ProjectPath projects,
        EndpointDataSource endpoints,
        IOptions<ImagesOptions> options,
        CancellationToken cancellationToken)
    {
        await projects.CheckAsync(projectId, caller, cancellationToken);
        var response = new Response(
            EnableExperience: false,
            EnableHssService: false,
            EnableImageScan: false,
            EnableSm3: false,
            EnableImageSync: endpoints.Endpoints.Any(static e => e.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName is Synchronization),
            EnableCciService: false,
            EnableImageLabel: false,
            EnablePipeline: false,
            EnableAuthorizationToken: true,
            EnableResource: false,
            EnableListV3: true,
            EnableImageQuota: options.Value.MaxRepositoriesPerAccount > 0 || options.Value.MaxBytesPerOrganization > 0);
        return TypedResults.Json(response, OverviewJson.Wire.FeatureGatesResponse);
    }
}
