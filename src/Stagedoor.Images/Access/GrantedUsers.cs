using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Access;

/// <summary>Who is granted something.</summary>
internal static class GrantedUsers
{
    /// <summary>Makes sure that the grants name users of the account as they are called. Asked last, so that only who may grant learns who there is.</summary>
    /// <exception cref="ApiException">One of them is not.</exception>
    public static async Task CheckAsync(this IAccountUsers users, IReadOnlyList<UserAuth> grants, Caller caller, CancellationToken cancellationToken)
    {
        foreach (var grant in grants)
        {
            var name = await users.FindNameAsync(grant.UserId, caller.DomainId, cancellationToken).FaultAs(ImagesCodes.GetUserListFailed)
                ?? throw ImagesError.InvalidParameter($"user_id={grant.UserId} is no user of this account");
            if (!string.Equals(name, grant.UserName, StringComparison.Ordinal))
            {
                throw ImagesError.InvalidUserName(grant.UserId, grant.UserName);
            }
        }
    }
}
