using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Schemas;

/// <summary><c>POST …/microservices/{serviceId}/schemas</c>: all contracts of a microservice at once.</summary>
internal static class PutSchemas
{
    internal sealed record Request
    {
        public IReadOnlyList<SchemaItem>? Schemas { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/microservices/{serviceId}/schemas", HandleAsync)
        .WithName(nameof(PutSchemas))
        .WithSummary("Replace all contracts of a microservice")
        .Reads<Request>()
        .AnswersEmpty(200, "They are stored.")
        .Action("cse:schema:update")
        .FaultsAs(DiscoveryCodes.BackendUnavailable)
        .CanFail(
            DiscoveryCodes.MicroserviceNotFound,
            DiscoveryCodes.SchemaNotDefined,
            DiscoveryCodes.QuotaExceeded,
            DiscoveryCodes.QuotaServiceUnavailable);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string serviceId, Tenant tenant, ContractWriter contracts, CancellationToken cancellationToken)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.PutSchemasRequest);
        if (request.Schemas is not { Count: > 0 } schemas)
        {
            return DiscoveryError.Invalid("schemas", "at least one");
        }

        // In the order of the request, since this becomes the order of the declared ids; of duplicates the first counts.
        var sent = new OrderedDictionary<string, Contract>(StringComparer.Ordinal);
        foreach (var item in schemas)
        {
            sent.TryAdd(ContractWriter.CheckId(item?.SchemaId), ContractWriter.Check(item?.Schema, item?.Summary, needsSummary: true));
        }

        return await contracts.PutAllAsync(tenant, serviceId, sent, cancellationToken);
    }
}
