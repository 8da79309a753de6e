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

namespace Stagedoor.Discovery.Rules;

/// <summary><c>POST …/microservices/{serviceId}/rules</c></summary>
internal static class AddRules
{
    internal sealed record Request
    {
        public IReadOnlyList<Rule>? Rules { get; init; }
    }

    internal sealed record Response
    {
        // The original spells it with a capital letter.
        [JsonPropertyName("RuleIds")]
        public required IReadOnlyList<string> RuleIds { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/microservices/{serviceId}/rules", HandleAsync)
        .WithName(nameof(AddRules))
        .WithSummary("Add rules of access to a microservice")
        .Reads<Request>()
        .Answers<Response>(200, "The ids of the rules.")
        .Action("cse:rule:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(
            DiscoveryCodes.MicroserviceNotFound,
            ServiceCenterCodes.RulesMixed,
            DiscoveryCodes.QuotaExceeded,
            DiscoveryCodes.QuotaServiceUnavailable);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string serviceId, Tenant tenant, RuleWriter rules, CancellationToken cancellationToken)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.AddRulesRequest);
        return Wire.Json(
            new() { RuleIds = await rules.AddAsync(tenant, serviceId, request.Rules ?? [], cancellationToken) },
            DiscoveryJson.Wire.AddRulesResponse);
    }
}
