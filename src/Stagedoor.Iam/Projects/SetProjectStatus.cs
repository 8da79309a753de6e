using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Projects;

/// <summary><c>PUT /v3-ext/projects/{id}</c>: lets calls into a project or stops them.</summary>
internal static class SetProjectStatus
{
    private const string ActionName = "iam:projects:update";

    internal sealed record Request(RequestedProject? Project);

    internal sealed record RequestedProject(string? Status);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/v3-ext/projects/{id}", HandleAsync)
        .WithName(nameof(SetProjectStatus))
        .WithSummary("Suspend a project, or let calls in again")
        .AnswersEmpty(204, "It is so.")
        .Action(ActionName)
        .CanFail(IamCodes.InvalidBody, IamCodes.PolicyDenied, IamCodes.NotAuthorized, IamCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        string id, Request request, Caller caller, ProjectStore projects, Identities identities, CancellationToken cancellationToken)
    {
        if (caller.Refuse(ActionName) is { } refusal)
        {
            return refusal;
        }

        if (request.Project?.Status is not ("normal" or "suspended"))
        {
            return IamError.InvalidBody("project.status is normal or suspended");
        }

        if (await GetProject.FindOwnAsync(projects, id, caller.DomainId, cancellationToken) is not { } project)
        {
            return IamError.NotFound("project", id);
        }

        if (project.IsDefault && request.Project.Status is "suspended")
        {
            return IamError.NotAuthorized("The project that stands for the region cannot be suspended.");
        }

        await projects.SetEnabledAsync(id, request.Project.Status is "normal", cancellationToken);
        identities.ForgetProjects();
        return TypedResults.NoContent();
    }
}
