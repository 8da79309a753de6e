using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Templates;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Instances;

/// <summary><c>PUT /api/v3/addons/{id}</c></summary>
internal static class UpdateAddonInstance
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/{id}", HandleAsync)
        .WithName(nameof(UpdateAddonInstance))
        .WithSummary("Upgrade an add-on, or give it other values")
        .Reads<InstanceRequest>()
        .QueryParameter("cluster_id", "Not looked at: the body says the cluster.")
        .Answers<InstanceView>(200, "It is being upgraded. The values are all that it has from then on, unless the annotation addon.upgrade/values is merge.")
        .Action("cce:addonInstance:update")
        .Audit("updateAddonInstance", "addonInstance")
        .CanFail(
            AddonsCodes.AddonNotFound, AddonsCodes.ClusterNotSupported, AddonsCodes.Locked, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed,
            AddonsCodes.SerializeFailed)
        .AsksUser();

    private static async Task<IResult> HandleAsync(
        string id,
        JsonElement body,
        HttpContext context,
        Caller caller,
        ClusterStore clusters,
        TemplateStore templates,
        InstanceStore instances,
        Install install,
        ClusterReads reads,
        InstanceAnswers answers,
        CancellationToken cancellationToken)
    {
        var request = InstanceBody.Read(body, "upgrade");
        var merges = request.Says(InstanceBody.ValuesKey, "merge");
        var seen = await instances.RequireAsync(caller, id, null, cancellationToken).FaultAs(AddonsCodes.GetInstanceFailed);
        context.AuditResource(seen.Template, seen.Id);
        var number = request.Spec!.Version!;
        CheckSame(request.Spec, seen);
        var cluster = await clusters.FindAsync(seen.ProjectId, seen.ClusterId, cancellationToken) ?? throw AddonsError.ClusterNotFound(seen.ClusterId);
        var version = await FindVersionAsync(templates, seen, number, cancellationToken);
        CheckDirection(seen, number, "spec.version");
        if (AddonRules.FindProblem(version, cluster) is { } problem)
        {
            return new ApiException(AddonsCodes.ClusterNotSupported, problem);
        }

        var rules = new AddonRules(await templates.ListRulesAsync(seen.DomainId, cancellationToken));
        if (rules.FindProblem(version, await instances.ListAsync(cluster.Id, cancellationToken)) is { } other)
        {
            return new ApiException(AddonsCodes.ClusterNotSupported, other);
        }

        if (seen.IsBusy)
        {
            return AddonsError.Busy($"{seen.Template} is {seen.Status}");
        }

        if (!InstanceStatus.IsChangeable(seen.Status))
        {
            return new ApiException(AddonsCodes.ClusterNotSupported, $"{seen.Template} is {seen.Status}: it can only be deleted");
        }

        var values = await install.CheckValuesAsync(version, request.Spec.Values, merges ? seen.ValuesJson : null, cluster, cancellationToken);
        await reads.ReadCurrentAsync(seen, cancellationToken);
        var begun = await instances.BeginAsync(
            seen,
            seen with
            {
                Status = InstanceStatus.Upgrading,
                Reason = "addon upgrading",
                Message = "",
                Version = version.Version,
                ValuesJson = values,
                Annotations = request.Kept(),
                PreviousVersion = await PreviousAsync(instances, seen, version.Version, cancellationToken),
                Operation = InstanceOperation.Upgrade,
                TargetVersion = version.Version,
                Revision = seen.Revision + 1,
                Digest = version.Digest,
                Actor = context.UserName(),
            },
            (now, versions) => rules.With(versions).FindProblem(version, now),
            cancellationToken);
        return TypedResults.Json(await answers.OfAsync(begun.Require(seen), cancellationToken), InstancesJson.Wire.InstanceView);
    }

    private static void CheckSame(InstanceRequestSpec spec, Instance seen)
    {
        if (!string.Equals(spec.ClusterId, seen.ClusterId, StringComparison.Ordinal))
        {
            throw AddonsError.Invalid("spec.clusterID", $"the instance is in the cluster {seen.ClusterId}");
        }

        if (!string.Equals(spec.AddonTemplateName, seen.Template, StringComparison.Ordinal))
        {
            throw AddonsError.Invalid("spec.addonTemplateName", $"the instance is of the template {seen.Template}");
        }
    }

    private static async Task<AddonVersion> FindVersionAsync(TemplateStore templates, Instance seen, string number, CancellationToken cancellationToken) =>
        Text.IsStorable(number) && await templates.FindVersionAsync(seen.DomainId, seen.Template, number, cancellationToken) is { Removing: 0 } version
            ? version
            : throw AddonsError.VersionNotFound(seen.Template, number);

    /// <summary>Refuses a version below the one that is there.</summary>
    /// <exception cref="ApiException">It is below.</exception>
    public static void CheckDirection(Instance seen, string number, string field)
    {
        if (ChartVersion.Parse(number)?.CompareTo(ChartVersion.Parse(seen.Version)) < 0)
        {
            throw AddonsError.Invalid(field, $"is lower than {seen.Version}, which is installed; POST /api/v3/addons/{seen.Id}/operation/rollback goes back");
        }
    }

    // A version that never came is none to go back to; and other values of the same version are no step away from one that was left by a rollback.
    private static async Task<string> PreviousAsync(InstanceStore instances, Instance seen, string target, CancellationToken cancellationToken)
    {
        if (seen.Status is InstanceStatus.UpgradeFailed && await instances.FindDeployedAsync(seen.Id, seen.Version, cancellationToken) is null)
        {
            return seen.PreviousVersion;
        }

        return !string.Equals(seen.Version, target, StringComparison.Ordinal) ? seen.Version
            : (await instances.FindRollbackableAsync([seen.Id], cancellationToken)).Count > 0 ? seen.PreviousVersion
            : "";
    }
}
