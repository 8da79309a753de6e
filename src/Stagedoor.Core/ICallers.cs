using System.Net;

namespace Stagedoor;

/// <summary>Looks again at callers who were known before. The gateway implements it, since it keeps users, keys and tokens.</summary>
public interface ICallers
{
    /// <summary>
    /// The caller with its present roles, under the same rules as the first time: null when its key, token, user or project is no good any more,
    /// or it may not call from there. Changes made at any replica are seen within two seconds.
    /// </summary>
    /// <param name="userId">The caller's user.</param>
    /// <param name="projectId">The project that it acts in; null for the account as a whole.</param>
    /// <param name="credential">The <see cref="Caller.Credential"/> that it was known by.</param>
    /// <param name="address">Where it calls from.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<Caller?> FindAgainAsync(string userId, string? projectId, string credential, IPAddress? address, CancellationToken cancellationToken);

    /// <summary>Whether a caller that is kept in memory may call from there. Costs nothing where addresses are not restricted.</summary>
    bool Admits(Caller caller, IPAddress? address);
}
