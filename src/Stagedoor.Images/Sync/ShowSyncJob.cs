using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Sync;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/sync_job</c>: the copies that were asked for, one for each tag.</summary>
internal static class ShowSyncJob
{
    private static readonly string[] s_keys = ["order"];

    /// <remarks>
    /// Detail: What was sent so far, or why it is not done.
    /// </remarks>
    internal sealed record Copy(
        string CreatedAt,
        string DomainID,
        string DomainName,
        long Id,
        string Namespace,
        bool Override,
        string RemoteNamespace,
        string RemoteRegionId,
        string RepoName,
        string Status,
        string SyncOperatorId,
        string SyncOperatorName,
        string Tag,
        string UpdatedAt,
        string Detail);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/sync_job", HandleAsync)
        .WithName(nameof(ShowSyncJob))
        .WithSummary("Show how copies of tags stand")
        .SpeaksJson(SyncJson.Wire)
        .QueryParameter("order", "asc or desc, by age; in filter.")
        .Pages()
        .Answers<IReadOnlyList<Copy>>(200, "The copies, the latest first unless asked for otherwise; status is waiting, running, success, failed, timeout, cancel or existed.")
        .Action("swr:repo:getSyncRepoJobInfo")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(SyncServices.Refusals);

    private static async Task<IResult> HandleAsync(
        string @namespace, string repository, HttpContext context, Caller caller, RepositoryGate gate, SyncStore store, CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys);
        if (context.Request.Query["filter"].ToString().Length == 0 || !query.IsRange)
        {
            return ImagesError.ParameterMissing("filter has limit and offset, for example limit::10|offset::0");
        }

        if (query["order"] is not (null or "asc" or "desc") and var order)
        {
            return ImagesError.InvalidQueryParameter("order", order!, "asc, desc");
        }

        var opened = await gate.OpenForAdministratorAsync(@namespace, repository, caller, cancellationToken);
        var (total, page) = await store.ListAsync(opened.Id, query["order"] is "asc", query.Offset, query.Limit, cancellationToken);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json<IReadOnlyList<Copy>>(
            [
                .. page.Select(c => new Copy(
                    WireTime.Of(c.CreatedAt),
                    c.DomainId,
                    c.DomainName,
                    c.Id,
                    @namespace,
                    c.Overwrite == 1,
                    c.RemoteNamespace,
                    c.Region,
                    repository,
                    c.Status,
                    c.OperatorId,
                    c.OperatorName,
                    c.Tag,
                    WireTime.Of(c.UpdatedAt),
                    c.Detail)),
            ],
            SyncJson.Wire.SyncJobs);
    }
}
