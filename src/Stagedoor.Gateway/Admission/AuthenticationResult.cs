using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Admission;

/// <summary>Who a request's credentials belong to, or why they are no good.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AuthenticationResult
{
    private AuthenticationResult(Caller? caller, ApiException? refusal) => (Caller, Refusal) = (caller, refusal);

    /// <summary>Who it is; with a refusal too, when somebody known may not come in.</summary>
    public Caller? Caller { get; }

    public ApiException? Refusal { get; }

    [MemberNotNullWhen(false, nameof(Refusal))]
    public bool IsKnown => Refusal is null;

    public static AuthenticationResult Known(Caller caller) => new(caller, null);

    public static AuthenticationResult Refused(ApiException refusal, Caller? known = null) => new(known, refusal);
}
