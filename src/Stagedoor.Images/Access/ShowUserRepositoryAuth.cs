using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Access;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/access</c>: what the caller may do there, and what others were granted.</summary>
internal static class ShowUserRepositoryAuth
{
    internal sealed record Response(long Id, string Name, UserAuth SelfAuth, IReadOnlyList<UserAuth> OthersAuths);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/access", HandleAsync)
        .WithName(nameof(ShowUserRepositoryAuth))
        .WithSummary("Show who was granted what of a repository")
        .Answers<Response>(200, "What the caller and others have.")
        .Action("swr:repo:getRepoAuth")
        .FaultsAs(ImagesCodes.GetPermissionFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImagesCodes.GetUserListFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        Caller caller,
        RepositoryGate gate,
        RepositoryGrants grants,
        IAccountUsers users,
        CancellationToken cancellationToken)
    {
        var opened = await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken);
        var known = await users.ListIdsAsync(caller.DomainId, cancellationToken).FaultAs(ImagesCodes.GetUserListFailed);
        var all = await grants.ListAsync(opened.Id, cancellationToken);
        return TypedResults.Json(
            new Response(
                opened.Id,
                opened.Name,
                new(caller.UserId, caller.UserName, opened.Auth),
                [.. all.Where(grant => known.Contains(grant.UserId) && !string.Equals(grant.UserId, caller.UserId, StringComparison.Ordinal))]),
            ImagesJson.Wire.ShowUserRepositoryAuthResponse);
    }
}
