using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Stagedoor.Discovery.Instances;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Health;

/// <summary>What clients ask before they trust an engine: <c>/version</c>, <c>/health</c>, <c>/health/readiness</c>. No credential is needed.</summary>
internal static class EngineHealth
{
    private const string ApiVersion = "4.0.0";

    internal sealed record VersionResponse(string Version, string BuildTag, string RunMode, string ApiVersion);

    internal sealed record HealthResponse(IReadOnlyList<Instance> Instances);

    internal sealed record ReadinessResponse(string Status);

    /// <summary>The product's version; up to four numbers.</summary>
    public static string ProductVersion { get; } =
        (typeof(EngineHealth).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.1").Split('+', '-')[0];

    /// <summary>Maps the calls under the registry's own prefix.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/version", ShowVersion)
            .WithName("ShowEngineVersion")
            .WithSummary("Show the version of the engine")
            .Answers<VersionResponse>(200, "The version.")
            .Authenticate(AuthMode.None);
        MapHealth(routes);
        routes.MapGet("/health/readiness", ShowReadiness)
            .WithName("ShowEngineReadiness")
            .WithSummary("Tell whether the engine takes calls")
            .Answers<ReadinessResponse>(200, "It does.")
            .AnswersEmpty(503, "It is stopping.")
            .Authenticate(AuthMode.None);
    }

    /// <summary>Maps the call that tells the engine's addresses.</summary>
    public static void MapHealth(IEndpointRouteBuilder routes) => routes
        .MapGet("/health", ShowHealth)
        .WithName("ShowEngineHealth")
        .WithSummary("Show the addresses of the engine")
        .Answers<HealthResponse>(200, "The engine, at the address that the caller has used.")
        .Authenticate(AuthMode.None)
        .CanFail(ServiceCenterCodes.Unhealthy);

    private static IResult ShowVersion() => Wire.Json(
        new VersionResponse(ProductVersion, $"stagedoor-{ProductVersion}", "prod", ApiVersion), DiscoveryJson.Wire.VersionResponse);

    private static IResult ShowHealth(HttpContext context, Registry registry)
    {
        var engine = new ProviderName("", Tenant.Default.Domain, SharedServices.Engine);
        var instances = registry.FindTenant(Tenant.Default.Key)?.FindProvider(engine)?.Services.Values.SelectMany(static s => s.Instances.Values).Select(static i => i.Body).ToList();
        // Nobody is asked who calls: the caller hears the address that he has used, and neither the machine's name nor addresses behind it.
        var address = new Uri(context.ExternalBase());
        List<string> endpoints = [SelfRegistration.Endpoint(address.GetLeftPart(UriPartial.Authority))];
        return instances is { Count: > 0 }
            ? Wire.Json(new HealthResponse([.. instances.Select(i => i with { HostName = address.Host, Endpoints = endpoints })]), DiscoveryJson.Wire.HealthResponse)
            : new ApiException(ServiceCenterCodes.Unhealthy, "the engine is not registered with itself");
    }

    private static IResult ShowReadiness(IHostApplicationLifetime lifetime) => lifetime.ApplicationStopping.IsCancellationRequested
        ? TypedResults.StatusCode(StatusCodes.Status503ServiceUnavailable)
        : Wire.Json(new ReadinessResponse("UP"), DiscoveryJson.Wire.ReadinessResponse);
}
