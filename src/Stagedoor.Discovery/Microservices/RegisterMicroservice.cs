using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary><c>POST …/registry/microservices</c></summary>
internal static class RegisterMicroservice
{
    /// <summary>The most instances that a registration may bring: each is registered on its own.</summary>
    public const int MaxInstances = 100;

    internal sealed record Request
    {
        public Microservice? Service { get; init; }

        public IReadOnlyList<Rule>? Rules { get; init; }

        public Dictionary<string, string>? Tags { get; init; }

        public IReadOnlyList<Instance>? Instances { get; init; }
    }

    internal sealed record Response([property: JsonPropertyName("serviceId")] string ServiceId);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/microservices", HandleAsync)
        .WithName(nameof(RegisterMicroservice))
        .WithSummary("Register a microservice")
        .Reads<Request>()
        .Answers<Response>(200, "The id of the microservice, also of one that was registered before.")
        .Action("cse:microservice:register")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceExists, DiscoveryCodes.QuotaExceeded, DiscoveryCodes.QuotaServiceUnavailable);

    private static async Task<IResult> HandleAsync(
        HttpContext context, Tenant tenant, MicroserviceWriter microservices, RegistrationParts parts, CancellationToken cancellationToken)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.RegisterMicroserviceRequest);
        if (request.Service is not { } service)
        {
            return DiscoveryError.Invalid("service", "required");
        }

        if (request.Instances?.Count > MaxInstances)
        {
            return DiscoveryError.Invalid("instances", $"at most {MaxInstances}");
        }

        var (serviceId, wasKnown) = await microservices.RegisterAsync(tenant, service, cancellationToken);
        if (wasKnown && request is { Tags: not { Count: > 0 }, Rules: not { Count: > 0 }, Instances: not { Count: > 0 } })
        {
            // Every client does this at its start, and most of them find it registered.
            context.AuditNothing();
        }

        var problems = await parts.ApplyAsync(tenant, serviceId, request, cancellationToken);
        return problems.Count > 0
            ? DiscoveryError.Invalid($"service[{serviceId}] is registered, but", string.Join("; ", problems))
            : Wire.Json(new Response(serviceId), DiscoveryJson.Wire.RegisterMicroserviceResponse);
    }
}
