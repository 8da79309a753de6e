using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Projects;

/// <summary><c>GET /v3/projects</c>. Client libraries call it with the region's id as the name and want exactly one.</summary>
internal static class ListProjects
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/v3/projects", HandleAsync)
        .WithName(nameof(ListProjects))
        .WithSummary("List the projects of the account")
        .QueryParameter("name", "Only the project of this name.")
        .QueryParameter("domain_id", "Only projects of this account.")
        .QueryParameter("parent_id", "Only projects under this one.")
        .QueryParameter("enabled", "Only projects that are enabled, or that are not.", ParameterType.Flag)
        .QueryParameter("page", "The page, from 1; goes together with per_page.", ParameterType.Number)
        .QueryParameter("per_page", "How many projects a page has, 1 to 5000.", ParameterType.Number)
        .Answers<ProjectList>(200, "The projects.")
        .Action("iam:projects:list")
        .CanFail(IamCodes.InvalidBody);

    private static async Task<IResult> HandleAsync(
        string? name,
        [FromQuery(Name = "domain_id")] string? domainId,
        [FromQuery(Name = "parent_id")] string? parentId,
        string? enabled,
        string? page,
        [FromQuery(Name = "per_page")] string? perPage,
        Caller caller,
        ProjectStore projects,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (!ListQuery.TryFlag(enabled, out var flag))
        {
            return IamError.InvalidBody("enabled must be true or false");
        }

        if (!ListQuery.TryPage(page, perPage, out var at))
        {
            return IamError.InvalidBody("page (from 1) and per_page (1 to 5000) go together");
        }

        var foreign = domainId is { Length: > 0 } && !string.Equals(domainId, caller.DomainId, StringComparison.Ordinal);
        if (foreign || !Texts.IsStorable(name) || !Texts.IsStorable(parentId))
        {
            return TypedResults.Ok(new ProjectList([], Links.Here(context)));
        }

        // One more than fits tells whether there is a next page.
        var filter = new ProjectFilter(
            caller.DomainId, name ?? "", parentId ?? "", flag, at.PerPage + 1, (at.Page - 1) * at.PerPage);
        var found = await projects.ListAsync(filter, cancellationToken);
        var shown = found.Take((int)at.PerPage).Select(p => ProjectBody.Of(p, context)).ToList();
        return TypedResults.Ok(new ProjectList(shown, ListQuery.Pages(context, at, found.Count > at.PerPage)));
    }
}
