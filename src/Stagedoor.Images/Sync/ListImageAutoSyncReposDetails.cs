using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Sync;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/sync_repo</c></summary>
internal static class ListImageAutoSyncReposDetails
{
    internal sealed record Rule(
        string CreatedAt,
        string DomainID,
        string DomainName,
        long Id,
        string Namespace,
        bool Override,
        string RemoteNamespace,
        string RemoteRegionId,
        string RepoName,
        bool SyncAuto,
        string UpdatedAt);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/sync_repo", HandleAsync)
        .WithName(nameof(ListImageAutoSyncReposDetails))
        .WithSummary("List where new tags of a repository are copied to")
        .SpeaksJson(SyncJson.Wire)
        .Answers<IReadOnlyList<Rule>>(200, "The rules.")
        .Action("swr:repo:listAutoSyncRepos")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(SyncServices.Refusals);

    private static async Task<IResult> HandleAsync(
        string @namespace, string repository, Caller caller, RepositoryGate gate, SyncStore store, CancellationToken cancellationToken)
    {
        var opened = await gate.OpenForAdministratorAsync(@namespace, repository, caller, cancellationToken);
        var rules = await store.ListRulesAsync(opened.Id, cancellationToken);
        return TypedResults.Json<IReadOnlyList<Rule>>(
            [
                .. rules.Select(r => new Rule(
                    WireTime.Of(r.CreatedAt),
                    r.DomainId,
                    r.DomainName,
                    r.Id,
                    @namespace,
                    r.Overwrite == 1,
                    r.RemoteNamespace,
                    r.Region,
                    repository,
                    r.SyncAuto == 1,
                    WireTime.Of(r.UpdatedAt))),
            ],
            SyncJson.Wire.SyncRepos);
    }
}
