using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Why;

/// <summary>Which stage refused a request, where it did not say so itself.</summary>
internal static class Stages
{
    private static readonly Dictionary<ErrorDefinition, string> s_byCode = new()
    {
        [GatewayCodes.ApiNotFound] = DecisionStage.Route,
        [GatewayCodes.MethodNotFound] = DecisionStage.Route,
        [GatewayCodes.UriTooLarge] = DecisionStage.Arrival,
        [GatewayCodes.HeadersTooLarge] = DecisionStage.Arrival,
        [GatewayCodes.MalformedRequest] = DecisionStage.Arrival,
        [GatewayCodes.ProtocolNotSupported] = DecisionStage.Arrival,
        [GatewayCodes.BodyTooLarge] = DecisionStage.Body,
        [GatewayCodes.Throttled] = DecisionStage.Throttle,
        [GatewayCodes.IncorrectIamAuthentication] = DecisionStage.Authentication,
        [GatewayCodes.IncorrectAuthentication] = DecisionStage.Authentication,
        [GatewayCodes.TokenMustBeUpdated] = DecisionStage.Authentication,
        [GatewayCodes.AddressNotAuthorized] = DecisionStage.Address,
        [GatewayCodes.ProjectUnavailable] = DecisionStage.Tenant,
        [GatewayCodes.AccessDenied] = DecisionStage.Policy,
    };

    public static string Of(Refusal refusal)
    {
        var error = refusal.Error;
        return error?.Decision?.Stage
            ?? (FindFault(error) is not null ? DecisionStage.Storage : null)
            ?? (error is not null && s_byCode.TryGetValue(error.Error, out var stage) ? stage : null)
            ?? refusal.Status switch
            {
                // Modules catch what none of their routes takes, to refuse it in their own words.
                404 or 405 when refusal.Template?.Contains("**", StringComparison.Ordinal) is true && refusal.Operation is null => DecisionStage.Route,
                _ when refusal.Template is null && refusal.Status is 404 or 405 => DecisionStage.Route,
                _ when refusal.Template is null => DecisionStage.Arrival,
                401 => DecisionStage.Authentication,
                403 => DecisionStage.Policy,
                408 or 413 or 415 => DecisionStage.Body,
                429 => DecisionStage.Throttle,
                _ when error?.Error == GatewayCodes.BadRequest => DecisionStage.Body,
                _ => DecisionStage.Handler,
            };
    }

    /// <summary>The fault of a store behind an error; null when there is none.</summary>
    public static StorageException? FindFault(ApiException? error)
    {
        for (var inner = error?.InnerException; inner is not null; inner = inner.InnerException)
        {
            if (inner is StorageException fault)
            {
                return fault;
            }
        }

        return null;
    }
}
