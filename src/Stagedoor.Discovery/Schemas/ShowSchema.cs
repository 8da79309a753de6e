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

namespace Stagedoor.Discovery.Schemas;

/// <summary><c>GET …/microservices/{serviceId}/schemas/{schemaId}</c></summary>
internal static class ShowSchema
{
    private const string SummaryHeader = "X-Schema-Summary";

    internal sealed record Response
    {
        /// <summary>The content alone: clients compare the body. The digest is in a header.</summary>
        public required string Schema { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/schemas/{schemaId}", HandleAsync)
        .WithName(nameof(ShowSchema))
        .WithSummary("Show a contract")
        .SendsHeader(200, SummaryHeader, "The digest of the contract.")
        .Answers<Response>(200, "The content.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound, DiscoveryCodes.SchemaNotFound);

    /// <summary>The contract, with its digest in the answer's header; null when it has no content.</summary>
    public static async ValueTask<Contract?> FindAsync(HttpContext context, ServiceNode service, string schemaId, RegistryReader reader)
    {
        if (!service.Contracts.ContainsKey(schemaId))
        {
            await reader.RequireCurrentAsync();
        }

        var contract = service.Contracts.GetValueOrDefault(schemaId);
        if (contract?.Summary is { } summary)
        {
            context.Response.Headers[SummaryHeader] = summary;
        }

        return contract;
    }

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, string schemaId, Tenant tenant, RegistryReader reader)
    {
        var id = ContractWriter.CheckId(schemaId);
        if (await reader.FindServiceAsync(tenant, serviceId) is not { } service)
        {
            return reader.Missing(tenant, serviceId);
        }

        return await FindAsync(context, service, id, reader) is { } contract
            ? Wire.Json(new() { Schema = contract.Schema }, DiscoveryJson.Wire.ShowSchemaResponse)
            : reader.MissingContract(tenant, serviceId, id);
    }
}
