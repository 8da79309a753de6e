using System.Collections.Immutable;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Signing;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Gateway.Why;

/// <summary>What there is of a refused request when it is over, taken out of it: the rest is worked out later, when nobody waits.</summary>
internal sealed record Refusal
{
    public required string RequestId { get; init; }

    public required DateTimeOffset Time { get; init; }

    public required string Method { get; init; }

    /// <summary>The target with what is secret in it replaced.</summary>
    public required string Target { get; init; }

    public required string Path { get; init; }

    /// <summary>Without what is secret in it; null when there is none.</summary>
    public string? Query { get; init; }

    public required string Scheme { get; init; }

    public string? Address { get; init; }

    /// <summary>The port of its own that it came in at; null for those that serve everything.</summary>
    public string? Listener { get; init; }

    /// <summary>The route's template; null when no route takes it.</summary>
    public string? Template { get; init; }

    public string? Operation { get; init; }

    public AuthMode Auth { get; init; }

    public required int Status { get; init; }

    public required string Code { get; init; }

    /// <summary>The status of a call of gRPC, whose status of HTTP is 200; null for other requests.</summary>
    public string? GrpcStatus { get; init; }

    /// <summary>What the answer says is wrong, whatever form its protocol has for it.</summary>
    public string? Said { get; init; }

    /// <summary>Whether it is the answer to a client that asked on its way what there is: nobody looks for it in a list.</summary>
    public bool IsMiss { get; init; }

    /// <summary>The kinds of credentials that it carried.</summary>
    public required IReadOnlyList<string> Credentials { get; init; }

    /// <summary>The project that its path names; null when it names none.</summary>
    public string? Project { get; init; }

    public Caller? Caller { get; init; }

    /// <summary>The name of a service's own account that calls.</summary>
    public string? AccountName { get; init; }

    /// <summary>Whose credential was refused.</summary>
    public AuditedUser? Owner { get; init; }

    /// <summary>The access key that was refused, or that a login names: perhaps there is one.</summary>
    public string? AccessKey { get; init; }

    public ApiException? Error { get; init; }

    public required ImmutableArray<DecisionStep> Steps { get; init; }

    /// <summary>The signature that did not match.</summary>
    public RefusedSignature? Signature { get; init; }

    /// <summary>The methods that the path is served with, where the method was none of them.</summary>
    public string? AllowedMethods { get; init; }

    /// <summary>In how many seconds to come again.</summary>
    public string? RetryAfter { get; init; }
}

/// <summary>A signature that did not match, with what it should have covered.</summary>
/// <param name="Request">The request, its headers those that matter here.</param>
/// <param name="Signature">The signature.</param>
/// <param name="Rules">What was accepted.</param>
/// <param name="SignedHeaders">The names of the signed headers in the order and letters of the client.</param>
/// <param name="LocalPort">The port that it came in at.</param>
internal sealed record RefusedSignature(SignedRequest Request, RequestSignature Signature, SigningRules Rules, string SignedHeaders, int LocalPort)
{
    // What a proxy says of the request, beside what is signed.
    private static readonly string[] s_others = ["Host", "Date", "X-Forwarded-Host", "X-Forwarded-Prefix", SignedRequest.ContentHashHeader, SignedRequest.DateHeader];

    /// <summary>Takes out of a request what its signature should have covered: the server uses its headers again for the next one.</summary>
    public static RefusedSignature Of(HttpContext context, in SignedRequest request, RequestSignature signature, SigningRules rules)
    {
        var headers = new HeaderDictionary();
        foreach (var name in signature.SignedHeaders.Concat(s_others))
        {
            if (request.Headers.TryGetValue(name, out var values))
            {
                headers[name] = values;
            }
        }

        return new(request with { Headers = headers }, signature, rules, NamesOf(context.Request.Headers.Authorization.ToString()), context.Connection.LocalPort);
    }

    private static string NamesOf(string authorization)
    {
        const string Part = "SignedHeaders=";
        var start = authorization.IndexOf(Part, StringComparison.Ordinal);
        return start < 0 ? "" : authorization[(start + Part.Length)..].Split(',', 2)[0].Trim();
    }
}
