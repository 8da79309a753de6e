using System.Net;

namespace Stagedoor.Iam;

/// <summary>Looks again at callers who were known before, from memory.</summary>
internal sealed class Callers(Identities identities, CallerRules rules) : ICallers
{
    public async ValueTask<Caller?> FindAgainAsync(
        string userId, string? projectId, string credential, IPAddress? address, CancellationToken cancellationToken)
    {
        var (state, caller) = await identities.FindAgainAsync(userId, projectId, credential, address, cancellationToken);
        return state is IdentityState.Valid ? caller : null;
    }

    public bool Admits(Caller caller, IPAddress? address) => rules.Admits(caller.IsAccountRoot, address);
}
