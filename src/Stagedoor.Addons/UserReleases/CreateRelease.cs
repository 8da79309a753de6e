using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.UserReleases;

/// <summary><c>POST /cce/cam/v3/clusters/{cluster_id}/releases</c></summary>
internal static class CreateRelease
{
    private const int MaxDescription = 4_000;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("", HandleAsync)
        .WithName(nameof(CreateRelease))
        .WithSummary("Install a chart in a cluster")
        .Reads<CreateReleaseRequest>()
        .Answers<ReleaseView>(201, "It is recorded, and is being installed. With parameters.dry_run it is only rendered.")
        .Action("cce:release:create")
        .Audit("createRelease", "release")
        .CanFail(
            AddonsCodes.NotFound, AddonsCodes.Conflict, AddonsCodes.Locked, AddonsCodes.ClusterNotSupported, AddonsCodes.GetInstanceFailed, AddonsCodes.ConvertResponseFailed,
            AddonsCodes.SerializeFailed);

    private static async Task<IResult> HandleAsync(JsonElement body, HttpContext context, Caller caller, ReleaseDesk desk, ReleaseStore releases, CancellationToken cancellationToken)
    {
        var request = RequestBody.Parse(body, ReleasesJson.Wire.CreateReleaseRequest);
        var parameters = request.Parameters ?? new();
        var (key, values) = Read(request);
        context.AuditResource($"{key.Namespace}/{key.Name}");
        var cluster = await desk.OpenAsync(caller, ReleasePath.ClusterId(context), cancellationToken);
        var chart = await desk.FindChartAsync(caller, request.ChartId!, cancellationToken);
        if (request.Version is { Length: > 0 } version && !string.Equals(version, chart.Version, StringComparison.Ordinal))
        {
            return AddonsError.Invalid("version", $"has to be that of the chart, {chart.Version}");
        }

        var state = await desk.FindAsync(cluster, key, cancellationToken);
        if (state.Own is { Operation: InstanceOperation.Delete })
        {
            return AddonsError.ReleaseBusy(key, state.Own.Operation);
        }

        if (state.IsThere && !(parameters.Replace is true && state is { Record: null or { Status: ReleaseStatus.Failed, OwnerId: "" }, Own: null or { IsBusy: false, Status: ReleaseStatus.Failed } }))
        {
            return AddonsError.ReleaseThere(key);
        }

        var revision = state.NextRevision;
        var description = RequestBody.Short(request.Description, "description", MaxDescription);
        var wish = new ReleaseWish(key, revision, values, null, description.Length > 0 ? description : "Install complete", parameters.DryRun is true);
        var plan = await desk.RenderAsync(cluster, chart, wish, cancellationToken);
        var asked = JsonSerializer.Serialize(parameters, ReleasesJson.Wire.ReleaseParameters);
        if (parameters.DryRun is true)
        {
            return Answer(ReleaseAnswers.OfPlan(cluster, plan, ReleaseStatus.PendingInstall, asked, parameters.IncludeHooks is true));
        }

        var next = new UserRelease
        {
            DomainId = caller.DomainId,
            ProjectId = caller.Project(),
            ClusterId = cluster.Row.Id,
            Namespace = key.Namespace,
            Name = key.Name,
            Operation = InstanceOperation.Install,
            Status = ReleaseStatus.PendingInstall,
            Revision = revision,
        };
        var planned = new UserRevision
        {
            ChartId = chart.Id,
            ChartName = chart.Name,
            ChartVersion = chart.Version,
            Parameters = asked,
            ValuesJson = JsonText.Write(values, escapeHtml: false),
            Record = ReleaseDesk.Encode(plan.Record),
            Description = plan.Record.Description,
        };
        var begun = await releases.BeginAsync(state.Own, next, planned, parameters.NoHooks is not true, cancellationToken);
        return begun.Outcome switch
        {
            ReleaseOutcome.Begun => Answer(ReleaseAnswers.OfOwn(cluster, begun.Release!, planned, null)),
            ReleaseOutcome.ClusterGone => AddonsError.ClusterNotFound(cluster.Row.Id),
            ReleaseOutcome.ClusterGoing => AddonsError.ClusterGoing(),
            ReleaseOutcome.OfAddon => AddonsError.ReleaseOfAddon(key, begun.OwnerId),
            _ => AddonsError.ReleaseThere(key),
        };
    }

    private static (ReleaseKey Key, GoMap Values) Read(CreateReleaseRequest request)
    {
        if (string.IsNullOrEmpty(request.ChartId))
        {
            throw AddonsError.Invalid("chart_id", "is required");
        }

        if (request.Name is not { Length: > 0 } name)
        {
            throw AddonsError.Invalid("name", "is required; a name of a template (parameters.name_template) is not made here");
        }

        if (!UserRelease.IsValidName(name))
        {
            throw AddonsError.Invalid("name", "has at most 53 lower-case letters, digits, '-' and '.', and begins and ends with a letter or digit");
        }

        if (string.IsNullOrEmpty(request.Namespace) || !UserRelease.IsValidNamespace(request.Namespace))
        {
            throw AddonsError.Invalid("namespace", "is required, and has at most 63 lower-case letters, digits and '-'");
        }

        return (new(request.Namespace, name), ReleaseBody.Values(request.Values));
    }

    private static IResult Answer(ReleaseView view) => TypedResults.Json(view, ReleasesJson.Wire.ReleaseView, statusCode: StatusCodes.Status201Created);
}
