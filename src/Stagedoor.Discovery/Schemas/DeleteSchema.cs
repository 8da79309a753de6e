using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Schemas;

/// <summary><c>DELETE …/microservices/{serviceId}/schemas/{schemaId}</c>: the content goes, the id stays declared.</summary>
internal static class DeleteSchema
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/microservices/{serviceId}/schemas/{schemaId}", HandleAsync)
        .WithName(nameof(DeleteSchema))
        .WithSummary("Delete the content of a contract")
        .AnswersEmpty(200, "The content is gone; the id stays declared.")
        .Action("cse:schema:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, DiscoveryCodes.SchemaNotFound);

    private static Task<IResult> HandleAsync(string serviceId, string schemaId, Tenant tenant, ContractWriter contracts) =>
        contracts.RemoveAsync(tenant, serviceId, ContractWriter.CheckId(schemaId));
}
