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

/// <summary><c>PUT …/microservices/{serviceId}/rules/{ruleId}</c></summary>
internal static class UpdateRule
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/microservices/{serviceId}/rules/{ruleId}", HandleAsync)
        .WithName(nameof(UpdateRule))
        .WithSummary("Change a rule")
        .Reads<Rule>()
        .AnswersEmpty(200, "It is changed.")
        .Action("cse:rule:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, ServiceCenterCodes.RuleNotFound, ServiceCenterCodes.RuleChangeRefused);

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, string ruleId, Tenant tenant, RuleWriter rules) =>
        await rules.ChangeAsync(tenant, serviceId, ruleId, await JsonBody.ReadAsync(context, DiscoveryJson.Wire.Rule));
}
