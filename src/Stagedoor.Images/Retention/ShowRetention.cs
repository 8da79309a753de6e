using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Retention;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/retentions/{retention_id}</c></summary>
internal static class ShowRetention
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/retentions/{retention_id}", HandleAsync)
        .WithName(nameof(ShowRetention))
        .WithSummary("Show a rule by which tags go")
        .QueryParameter("dry_run", "true: with what it would delete now, and why each.")
        .Answers<RetentionView>(200, "The rule; dry_run where that was asked for.")
        .Action("swr:repo:getRetention")
        .FaultsAs(ImagesCodes.GetFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.InvalidQueryParameter, ImagesCodes.PermissionNotFound, ImagesCodes.JsonConversionFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        [Microsoft.AspNetCore.Mvc.FromRoute(Name = "retention_id")] string retentionId,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        RetentionStore retentions,
        RetentionRun run,
        CancellationToken cancellationToken)
    {
        var id = ReadId(retentionId);
        var isDryRun = ListRepositoryTags.ReadFlag("dry_run", context.Request.Query["dry_run"]);
        var opened = await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken);
        if (await retentions.FindAsync(opened.Id, id, cancellationToken) is not { } row)
        {
            return ImagesError.RetentionNotFound(@namespace, repository, id);
        }

        var view = RetentionView.Of(row);
        return TypedResults.Json(
            isDryRun ? view with { DryRun = await run.PreviewAsync(opened, view.Rules[0], cancellationToken) } : view, RetentionJson.Wire.RetentionView);
    }

    /// <summary>The number of a rule in a path.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static long ReadId(string text) => long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var id)
        ? id
        : throw ImagesError.InvalidParameter($"retention_id={Text.Cut(Text.Repair(text), 100)}; a whole number");
}
