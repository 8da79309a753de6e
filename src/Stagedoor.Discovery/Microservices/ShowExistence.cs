using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Finding;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Discovery.Schemas;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary>
/// <c>GET …/registry/existence?type=microservice|schema</c>: the id of a microservice by its name, alias and version rule, or whether a
/// contract is stored. It is what clients ask first when they start.
/// </summary>
internal static class ShowExistence
{
    internal sealed record Response
    {
        public required string ServiceId { get; init; }

        public string? SchemaId { get; init; }

        public string? Summary { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/existence", HandleAsync)
        .WithName(nameof(ShowExistence))
        .WithSummary("Find the id of a microservice, or ask whether a contract is stored")
        .QueryParameter("type", "microservice or schema.", isRequired: true)
        .QueryParameter("env", "Of a microservice: its environment.")
        .QueryParameter("appId", "Of a microservice: its application.")
        .QueryParameter("serviceName", "Of a microservice: its name or alias.")
        .QueryParameter("version", "Of a microservice: 1.0.0, 1.0.0+, 1.0-2.0 or latest.")
        .QueryParameter("serviceId", "Of a contract: the id of its microservice.")
        .QueryParameter("schemaId", "Of a contract: its id.")
        .SendsHeader(200, "X-Schema-Summary", "The digest of the contract.")
        .Answers<Response>(200, "It exists.")
        .IsProbed(HttpMethods.Get, DiscoveryCodes.MicroserviceNotFound, ServiceCenterCodes.VersionNotFound, DiscoveryCodes.SchemaNotFound)
        .CanFail(DiscoveryCodes.MicroserviceNotFound, ServiceCenterCodes.VersionNotFound, DiscoveryCodes.SchemaNotFound);

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, Finder finder, RegistryReader reader) =>
        Query.Value(context, "type") switch
        {
            "microservice" => await OfMicroserviceAsync(context, tenant, finder, reader),
            "schema" => await OfSchemaAsync(context, tenant, reader),
            _ => DiscoveryError.Invalid("type", "microservice or schema"),
        };

    private static async Task<IResult> OfMicroserviceAsync(HttpContext context, Tenant tenant, Finder finder, RegistryReader reader)
    {
        if (Query.Value(context, "version").Length == 0)
        {
            return DiscoveryError.Invalid("version", "required");
        }

        var lookup = Lookup.Read(context);
        var (owner, name) = finder.IsShared(lookup)
            ? (Tenant.Default, new("", lookup.AppId, lookup.ServiceName))
            : (tenant, new Model.ProviderName(lookup.Environment, lookup.AppId, lookup.ServiceName));
        if (await reader.FindProviderAsync(owner.Key, name) is not { } provider)
        {
            return Finder.Missing(lookup, null);
        }

        // The newest comes first.
        var service = provider.View().Select(lookup.Rule).FirstOrDefault();
        if (service is null)
        {
            await reader.RequireCurrentAsync();
            service = provider.View().Select(lookup.Rule).FirstOrDefault();
        }

        return service is not null ? Answer(new() { ServiceId = service.Id })
            : lookup.Rule.IsExact ? Finder.Missing(lookup, provider)
            : new ApiException(ServiceCenterCodes.VersionNotFound, $"no version of {lookup.AppId}/{lookup.ServiceName} matches {lookup.Rule}");
    }

    private static async Task<IResult> OfSchemaAsync(HttpContext context, Tenant tenant, RegistryReader reader)
    {
        var serviceId = Query.Value(context, "serviceId");
        if (serviceId.Length == 0)
        {
            return DiscoveryError.Invalid("serviceId", "required");
        }

        var schemaId = ContractWriter.CheckId(Query.Value(context, "schemaId"));
        if (await reader.FindServiceAsync(tenant, serviceId) is not { } service)
        {
            return reader.Missing(tenant, serviceId);
        }

        return await ShowSchema.FindAsync(context, service, schemaId, reader) is { } contract
            ? Answer(new() { ServiceId = serviceId, SchemaId = schemaId, Summary = contract.Summary })
            : reader.MissingContract(tenant, serviceId, schemaId);
    }

    private static IResult Answer(Response response) => Wire.Json(response, DiscoveryJson.Wire.ShowExistenceResponse);
}
