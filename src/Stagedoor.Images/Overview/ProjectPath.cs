using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Overview;

/// <summary>Projects in paths.</summary>
internal sealed class ProjectPath(IAccountProjects projects)
{
    /// <summary>The codes that it refuses with.</summary>
    public static ErrorDefinition[] Refusals => [ImagesCodes.InvalidParameter, ImagesCodes.CrossAccountDenied];

    /// <summary>Looks whether the project is the caller's account's. One that is nobody's is as good as another's.</summary>
    /// <exception cref="ApiException">It is not, or it is no id.</exception>
    public async Task CheckAsync(string projectId, Caller caller, CancellationToken cancellationToken)
    {
        if (!IdSource.IsId(projectId))
        {
            throw ImagesError.InvalidParameter("project_id is 32 lower-case hex digits");
        }

        if (!string.Equals(await projects.FindDomainAsync(projectId, cancellationToken), caller.DomainId, StringComparison.Ordinal))
        {
            throw ImagesError.CrossAccountDenied($"project_id={projectId}");
        }
    }
}
