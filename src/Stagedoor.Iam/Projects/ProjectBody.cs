using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Iam.Projects;

/// <summary>A project on the wire.</summary>
internal sealed record ProjectBody(
    string Id,
    string Name,
    [property: JsonPropertyName("domain_id")] string DomainId,
    [property: JsonPropertyName("parent_id")] string ParentId,
    [property: JsonPropertyName("is_domain")] bool IsDomain,
    bool Enabled,
    string Description,
    Links Links)
{
    public static ProjectBody Of(Project project, HttpContext context) => new(
        project.Id,
        project.Name,
        project.DomainId,
        project.ParentId,
        IsDomain: false,
        project.Enabled,
        project.Description,
        Links.To(context, $"/v3/projects/{project.Id}"));
}

/// <summary><c>{"project":…}</c></summary>
internal sealed record ProjectAnswer(ProjectBody Project);

/// <summary><c>{"projects":[…],"links":…}</c></summary>
internal sealed record ProjectList(IReadOnlyList<ProjectBody> Projects, Links Links);

/// <summary><c>{"projects":[…],"links":{"self":…}}</c></summary>
internal sealed record OwnProjectList(IReadOnlyList<ProjectBody> Projects, SelfLink Links);
