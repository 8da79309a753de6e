using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Relations;

/// <summary><c>PUT …/registry/dependencies</c>: the providers of each consumer take the place of those that it had.</summary>
internal static class ReplaceDependencies
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/dependencies", HandleAsync)
        .WithName(nameof(ReplaceDependencies))
        .WithSummary("Replace the dependencies of consumers")
        .Reads<DependenciesRequest>()
        .AnswersEmpty(200, "They are replaced.")
        .Action("cse:dependency:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, DependencyWriter dependencies) =>
        await dependencies.WriteAsync(tenant, await JsonBody.ReadAsync(context, DiscoveryJson.Wire.DependenciesRequest), isWhole: true);
}
