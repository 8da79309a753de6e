using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Discovery;

/// <summary>Errors of the registry with their facts.</summary>
internal static class DiscoveryError
{
    public static ApiException Invalid(string field, string rule) => new(DiscoveryCodes.InvalidParameter, $"{field}: {rule}");

    public static ApiException Unauthorized(string reason) => new(DiscoveryCodes.Unauthorized, reason);

    public static ApiException Forbidden(string reason) => new(ServiceCenterCodes.Forbidden, reason);

    public static ApiException MicroserviceNotFound(string what) => new(DiscoveryCodes.MicroserviceNotFound, what);

    public static ApiException InstanceNotFound(string serviceId, string instanceId) =>
        new(DiscoveryCodes.InstanceNotFound, $"instance[{serviceId}/{instanceId}] not found");

    public static ApiException SchemaNotFound(string serviceId, string schemaId) =>
        new(DiscoveryCodes.SchemaNotFound, $"schema[{serviceId}/{schemaId}] has no content");

    public static ApiException TagNotFound(string key) => new(ServiceCenterCodes.TagNotFound, $"tag[{key}] not found");

    /// <summary>Other replicas cannot hear of the heartbeat.</summary>
    public static ApiException HeardNowhere() => new(ServiceCenterCodes.HeardNowhere, "this process has been cut off from the others for half the lease");

    public static ApiException RuleNotFound(string ruleId) => new(ServiceCenterCodes.RuleNotFound, $"rule[{ruleId}] not found");
}
