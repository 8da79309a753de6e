using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Rules;

/// <summary><c>GET …/microservices/{serviceId}/rules</c></summary>
internal static class ListRules
{
    internal sealed record Response
    {
        public required IReadOnlyList<Rule> Rules { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/rules", HandleAsync)
        .WithName(nameof(ListRules))
        .WithSummary("List the rules of a microservice")
        .Answers<Response>(200, "The rules, in the order in which they came.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    /// <summary>The rules of a microservice, in the order in which they came.</summary>
    public static IReadOnlyList<Rule> Of(ServiceNode service) =>
        [.. service.Rules.Select(static r => r.Body).OrderBy(static r => r.Timestamp, StringComparer.Ordinal).ThenBy(static r => r.RuleId, StringComparer.Ordinal)];

    private static async Task<IResult> HandleAsync(string serviceId, Tenant tenant, RegistryReader reader)
    {
        await reader.CatchUpAsync();
        return await reader.FindServiceAsync(tenant, serviceId) is { } service
            ? Wire.Json(new() { Rules = Of(service) }, DiscoveryJson.Wire.ListRulesResponse)
            : reader.Missing(tenant, serviceId);
    }
}
