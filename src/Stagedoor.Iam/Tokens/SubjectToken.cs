using Stagedoor.Http;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary>Finds the token in <c>X-Subject-Token</c>, when the caller may know of it.</summary>
internal sealed class SubjectToken(TokenSeal<TokenClaims> seal, Identities identities)
{
    /// <summary>The token's claims with its user, or why not. The root user's are for the root user alone.</summary>
    public async Task<(TokenClaims? Claims, KnownUser? Identity, ApiException? Refusal)> FindAsync(
        string? token, Caller caller, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(token))
        {
            return (null, null, IamError.InvalidBody($"the header {TokenDesk.SubjectHeader} is missing"));
        }

        if (seal.Open(token) is not { } claims
            || !await identities.IsCurrentAsync(claims, cancellationToken)
            || await identities.FindUserAsync(claims.UserId, cancellationToken) is not { } identity
            || !string.Equals(identity.User.DomainId, caller.DomainId, StringComparison.Ordinal))
        {
            return (null, null, IamError.SubjectTokenNotFound());
        }

        return caller.RefuseFor(claims.UserId) is { } refusal ? (null, null, refusal)
            : identity.User.IsRoot && !caller.IsAccountRoot ? (null, null, IamError.NotAuthorized("The root user's tokens are for itself."))
            : (claims, identity, null);
    }
}
