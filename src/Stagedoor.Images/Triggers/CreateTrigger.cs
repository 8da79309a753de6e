using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Triggers;

/// <summary><c>POST /v2/manage/namespaces/{namespace}/repos/{repository}/triggers</c></summary>
internal static class CreateTrigger
{
    internal sealed record Request(
        string? Action,
        [property: JsonPropertyName("app_type")] string? AppType,
        string? Application,
        [property: JsonPropertyName("cluster_id")] string? ClusterId,
        [property: JsonPropertyName("cluster_name")] string? ClusterName,
        [property: JsonPropertyName("cluster_ns")] string? ClusterNs,
        string? Condition,
        string? Container,
        string? Enable,
        string? Name,
        [property: JsonPropertyName("trigger_mode")] string? TriggerMode,
        [property: JsonPropertyName("trigger_type")] string? TriggerType);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/namespaces/{namespace}/repos/{repository}/triggers", HandleAsync)
        .WithName(nameof(CreateTrigger))
        .WithSummary("Have a workload get the images that are pushed")
        .Answers<Empty>(201, "It is made.")
        .Action("swr:repo:createTrigger")
        .Audit("createTrigger", "trigger")
        .FaultsAs(ImagesCodes.CreateFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(
            ImagesCodes.InvalidParameter,
            ImagesCodes.RequiredParameterMissing,
            ImagesCodes.ImageExists,
            ImagesCodes.GetServiceFailed,
            ImagesCodes.ExternalAddressNotConfigured);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        Request request,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        TriggerStore triggers,
        ImageAddresses addresses,
        IdSource ids,
        IOptions<TriggerOptions> options,
        CancellationToken cancellationToken)
    {
        var trigger = TriggerBody.Read(request);
        context.AuditResource($"{@namespace}/{repository}/{trigger.Name}");
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Edit, cancellationToken);
        if (trigger.TriggerMode is Trigger.Cluster)
        {
            if (context.RequestServices.GetService<IWorkloads>() is not { } workloads)
            {
                throw ImagesError.NoWorkloads(@namespace, repository);
            }

            if (!await HasClusterAsync(workloads, caller.DomainId, trigger.ClusterId, cancellationToken))
            {
                return ImagesError.UnknownCluster(trigger.ClusterId);
            }
        }

        var added = await triggers.AddAsync(
            trigger with { Id = ids.NewId(), RepositoryId = opened.Id, Host = addresses.External(context), CreatorName = caller.UserName }, cancellationToken);
        return added switch
        {
            AddedTrigger.Added => TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created),
            AddedTrigger.Present => ImagesError.TriggerExists($"{@namespace}/{repository}", trigger.Name),
            AddedTrigger.TooMany => ImagesError.TooManyTriggers(options.Value.MaxPerRepository),
            _ => ImagesError.RepositoryNotFound(@namespace, repository),
        };
    }

    private static async Task<bool> HasClusterAsync(IWorkloads workloads, string domainId, string clusterId, CancellationToken cancellationToken)
    {
        try
        {
            return await workloads.HasClusterAsync(domainId, clusterId, cancellationToken).FaultAs(ImagesCodes.GetServiceFailed);
        }
        catch (WorkloadsException e)
        {
            throw ImagesError.WorkloadsDown(e);
        }
    }
}
