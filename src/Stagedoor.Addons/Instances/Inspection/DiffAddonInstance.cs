using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Templates;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances.Inspection;

/// <summary><c>GET /api/v3/addons/{id}/diff</c></summary>
internal static class DiffAddonInstance
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{id}/diff", HandleAsync)
        .WithName(nameof(DiffAddonInstance))
        .WithSummary("Compare what an add-on should be with what is in the cluster")
        .QueryParameter("version", "What an upgrade to this version, with the values that the instance has, would change; without it, what has changed in the cluster since the last operation.")
        .Answers<DiffView>(200, "The objects that differ.")
        .Action("cce:addonInstance:get")
        .FaultsAs(AddonsCodes.GetInstanceFailed)
        .CanFail(AddonsCodes.AddonNotFound, AddonsCodes.ConvertResponseFailed, AddonsCodes.SerializeFailed);

    private static async Task<IResult> HandleAsync(
        string id, string? version, Caller caller, InstanceStore instances, TemplateStore templates, ClusterReads reads, AddonPlanner planner, CancellationToken cancellationToken)
    {
        var instance = await instances.RequireAsync(caller, id, null, cancellationToken);
        var planned = await reads.FindPlannedAsync(instance, cancellationToken);
        if (planned is null && string.IsNullOrEmpty(version))
        {
            return TypedResults.Json(new DiffView(instance.Id, instance.Version, []), InstancesJson.Wire.DiffView);
        }

        ReleasePlan plan;
        if (string.IsNullOrEmpty(version))
        {
            plan = ReleasePlan.Of(planned!);
        }
        else
        {
            var row = Text.IsStorable(version) && await templates.FindVersionAsync(instance.DomainId, instance.Template, version, cancellationToken) is { Removing: 0 } found
                ? found
                : throw AddonsError.VersionNotFound(instance.Template, version);
            plan = await PlanAsync(instance, row, planned, reads, planner, cancellationToken);
        }

        var report = await reads.AskAsync(instance, (cluster, token) => cluster.Driver.DiffAsync(cluster.Connection, plan, token), cancellationToken);
        return TypedResults.Json(
            new DiffView(instance.Id, string.IsNullOrEmpty(version) ? instance.Version : version, [.. report.Objects.Select(DiffObject.Of)]), InstancesJson.Wire.DiffView);
    }

    private static async Task<ReleasePlan> PlanAsync(
        Instance instance, AddonVersion version, ReleaseRecord? planned, ClusterReads reads, AddonPlanner planner, CancellationToken cancellationToken)
    {
        var next = instance with
        {
            TargetVersion = version.Version,
            Operation = InstanceOperation.Upgrade,
            Revision = instance.Revision + 1,
            ValuesJson = InstanceValues.Merge(version.Input, JsonElement.Parse("{}"), instance.ValuesJson),
        };
        try
        {
            return await reads.AskAsync(instance, async (cluster, token) => await planner.PlanAsync(next, planned, cluster, token), cancellationToken)
                ?? throw new ApiException(AddonsCodes.AddonNotFound, $"the package of {version.Template} {version.Version} is gone");
        }
        catch (TemplateException e)
        {
            throw AddonsError.Invalid("version", Text.Repair(Text.Cut($"does not render: {e.Message}", 2_000)));
        }
        catch (FormatException e)
        {
            throw new ApiException(AddonsCodes.SerializeFailed, $"{version.Template} {version.Version}: {e.Message}", e);
        }
    }
}
