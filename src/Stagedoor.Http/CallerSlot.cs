using Stagedoor.Http.Tenants;

namespace Stagedoor.Http;

/// <summary>Holds what the gateway established about the caller of the request at hand.</summary>
public sealed class CallerSlot
{
    /// <summary>The caller; null when the request carried no credentials or unusable ones.</summary>
    public Caller? Caller { get; set; }

    /// <summary>Whom the gateway, or a service that checks credentials itself, has found, also when the call is refused then. For records only: nothing is allowed on the strength of it.</summary>
    public Caller? Found { get; set; }

    /// <summary>Whom a credential names that was refused: anybody may have sent it, so that it is the caller's nowhere. The trace of the request is where its owner looks.</summary>
    public Caller? Named { get; set; }

    /// <summary>The access key that the request names, whether it is one or not, and whoever has signed. For the trace of a request that was refused for its signature.</summary>
    public string? NamedKey { get; set; }

    /// <summary>Who it is for records: the caller, or whom a service has found.</summary>
    public Caller? Known => Caller ?? Found;

    /// <summary>What the caller's credential allows where tenants are admitted; null while that was not asked, and on other routes.</summary>
    public TenantCredential? Admitted { get; set; }

    /// <summary>The name of a service's own account, when the caller is one and no user of the gateway's.</summary>
    public string? AccountName { get; set; }

    /// <summary>What credentials that were sent are refused with; null when none were sent, or they are good. Set on passthrough routes only.</summary>
    public ApiException? RefusedWith { get; set; }

    /// <summary>The same as a sentence.</summary>
    public string? Refusal => RefusedWith is null ? null : ErrorWriter.TextOf(RefusedWith);

    /// <summary>When the credential was looked at, as the clock's timestamp; null while it was not.</summary>
    public long? LookedAt { get; set; }

    /// <summary>Looks at the credential again and throws what a request with it is refused with now. Whoever has let the caller in sets it.</summary>
    public Func<ValueTask>? LookAgain { get; set; }

    /// <summary>The caller of an authenticated route.</summary>
    /// <exception cref="InvalidOperationException">The route lets callers through unauthenticated and did not check.</exception>
    public Caller Require() => Caller ?? throw new InvalidOperationException("The route has no authenticated caller.");
}
