using System.Globalization;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Gateway;

/// <summary>What the pipeline refuses requests with.</summary>
internal static class GatewayError
{
    public static ApiException BadTarget(string problem) => new(GatewayCodes.BadRequest, problem);

    public static ApiException BodyTooLarge(ErrorDefinition? own, long? limit, long? announced) =>
        new(own ?? GatewayCodes.BodyTooLarge, BodyLimit.Describe(limit, announced));

    public static ApiException Malformed(string problem) => new(GatewayCodes.MalformedRequest, problem);

    public static ApiException HttpsRequired() => new(GatewayCodes.ProtocolNotSupported, "HTTPS");

    public static ApiException Throttled(string policy, int limit) => new(
        GatewayCodes.Throttled,
        string.Create(CultureInfo.InvariantCulture, $"policy {policy} over ratelimit,limit:{limit},time:1 second"))
    {
        Headers = [new("Retry-After", "1")],
    };

    public static ApiException TooManyBodiesWait() => new(
        GatewayCodes.Throttled, "too many bodies wait for the check of their signatures")
    {
        Headers = [new("Retry-After", "1")],
    };

    public static ApiException NotAuthenticated(string reason) => new(GatewayCodes.IncorrectIamAuthentication, reason);

    public static ApiException WrongCredential(string reason) => new(GatewayCodes.IncorrectAuthentication, reason);

    public static ApiException TokenMustBeUpdated() => new(GatewayCodes.TokenMustBeUpdated);

    public static ApiException ProjectUnavailable() => new(GatewayCodes.ProjectUnavailable);

    public static ApiException AddressNotAuthorized() => new(GatewayCodes.AddressNotAuthorized);

    public static ApiException PasswordMustChange() =>
        new(GatewayCodes.AccessDenied, "The password has to be changed first, with POST /v3/users/{id}/password; the token is good for that alone.");

    public static ApiException AccessDenied(string action) => new(GatewayCodes.AccessDenied, $"Policy doesn't allow {action} to be performed.");

    public static ApiException IamUnavailable(StorageException fault) => new(GatewayCodes.IamUnavailable, inner: fault);
}
