using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.Templates;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Prechecks;

/// <summary><c>POST /api/v3/projects/{project_id}/clusters/{cluster_id}/addons/precheck</c></summary>
internal static class BatchCreateAddonPrecheck
{
    private const int MaxAddons = 50;
    private const int MaxValues = 256 * 1024;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("", HandleAsync)
        .WithName(nameof(BatchCreateAddonPrecheck))
        .WithSummary("Look what would speak against upgrades, or is wrong with what is installed")
        .Reads<PrecheckRequest>()
        .Answers<PrecheckView>(200, "It is being looked; what is found stands in the tasks, for a day. One that is under way already is not begun again.")
        .Action("cce:addonInstance:update")
        .Audit("precheckAddonInstance", "cluster")
        .CanFail(AddonsCodes.NotFound, AddonsCodes.AddonNotFound, AddonsCodes.Locked)
        .AsksUser();

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "cluster_id")] string clusterId,
        JsonElement body,
        HttpContext context,
        Caller caller,
        ClusterStore clusters,
        InstanceStore instances,
        TemplateStore templates,
        PrecheckStore prechecks,
        CancellationToken cancellationToken)
    {
        context.AuditResource(null, clusterId);
        var request = RequestBody.Parse(body, PrecheckJson.Wire.PrecheckRequest);
        Check(request, clusterId);
        if (await clusters.FindAsync(caller.Project(), clusterId, cancellationToken) is not { } cluster)
        {
            return AddonsError.ClusterNotFound(clusterId);
        }

        var some = new List<Precheck>();
        foreach (var (i, addon) in request.Spec!.AddonList!.Index())
        {
            some.Add(await FindAsync(addon, $"spec.addonList[{i}]", caller, cluster, instances, templates, cancellationToken));
        }

        var begun = await prechecks.AddAsync(cluster.Id, some, cancellationToken);
        return begun.Outcome switch
        {
            PrecheckOutcome.Begun => TypedResults.Json(PrecheckView.Of(request.Spec, begun.Prechecks), PrecheckJson.Wire.PrecheckView),
            PrecheckOutcome.TooMany => AddonsError.Busy($"at most {PrecheckStore.MaxUnderWay} prechecks may be under way in a cluster"),
            _ => AddonsError.ClusterNotFound(clusterId),
        };
    }

    private static void Check(PrecheckRequest request, string clusterId)
    {
        RequestBody.CheckKind(request.Kind, request.ApiVersion, "AddonCheck");
        var spec = request.Spec ?? throw AddonsError.Invalid("spec", "is required");
        if (!string.Equals(InstanceBody.Required(spec.ClusterId, "spec.clusterID"), clusterId, StringComparison.Ordinal))
        {
            throw AddonsError.Invalid("spec.clusterID", "is not the cluster that the path names");
        }

        if (spec.AddonList is not { Count: > 0 and <= MaxAddons } list)
        {
            throw AddonsError.Invalid("spec.addonList", $"is required, and has 1 to {MaxAddons} entries");
        }

        foreach (var (i, addon) in list.Index())
        {
            var field = $"spec.addonList[{i}]";
            if (addon is null)
            {
                throw AddonsError.Invalid(field, "has to be a JSON object");
            }

            InstanceBody.Required(addon.AddonTemplateName, $"{field}.addonTemplateName");
            InstanceBody.Required(addon.AddonInstanceId, $"{field}.addonInstanceID");
            if (addon.Type is not (PrecheckType.Static or PrecheckType.Upgrade))
            {
                throw AddonsError.Invalid($"{field}.type", $"is required, and has to be {PrecheckType.Static} or {PrecheckType.Upgrade}");
            }

            if (addon.Type is PrecheckType.Upgrade)
            {
                InstanceBody.Required(addon.TargetVersion, $"{field}.targetVersion");
            }

            if (addon.Values is { ValueKind: not (JsonValueKind.Object or JsonValueKind.Null) } || addon.Values?.GetRawText().Length > MaxValues)
            {
                throw AddonsError.Invalid($"{field}.values", $"has to be a JSON object of at most {MaxValues} characters");
            }
        }
    }

    private static async Task<Precheck> FindAsync(
        PrecheckAddon addon, string field, Caller caller, Cluster cluster, InstanceStore instances, TemplateStore templates, CancellationToken cancellationToken)
    {
        var instance = await instances.RequireAsync(caller, addon.AddonInstanceId!, cluster.Id, cancellationToken);
        if (!string.Equals(instance.Template, addon.AddonTemplateName, StringComparison.Ordinal))
        {
            throw AddonsError.Invalid($"{field}.addonTemplateName", $"the instance is of the template {instance.Template}");
        }

        // A look at what is there is not about another version, nor about other values.
        var isUpgrade = addon.Type is PrecheckType.Upgrade;
        var target = isUpgrade ? addon.TargetVersion! : "";
        if (isUpgrade && (!Text.IsStorable(target) || await templates.FindVersionAsync(instance.DomainId, instance.Template, target, cancellationToken) is not { Removing: 0 }))
        {
            throw AddonsError.VersionNotFound(instance.Template, target);
        }

        if (isUpgrade)
        {
            UpdateAddonInstance.CheckDirection(instance, target, $"{field}.targetVersion");
        }

        var values = isUpgrade && addon.Values is { ValueKind: JsonValueKind.Object } given ? given.GetRawText() : "";
        return new()
        {
            DomainId = instance.DomainId,
            ProjectId = instance.ProjectId,
            ClusterId = cluster.Id,
            InstanceId = instance.Id,
            Template = instance.Template,
            Type = addon.Type!,
            TargetVersion = target,
            ValuesJson = values,
            BodySha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{addon.Type}\n{target}\n{values}"))),
        };
    }
}
