using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Gateway.Throttling;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Admission;

/// <summary>The policy of each route.</summary>
internal sealed class RoutePolicies
{
    private readonly ConditionalWeakTable<Endpoint, RoutePolicy> _policies = [];
    private readonly ConditionalWeakTable<Endpoint, RoutePolicy>.CreateValueCallback _create;
    private readonly GatewayOptions _options;
    private readonly Permissions _permissions;
    private readonly GatewayRouteOptions[] _exceptions;

    public RoutePolicies(IOptions<GatewayOptions> options, Permissions permissions)
    {
        (_options, _permissions) = (options.Value, permissions);
        _exceptions = [.. _options.Routes.OrderByDescending(static r => r.Prefix.Length)];
        _create = Create;
    }

    public RoutePolicy Of(RouteEndpoint endpoint) => _policies.GetValue(endpoint, _create);

    private static bool IsUnder(string template, string prefix)
    {
        prefix = prefix.TrimEnd('/');
        return template.StartsWith(prefix, StringComparison.Ordinal) && (template.Length == prefix.Length || template[prefix.Length] == '/');
    }

    private static AuditMetadata? AuditOf(RouteEndpoint endpoint, string service)
    {
        if (endpoint.Metadata.GetMetadata<AuditMetadata>() is { } audit)
        {
            return audit;
        }

        if (endpoint.Metadata.GetMetadata<NotAuditedMetadata>() is not null || endpoint.Metadata.GetMetadata<OwnAuditMetadata>() is not null)
        {
            return null;
        }

        var methods = endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods;
        var changes = methods is null
            || methods.Any(static m => !HttpMethods.IsGet(m) && !HttpMethods.IsHead(m) && !HttpMethods.IsOptions(m));
        if (!changes)
        {
            return null;
        }

        var name = endpoint.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? endpoint.RoutePattern.RawText ?? "";
        return new(name.Length > 0 ? char.ToLowerInvariant(name[0]) + name[1..] : name, service);
    }

    private RoutePolicy Create(Endpoint key)
    {
        var endpoint = (RouteEndpoint)key;
        var metadata = endpoint.Metadata;
        var template = metadata.GetMetadata<PathTemplateMetadata>()?.Template ?? "/" + endpoint.RoutePattern.RawText?.TrimStart('/');
        var exception = Array.Find(_exceptions, e => IsUnder(template, e.Prefix));
        var auth = exception?.Auth ?? metadata.GetMetadata<AuthMetadata>()?.Mode ?? AuthMode.Iam;
        var service = metadata.GetMetadata<ServiceMetadata>()?.Service ?? "";
        var action = metadata.GetMetadata<ActionMetadata>()?.Action;
        var limit = metadata.GetMetadata<BodyLimitMetadata>();
        var parameters = endpoint.RoutePattern.Parameters;
        return new()
        {
            Template = template,
            Auth = auth,
            Service = service,
            Action = action is not null && _permissions.Decides(action) && metadata.GetMetadata<OwnDecisionMetadata>() is null ? action : null,
            IsUndecided = auth is AuthMode.Iam && action is null && metadata.GetMetadata<EveryCallerMetadata>() is null,
            NamesProject = parameters.Any(static p => p.Name is "project_id" or "project"),
            MaxBodyBytes = exception?.MaxBodyBytes ?? (limit is null ? _options.MaxBodyBytes : limit.Bytes),
            TooLarge = metadata.GetMetadata<BadRequestMetadata>()?.TooLarge,
            Throttle = auth is not AuthMode.Iam || metadata.GetMetadata<UnthrottledMetadata>() is not null
                ? null
                : Throttle.Of(new(
                    exception?.RequestsPerSecond ?? _options.RequestsPerSecond,
                    exception?.RequestsPerSecondPerAddress ?? _options.RequestsPerSecondPerAddress,
                    exception?.RequestsPerSecondPerUser ?? _options.RequestsPerSecondPerUser,
                    _options.RefusalsPerSecondPerAddress)),
            CacheControl = metadata.GetMetadata<SecretAnswerMetadata>() is not null ? "no-store" : auth is AuthMode.None ? null : "private",
            Audit = AuditOf(endpoint, service),
            IsAudited = AuditOf(endpoint, service) is not null || metadata.GetMetadata<OwnAuditMetadata>() is not null,
            ResourceParameter = parameters.Count > 0 ? parameters[^1].Name : null,
            ChangesOwnPassword = metadata.GetMetadata<OwnPasswordMetadata>() is not null,
            NeedsSignedBody = service is "iam" || metadata.GetMetadata<IAcceptsMetadata>()?.ContentTypes.Contains("application/json", StringComparer.OrdinalIgnoreCase) is true,
            IsRecorded = metadata.GetMetadata<NotRecordedMetadata>() is null,
            IsRegistry = metadata.GetMetadata<EnvelopeMetadata>()?.Envelope is Envelope.Oci,
        };
    }
}
