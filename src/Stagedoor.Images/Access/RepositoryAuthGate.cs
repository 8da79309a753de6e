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
}
