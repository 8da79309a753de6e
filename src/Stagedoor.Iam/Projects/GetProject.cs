using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Projects;

/// <summary><c>GET /v3/projects/{id}</c></summary>
internal static class GetProject
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/projects/{id}", HandleAsync)
        .WithName(nameof(GetProject))
        .WithSummary("Show a project")
        .Answers<ProjectAnswer>(200, "The project.")
        .Action("iam:projects:get")
        .CanFail(IamCodes.NotFound);

    /// <summary>The project, unless it is another account's.</summary>
    internal static async Task<Project?> FindOwnAsync(
        ProjectStore projects, string id, string domainId, CancellationToken cancellationToken) =>
        Texts.IsStorable(id) && await projects.FindAsync(id, cancellationToken) is { } project
        && string.Equals(project.DomainId, domainId, StringComparison.Ordinal)
            ? project
            : null;

    private static async Task<IResult> HandleAsync(
        string id, Caller caller, ProjectStore projects, HttpContext context, CancellationToken cancellationToken) =>
        await FindOwnAsync(projects, id, caller.DomainId, cancellationToken) is { } project
            ? TypedResults.Ok(new ProjectAnswer(ProjectBody.Of(project, context)))
            : IamError.NotFound("project", id);
}
