using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Projects;

/// <summary><c>GET /v3/auth/projects</c>: where the caller has a role.</summary>
internal static class ListAuthProjects
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/auth/projects", HandleAsync)
        .WithName(nameof(ListAuthProjects))
        .WithSummary("List the projects in which the caller has a role")
        .Answers<OwnProjectList>(200, "The projects.")
        .Action("iam:projects:listForUser");

    private static async Task<IResult> HandleAsync(
        Caller caller, Identities identities, ProjectStore projects, HttpContext context, CancellationToken cancellationToken)
    {
        var identity = await identities.FindUserAsync(caller.UserId, cancellationToken);
        var all = await projects.ListAsync(new(caller.DomainId, Enabled: 1), cancellationToken);
        var usable = all.Where(p => identity?.RolesIn(p.Id).Count > 0).Select(p => ProjectBody.Of(p, context)).ToList();
        return TypedResults.Ok(new OwnProjectList(usable, SelfLink.Here(context)));
    }
}
