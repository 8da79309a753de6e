using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Rules;

/// <summary><c>DELETE …/microservices/{serviceId}/rules/{ruleId},{ruleId}</c>: all of them or none.</summary>
internal static class DeleteRules
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/microservices/{serviceId}/rules/{ruleId}", HandleAsync)
        .WithName(nameof(DeleteRules))
        .WithSummary("Delete rules")
        .AnswersEmpty(200, "They are gone.")
        .Action("cse:rule:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, ServiceCenterCodes.RuleNotFound);

    private static Task<IResult> HandleAsync(string serviceId, string ruleId, Tenant tenant, RuleWriter rules) =>
        rules.RemoveAsync(tenant, serviceId, ruleId.Split(',').ToHashSet(StringComparer.Ordinal));
}
