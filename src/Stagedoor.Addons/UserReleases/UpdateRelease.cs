using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserReleases;

/// <summary><c>PUT /cce/cam/v3/clusters/{cluster_id}/namespace/{namespace}/releases/{name}</c></summary>
internal static class UpdateRelease
{
    private const string Upgrade = "upgrade";
    private const string Rollback = "rollback";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("", HandleAsync)
        .WithName(nameof(UpdateRelease))
        .WithSummary("Upgrade a release, or bring one of its revisions back")
        .QueryParameter("show_resources", "true: with its objects.")
        .Reads<UpdateReleaseRequest>()
        .Answers<ReleaseView>(200, "It is recorded, and is being changed. With parameters.dry_run it is only rendered.")
        .Action("cce:release:update")
        .Audit("updateRelease", "release")
        .CanFail(
            AddonsCodes.NotFound, AddonsCodes.Conflict, AddonsCodes.Locked, AddonsCodes.ClusterNotSupported, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed,
            AddonsCodes.SerializeFailed);

    private static async Task<IResult> HandleAsync(JsonElement body, HttpContext context, Caller caller, ReleaseDesk desk, ReleaseStore releases, CancellationToken cancellationToken)
    {
        var key = ReleasePath.Key(context);
        context.AuditResource($"{key.Namespace}/{key.Name}");
        var request = RequestBody.Parse(body, ReleasesJson.Wire.UpdateReleaseRequest);
        Check(request);
        var cluster = await desk.OpenAsync(caller, ReleasePath.ClusterId(context), cancellationToken);
        var state = await desk.FindAsync(cluster, key, cancellationToken);
        if (!state.IsThere)
        {
            return AddonsError.ReleaseNotFound(key);
        }

        if (state.Own is { IsBusy: true } busy)
        {
            return AddonsError.ReleaseBusy(key, busy.Operation);
        }

        if (state.Record is { OwnerId.Length: > 0 } owned)
        {
            return AddonsError.ReleaseOfAddon(key, owned.OwnerId);
        }

        var parameters = request.Parameters!;
        var isUpgrade = request.Action is Upgrade;
        var asked = JsonSerializer.Serialize(parameters, ReleasesJson.Wire.ReleaseParameters);
        var (plan, chartId) = isUpgrade
            ? await UpgradeAsync(request, key, caller, cluster, state, desk, cancellationToken)
            : await desk.FindTargetAsync(cluster, state, parameters.ReleaseVersion ?? 0, cancellationToken);
        var status = isUpgrade ? ReleaseStatus.PendingUpgrade : ReleaseStatus.PendingRollback;
        if (parameters.DryRun is true)
        {
            return Answer(ReleaseAnswers.OfPlan(cluster, plan, status, asked, parameters.IncludeHooks is true));
        }

        var shown = ReleaseAnswers.OfRecord(cluster, plan.Record);
        var planned = new UserRevision
        {
            ChartId = chartId,
            ChartName = shown.ChartName,
            ChartVersion = shown.ChartVersion,
            Parameters = asked,
            ValuesJson = shown.Values,
            Record = ReleaseDesk.Encode(plan.Record),
            Description = plan.Record.Description,
        };
        var next = (state.Own ?? new()
        {
            DomainId = caller.DomainId,
            ProjectId = caller.Project(),
            ClusterId = cluster.Row.Id,
            Namespace = key.Namespace,
            Name = key.Name,
            CreatedAt = state.Record!.FirstDeployed.ToUnixTimeMilliseconds(),
        }) with
        {
            Operation = isUpgrade ? InstanceOperation.Upgrade : InstanceOperation.Rollback,
            Status = status,
            Message = "",
            Revision = state.NextRevision,
        };
        var begun = await releases.BeginAsync(state.Own, next, planned, parameters.NoHooks is not true, cancellationToken);
        return begun.Outcome switch
        {
            ReleaseOutcome.Begun => Answer(ReleaseAnswers.OfOwn(
                cluster, begun.Release!, planned, null, ReleasePath.ShowsResources(context) ? ReleaseAnswers.Resources(plan, null, parameters.IncludeHooks is true) : "")),
            ReleaseOutcome.ClusterGone => AddonsError.ClusterNotFound(cluster.Row.Id),
            ReleaseOutcome.ClusterGoing => AddonsError.ClusterGoing(),
            ReleaseOutcome.OfAddon => AddonsError.ReleaseOfAddon(key, begun.OwnerId),
            _ => AddonsError.ReleaseBusy(key, "other"),
        };
    }

    // As Helm does it: without values those of before stay.
    private static async Task<(ReleasePlan Plan, string ChartId)> UpgradeAsync(
        UpdateReleaseRequest request, ReleaseKey key, Caller caller, OpenCluster cluster, ReleaseState state, ReleaseDesk desk, CancellationToken cancellationToken)
    {
        var chart = await desk.FindChartAsync(caller, request.ChartId!, cancellationToken);
        var values = ReleaseBody.Values(request.Values);
        if (values.Count == 0 && request.Parameters!.ResetValues is not true && state.Record is { } record)
        {
            values = record.Config;
        }

        var wish = new ReleaseWish(key, state.NextRevision, values, state.Record, "Upgrade complete", request.Parameters!.DryRun is true);
        return (await desk.RenderAsync(cluster, chart, wish, cancellationToken), chart.Id);
    }

    private static void Check(UpdateReleaseRequest request)
    {
        if (string.IsNullOrEmpty(request.ChartId))
        {
            throw AddonsError.Invalid("chart_id", "is required");
        }

        if (request.Action is not (Upgrade or Rollback))
        {
            throw AddonsError.Invalid("action", $"is required, and has to be {Upgrade} or {Rollback}");
        }

        if (request.Parameters is null)
        {
            throw AddonsError.Invalid("parameters", "is required");
        }

        if (request.Parameters.ReleaseVersion < 0)
        {
            throw AddonsError.Invalid("parameters.release_version", "has to be a revision");
        }

        ReleaseBody.Values(request.Values);
    }

    private static IResult Answer(ReleaseView view) => TypedResults.Json(view, ReleasesJson.Wire.ReleaseView);
}
