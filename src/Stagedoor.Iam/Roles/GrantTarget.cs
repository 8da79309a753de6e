using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Iam.Projects;
using Stagedoor.Iam.Users;

namespace Stagedoor.Iam.Roles;

/// <summary>Finds what a grant's path names: an account or a project, a user, a role. Whatever is another account's is not there.</summary>
internal sealed class GrantTarget(UserStore users, ProjectStore projects)
{
    /// <summary>The codes that <see cref="CheckAsync"/> refuses with.</summary>
    public static ErrorDefinition[] Refusals => [IamCodes.NotAuthorized, IamCodes.NotFound];

    /// <summary>What <c>domains</c> or <c>projects</c> is called in a sentence.</summary>
    public static string WordFor(string kind) => kind is "domains" ? "the account" : "a project";

    /// <summary>Whose roles in which place, in words, for the audit record.</summary>
    public async Task<string> DescribeAsync(Caller caller, (string Kind, string Id) place, string userId, CancellationToken cancellationToken)
    {
        var user = await GetUser.FindOwnAsync(users, userId, caller.DomainId, cancellationToken);
        var project = place.Kind is "projects" ? await GetProject.FindOwnAsync(projects, place.Id, caller.DomainId, cancellationToken) : null;
        return $"user {user?.Name} ({userId}), {(project is null ? "the whole account" : $"project {project.Name} ({place.Id})")}";
    }

    /// <summary>Why the caller may not look at, or change, grants in this place; null when it may.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="place">Where: <c>domains</c> or <c>projects</c>, and the id there.</param>
    /// <param name="userId">Whose roles.</param>
    /// <param name="change">Whether they are to be changed, which nobody may to oneself only by being oneself.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public async Task<ApiException?> CheckAsync(
        Caller caller, (string Kind, string Id) place, string userId, bool change, CancellationToken cancellationToken)
    {
        if (change && !caller.Administers())
        {
            return IamError.NotAuthorized("Only security administrators of the account may.");
        }

        if (caller.RefuseFor(userId) is { } refusal)
        {
            return refusal;
        }

        if (place.Kind is "domains" && !string.Equals(place.Id, caller.DomainId, StringComparison.Ordinal))
        {
            return IamError.NotFound("domain", place.Id);
        }

        if (place.Kind is "projects"
            && await GetProject.FindOwnAsync(projects, place.Id, caller.DomainId, cancellationToken) is null)
        {
            return IamError.NotFound("project", place.Id);
        }

        return await GetUser.FindOwnAsync(users, userId, caller.DomainId, cancellationToken) switch
        {
            null => IamError.NotFound("user", userId),
            // A grant would change nothing but the stamp, and with it end the root user's tokens.
            { IsRoot: true } when change => IamError.NotAuthorized("No role is granted to the account's root user, or taken from it."),
            _ => null,
        };
    }
}
