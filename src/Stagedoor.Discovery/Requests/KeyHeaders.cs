using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Requests;

/// <summary>
/// <c>X-Service-AK</c> and <c>X-Service-ShaAKSK</c>, as the engine's clients send them: the hash is the login key of an access key of the
/// account. <c>X-Service-Project</c> adds nothing: the project is the path's.
/// </summary>
/// <remarks>
/// A pair that was good is taken for good for up to an hour while the directory of keys does not answer: else an outage of the database would
/// fail heartbeats, and every client would register anew.
/// </remarks>
internal sealed class KeyHeaders(IAccessKeyLogins logins, TimeProvider clock) : ICredentialReader
{
    private const int MaxKnown = 10_000;
    private static readonly TimeSpan s_trust = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<(string AccessKey, string Hash), (Credential Credential, long CheckedAt)> _known = new();

    public async ValueTask<Credential?> ReadAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var accessKey = headers["X-Service-AK"].ToString();
        if (accessKey.Length == 0)
        {
            return null;
        }

        var hash = headers["X-Service-ShaAKSK"].ToString();
        try
        {
            return Keep((accessKey, hash), await logins.FindCallerByKeyAsync(accessKey, hash, context.RequestAborted));
        }
        catch (StorageException) when (_known.TryGetValue((accessKey, hash), out var known) && clock.GetElapsedTime(known.CheckedAt) < s_trust)
        {
            return known.Credential;
        }
    }

    private Credential Keep((string AccessKey, string Hash) pair, Caller? caller)
    {
        if (caller is null)
        {
            _known.TryRemove(pair, out _);
            return Credential.Refused(DiscoveryError.Unauthorized("X-Service-AK is not known, or X-Service-ShaAKSK does not belong to it"));
        }

        if (_known.Count >= MaxKnown)
        {
            _known.Clear();
        }

        var credential = Credential.Of(caller);
        _known[pair] = (credential, clock.GetTimestamp());
        return credential;
    }
}
