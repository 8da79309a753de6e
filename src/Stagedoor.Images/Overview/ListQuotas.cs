using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Overview;

/// <summary><c>GET /v2/manage/projects/{project_id}/quotas</c>: how much the account may have, where there is a limit.</summary>
internal static class ListQuotas
{
    /// <param name="QuotaKey">
    /// What is limited: <c>namespace</c>, <c>repository</c>, <c>tag</c> for the tags of one repository, <c>namespace_bytes</c> for what one organization holds that has no
    /// quota of its own.
    /// </param>
    /// <param name="QuotaLimit">How much there may be.</param>
    /// <param name="Used">How much there is; where it is a limit for each of several, in that which has most.</param>
    /// <param name="Unit">Empty for numbers of things, else <c>byte</c>.</param>
    internal sealed record Quota(string QuotaKey, long QuotaLimit, long Used, string Unit);

    internal sealed record Response(IReadOnlyList<Quota> Quotas);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/projects/{project_id}/quotas", HandleAsync)
        .WithName(nameof(ListQuotas))
        .WithSummary("List the limits of the account")
        .Answers<Response>(200, "The limits, and how much of them is used.")
        .Action("swr:quota:listQuotas")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(ProjectPath.Refusals);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "project_id")] string projectId,
        Caller caller,
        ProjectPath projects,
        OverviewStore store,
        IOptions<ImagesOptions> options,
        CancellationToken cancellationToken)
    {
        await projects.CheckAsync(projectId, caller, cancellationToken);
        var (limits, use) = (options.Value, await store.ReadUseAsync(caller.DomainId, cancellationToken));
        var quotas = new List<Quota> { new("namespace", limits.MaxOrganizationsPerAccount, use.Organizations, "") };
        if (limits.MaxRepositoriesPerAccount > 0)
        {
            quotas.Add(new("repository", limits.MaxRepositoriesPerAccount, use.Repositories, ""));
        }

        if (limits.MaxTagsPerRepository > 0)
        {
            quotas.Add(new("tag", limits.MaxTagsPerRepository, use.MostTags, ""));
        }

        if (limits.MaxBytesPerOrganization > 0)
        {
            quotas.Add(new("namespace_bytes", limits.MaxBytesPerOrganization, use.MostBytes, "byte"));
        }

        return TypedResults.Json(new Response(quotas), OverviewJson.Wire.ListQuotasResponse);
    }
}
