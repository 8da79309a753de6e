using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Schemas;

/// <summary><c>PUT …/microservices/{serviceId}/schemas/{schemaId}</c></summary>
internal static class PutSchema
{
    internal sealed record Request
    {
        public string? Schema { get; init; }

        public string? Summary { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/microservices/{serviceId}/schemas/{schemaId}", HandleAsync)
        .WithName(nameof(PutSchema))
        .WithSummary("Store a contract")
        .Reads<Request>()
        .AnswersEmpty(200, "It is stored.")
        .Action("cse:schema:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(
            DiscoveryCodes.MicroserviceNotFound,
            DiscoveryCodes.SchemaNotDefined,
            DiscoveryCodes.SchemaChangeRefused,
            DiscoveryCodes.QuotaExceeded,
            DiscoveryCodes.QuotaServiceUnavailable);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string serviceId, string schemaId, Tenant tenant, ContractWriter contracts, CancellationToken cancellationToken)
    {
        var id = ContractWriter.CheckId(schemaId);
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.PutSchemaRequest);
        var contract = ContractWriter.Check(request.Schema, request.Summary, needsSummary: false);
        return await contracts.PutAsync(tenant, serviceId, id, contract, cancellationToken);
    }
}
