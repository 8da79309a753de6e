using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Schemas;

/// <summary><c>GET …/microservices/{serviceId}/schemas?withSchema=</c>: every id that is declared or stored.</summary>
internal static class ListSchemas
{
    internal sealed record Response
    {
        public required IReadOnlyList<SchemaItem> Schemas { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices/{serviceId}/schemas", HandleAsync)
        .WithName(nameof(ListSchemas))
        .WithSummary("List the contracts of a microservice")
        .QueryParameter("withSchema", "1 for the contents as well.", ParameterType.Number)
        .Answers<Response>(200, "Every id that is declared or stored.")
        .CanFail(DiscoveryCodes.MicroserviceNotFound);

    /// <summary>The contracts of a microservice, those that it declares first.</summary>
    public static IReadOnlyList<SchemaItem> Of(ServiceNode service, bool withSchema)
    {
        var (declared, stored) = (service.Body.Schemas ?? [], service.Contracts);
        return
        [
            .. declared.Concat(stored.Keys.Except(declared, StringComparer.Ordinal).Order(StringComparer.Ordinal)).Select(id =>
            {
                var contract = stored.GetValueOrDefault(id);
                return new SchemaItem { SchemaId = id, Summary = contract?.Summary, Schema = withSchema ? contract?.Schema : null };
            }),
        ];
    }

    private static async Task<IResult> HandleAsync(HttpContext context, string serviceId, Tenant tenant, RegistryReader reader)
    {
        var withSchema = Query.Value(context, "withSchema");
        if (withSchema is not ("" or "0" or "1"))
        {
            return DiscoveryError.Invalid("withSchema", "0 or 1");
        }

        await reader.CatchUpAsync();
        return await reader.FindServiceAsync(tenant, serviceId) is { } service
            ? Wire.Json(new() { Schemas = Of(service, withSchema is "1") }, DiscoveryJson.Wire.ListSchemasResponse)
            : reader.Missing(tenant, serviceId);
    }
}
