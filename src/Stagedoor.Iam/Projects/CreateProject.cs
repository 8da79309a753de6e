using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Iam.Projects;

/// <summary><c>POST /v3/projects</c></summary>
internal static class CreateProject
{
    private const string ActionName = "iam:projects:create";

    internal sealed record Request(RequestedProject? Project);

    internal sealed record RequestedProject(
        string? Name,
        string? Description,
        [property: JsonPropertyName("parent_id")] string? ParentId,
        [property: JsonPropertyName("domain_id")] string? DomainId);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/v3/projects", HandleAsync)
        .WithName(nameof(CreateProject))
        .WithSummary("Create a project")
        .Answers<ProjectAnswer>(201, "The project.")
        .Action(ActionName)
        .CanFail(IamCodes.InvalidBody, IamCodes.PolicyDenied, IamCodes.NotFound, IamCodes.Conflict);

    private static async Task<IResult> HandleAsync(
        Request request,
        Caller caller,
        ProjectStore projects,
        Identities identities,
        IdSource ids,
        IOptions<IamOptions> options,
        HttpContext context,
        CancellationToken cancellationToken)
    {
        if (caller.Refuse(ActionName) is { } refusal)
        {
            return refusal;
        }

        var region = options.Value.Region;
        if (request.Project is not { } wanted)
        {
            return IamError.InvalidBody("project is missing");
        }

        if (wanted.DomainId is { Length: > 0 } domainId && !string.Equals(domainId, caller.DomainId, StringComparison.Ordinal))
        {
            return IamError.NotFound("domain", domainId);
        }

        var regional = await projects.FindDefaultAsync(caller.DomainId, cancellationToken);
        if (string.IsNullOrEmpty(wanted.ParentId) && string.Equals(wanted.Name, region, StringComparison.Ordinal) && regional is not null)
        {
            // One client library asks for the region's own project in this way, and takes it that it is made.
            return TypedResults.Json(new ProjectAnswer(ProjectBody.Of(regional, context)), statusCode: StatusCodes.Status201Created);
        }

        if (!Project.IsValidName(wanted.Name, region))
        {
            return IamError.InvalidBody($"project.name begins with {region}_ and has at most 64 letters, digits, '_' and '-'");
        }

        if (!Texts.IsStorable(wanted.Description))
        {
            return IamError.InvalidBody($"project.description {Texts.DescriptionRule}");
        }

        if (string.IsNullOrEmpty(wanted.ParentId))
        {
            return IamError.InvalidBody($"project.parent_id is missing: the id of the project {region}");
        }

        if (regional is null || !string.Equals(regional.Id, wanted.ParentId, StringComparison.Ordinal))
        {
            return IamError.NotFound("project", wanted.ParentId);
        }

        var project = new Project
        {
            Id = ids.NewId(),
            DomainId = caller.DomainId,
            ParentId = regional.Id,
            Name = wanted.Name!,
            Description = wanted.Description ?? "",
            Enabled = true,
        };
        if (!await projects.AddAsync(project, cancellationToken))
        {
            return IamError.Conflict("project", $"there is a project named {project.Name} already");
        }

        identities.ForgetProjects();
        return TypedResults.Json(new ProjectAnswer(ProjectBody.Of(project, context)), statusCode: StatusCodes.Status201Created);
    }
}
