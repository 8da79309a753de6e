using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Relations;

/// <summary><c>POST …/registry/dependencies</c></summary>
internal static class AddDependencies
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/dependencies", HandleAsync)
        .WithName(nameof(AddDependencies))
        .WithSummary("Add dependencies")
        .Reads<DependenciesRequest>()
        .AnswersEmpty(200, "They are noted.")
        .Action("cse:dependency:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, DependencyWriter dependencies) =>
        await dependencies.WriteAsync(tenant, await JsonBody.ReadAsync(context, DiscoveryJson.Wire.DependenciesRequest), isWhole: false);
}
