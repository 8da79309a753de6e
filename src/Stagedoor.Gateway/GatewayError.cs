using System.Globalization;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;

namespace Stagedoor.Gateway;

/// <summary>What the pipeline refuses requests with.</summary>
internal static class GatewayError
{
    public static ApiException BadTarget(string problem) => new(GatewayCodes.BadRequest, problem);

    public static ApiException BodyTooLarge(ErrorDefinition? own, long? limit, long? announced) =>
        new(own ?? GatewayCodes.BodyTooLarge, BodyLimit.Describe(limit, announced))
        {
            Decision = new(
                DecisionStage.Body,
                new("limit", string.Create(CultureInfo.InvariantCulture, $"{limit} bytes")),
                new("announced", announced is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{announced} bytes")))
            {
                Change = string.Create(
                    CultureInfo.InvariantCulture, $"Send a body of at most {limit} bytes, or let the operator raise Gateway:MaxBodyBytes, or MaxBodyBytes of the route in Gateway:Routes."),
            },
        };

    public static ApiException Malformed(string problem) => new(GatewayCodes.MalformedRequest, problem);

    public static ApiException HttpsRequired() => new(GatewayCodes.ProtocolNotSupported, "HTTPS");

    public static ApiException Throttled(string policy, int limit, string setting) => new(
        GatewayCodes.Throttled,
        string.Create(CultureInfo.InvariantCulture, $"policy {policy} over ratelimit,limit:{limit},time:1 second"))
    {
        Headers = [new("Retry-After", "1")],
        Decision = new(
            DecisionStage.Throttle,
            new("policy", policy),
            new("limit", string.Create(CultureInfo.InvariantCulture, $"{limit} requests in a second")),
            new("setting", setting))
        {
            Change = string.Create(
                CultureInfo.InvariantCulture, $"Send at most {limit} of these requests in a second and come again after 1 s, or let the operator raise the setting {setting}."),
        },
    };

    public static ApiException TooManyBodiesWait() => new(
        GatewayCodes.Throttled, "too many bodies wait for the check of their signatures")
    {
        Headers = [new("Retry-After", "1")],
    };

    /// <param name="reason">What is wrong.</param>
    /// <param name="change">What to change, in a sentence.</param>
    /// <param name="facts">What was looked at.</param>
    public static ApiException NotAuthenticated(string reason, string? change = null, params DecisionFact[] facts) =>
        new(GatewayCodes.IncorrectIamAuthentication, reason) { Decision = new(DecisionStage.Authentication, facts) { Change = change } };

    public static ApiException NoCredential() => NotAuthenticated(
        "x-auth-token not found",
        "Send X-Auth-Token with a token of POST /v3/auth/tokens, or sign the request with an access key (Authorization: SDK-HMAC-SHA256).");

    public static ApiException UnverifiableToken() => NotAuthenticated(
        "decrypt token fail",
        "Get a new token with POST /v3/auth/tokens of this server and send X-Subject-Token of its answer whole: the one that was sent is cut, or another server's.",
        new DecisionFact("token", "not issued by this installation, or changed"));

    public static ApiException WrongCredential(string reason) => new(GatewayCodes.IncorrectAuthentication, reason)
    {
        Decision = new(DecisionStage.Authentication)
        {
            Change = $"Send one credential of a kind that is taken here, X-Auth-Token or a signature SDK-HMAC-SHA256 or V11-HMAC-SHA256: {reason}.",
        },
    };

    /// <param name="problem">What ended the token; null when that is not known.</param>
    public static ApiException TokenMustBeUpdated(string? problem = null) => new(GatewayCodes.TokenMustBeUpdated)
    {
        Decision = new(DecisionStage.Authentication, new DecisionFact("token", problem ?? "ended"))
        {
            Change = $"Get a new token with POST /v3/auth/tokens: {(problem is null ? "this one is good no more" : $"this one {problem}")}.",
        },
    };

    public static ApiException ProjectUnavailable() => new(GatewayCodes.ProjectUnavailable);

    public static ApiException AddressNotAuthorized() => new(GatewayCodes.AddressNotAuthorized)
    {
        Decision = new(DecisionStage.Address, new DecisionFact("setting", "Gateway:AllowedAddresses"))
        {
            Change = "Call from an address of the list in the setting Gateway:AllowedAddresses, or let the operator add yours to it.",
        },
    };

    public static ApiException PasswordMustChange() =>
        new(GatewayCodes.AccessDenied, "The password has to be changed first, with POST /v3/users/{id}/password; the token is good for that alone.")
        {
            Decision = new(DecisionStage.Policy, new DecisionFact("password", "chosen by somebody else, to be changed at the first login"))
            {
                Change = "Change the password first, with POST /v3/users/{id}/password, and get a new token with it.",
            },
        };

    public static ApiException AccessDenied(string action, DecisionStep? decision = null) =>
        new(GatewayCodes.AccessDenied, $"Policy doesn't allow {action} to be performed.") { Decision = decision };

    public static ApiException IamUnavailable(StorageException fault) => new(GatewayCodes.IamUnavailable, inner: fault);
}
