using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Access;

/// <summary>What every change of a repository's grants begins with.</summary>
internal static class RepositoryAuthGate
{
    /// <summary>The codes that these checks refuse with.</summary>
    public static ErrorDefinition[] Refusals => [.. RepositoryGate.ChangeRefusals, ImagesCodes.InvalidParameter, ImagesCodes.RequiredParameterMissing];

    /// <summary>The grants of a list, all of them well formed and none of them to the caller, who would raise its own that way.</summary>
    /// <exception cref="ApiException">The list or an entry of it is not well formed, or it names the caller.</exception>
    public static IReadOnlyList<UserAuth> Read(IReadOnlyList<UserAuthRequest?> request, Caller caller)
    {
        var grants = UserAuthRequest.Read(request, ImagesError.InvalidPermission);
        return grants.Any(g => string.Equals(g.UserId, caller.UserId, StringComparison.Ordinal)) ? throw ImagesError.OwnPermission(caller.UserId) : grants;
    }

    /// <summary>Nobody gives what they do not have: who may push to an organization would else manage its repositories through a friend.</summary>
    /// <exception cref="ApiException">One of the grants is of more than the caller may do.</exception>
    public static void CheckValues(IReadOnlyList<UserAuth> wanted, OpenedRepository opened)
    {
        if (wanted.FirstOrDefault(g => g.Auth > opened.Auth) is { } above)
        {
            throw ImagesError.PermissionDenied($"user_id={above.UserId}: to grant {above.Auth} on {opened.Organization.Name}/{opened.Name}", opened.Auth, above.Auth);
        }
    }

    /// <summary>Somebody was granted more than the caller may do, who then does not change it.</summary>
    public static ApiException GrantedMore(OpenedRepository opened, string userId) =>
        ImagesError.PermissionDenied($"user_id={userId} was granted more on {opened.Organization.Name}/{opened.Name} than you have", opened.Auth, Rights.Manage);
}
