using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Projects;

/// <summary><c>PATCH /v3/projects/{id}</c>: name and description.</summary>
internal static class UpdateProject
{
    private const string ActionName = "iam:projects:update";

    internal sealed record Request(RequestedProject? Project);

    internal sealed record RequestedProject(string? Name, string? Description);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/v3/projects/{id}", HandleAsync)
        .WithName(nameof(UpdateProject))
        .WithSummary("Change the name or the description of a project")
        .Answers<ProjectAnswer>(200, "The project as it is now.")
        .Action(ActionName)
        .CanFail(IamCodes.InvalidBody, IamCodes.PolicyDenied, IamCodes.NotAuthorized, IamCodes.NotFound, IamCodes.Conflict);

    private static async Task<IResult> HandleAsync(
        string id,
        Request request,
        Caller caller,
        ProjectStore projects,
        Identities identities,
        IOptions<IamOptions> options,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (caller.Refuse(ActionName) is { } refusal)
        {
            return refusal;
        }

        if (request.Project is not { } wanted || (wanted.Name is null && wanted.Description is null))
        {
            return IamError.InvalidBody("project needs a name or a description");
        }

        if (await GetProject.FindOwnAsync(projects, id, caller.DomainId, cancellationToken) is not { } project)
        {
            return IamError.NotFound("project", id);
        }

        if (wanted.Name is { } name && !string.Equals(name, project.Name, StringComparison.Ordinal))
        {
            if (project.IsDefault)
            {
                return IamError.NotAuthorized("The project that stands for the region keeps its name.");
            }

            if (!Project.IsValidName(name, options.Value.Region))
            {
                return IamError.InvalidBody(
                    $"project.name begins with {options.Value.Region}_ and has at most 64 letters, digits, '_' and '-'");
            }
        }

        if (!Texts.IsStorable(wanted.Description))
        {
            return IamError.InvalidBody($"project.description {Texts.DescriptionRule}");
        }

        if (!await projects.UpdateAsync(project, wanted.Name, wanted.Description, cancellationToken))
        {
            return IamError.Conflict("project", $"there is a project named {wanted.Name} already");
        }

        identities.ForgetProjects();
        return await projects.FindAsync(id, cancellationToken) is { } changed
            ? TypedResults.Ok(new ProjectAnswer(ProjectBody.Of(changed, context)))
            : IamError.NotFound("project", id);
    }
}
