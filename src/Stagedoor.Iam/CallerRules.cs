using System.Net;
using Microsoft.Extensions.Options;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam;

/// <summary>
/// The rules about users that hold at every door and at each call: token, signature, password, registry login, key headers, and streams that
/// stay open. Nothing else makes a <see cref="Caller"/> of a user.
/// </summary>
internal sealed class CallerRules(IOptions<IamOptions> options)
{
    private readonly AddressList _allowed = AddressList.Parse(options.Value.AllowedAddresses);

    /// <summary>Whether the user may come in this way and from there; the account's root user from everywhere.</summary>
    public IdentityState Judge(User user, AuthenticationMethod method, IPAddress? address) =>
        !user.IsActive ? IdentityState.Inactive
        : !user.MayUsePrograms ? IdentityState.ConsoleOnly
        : !Admits(user.IsRoot, address) ? IdentityState.ForeignAddress
        : user.MustChangePassword && method is AuthenticationMethod.Token ? IdentityState.MustChangePassword
        : IdentityState.Valid;

    public bool Admits(bool isRoot, IPAddress? address) => _allowed.IsEmpty || isRoot || _allowed.Contains(address);
}
