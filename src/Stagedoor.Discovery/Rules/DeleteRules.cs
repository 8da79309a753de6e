using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Rules;

/// <summary><c>DELETE …/microservices/{serviceId}/rules/{ruleId},{ruleId}</c>: all of them or none.</summary>
internal static class DeleteRules
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/microservices/{serviceId}/rules/{ruleIds}", HandleAsync)
        .WithName(nameof(DeleteRules))
        .Action("cse:rule:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, ServiceCenterCodes.RuleNotFound);

    private static Task<IResult> HandleAsync(string serviceId, string ruleIds, Tenant tenant, RuleWriter rules) =>
        rules.RemoveAsync(tenant, serviceId, ruleIds.Split(',').ToHashSet(StringComparer.Ordinal));
}
