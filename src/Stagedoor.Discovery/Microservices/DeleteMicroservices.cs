using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary><c>DELETE …/registry/microservices</c>: each on its own, all of them tried.</summary>
internal static class DeleteMicroservices
{
    private const int MaxServices = 100;

    internal sealed record Request
    {
        public IReadOnlyList<string>? ServiceIds { get; init; }

        public bool? Force { get; init; }
    }

    internal sealed record Response
    {
        public required IReadOnlyList<Outcome> Services { get; init; }
    }

    internal sealed record Outcome
    {
        public required string ServiceId { get; init; }

        /// <summary>Why it stays; absent when it is gone.</summary>
        public string? ErrMessage { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapDelete("/microservices", HandleAsync)
        .WithName(nameof(DeleteMicroservices))
        .WithSummary("Delete many microservices")
        .Reads<Request>()
        .Answers<Response>(200, "What became of each.")
        .Action("cse:microservice:delete")
        .FaultsAs(DiscoveryCodes.BackendUnavailable);

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, MicroserviceWriter microservices)
    {
        var request = await JsonBody.ReadAsync(context, DiscoveryJson.Wire.DeleteMicroservicesRequest);
        var wanted = request.ServiceIds?.Distinct(StringComparer.Ordinal).ToList() ?? [];
        if (wanted.Count is 0 or > MaxServices || wanted.Exists(static id => id is null or ""))
        {
            return DiscoveryError.Invalid("serviceIds", $"1 to {MaxServices} ids");
        }

        var rows = new List<Outcome>();
        foreach (var id in wanted)
        {
            var refusal = await microservices.RemoveAsync(tenant, id, request.Force is true);
            rows.Add(new() { ServiceId = id, ErrMessage = refusal is null ? null : $"{refusal.Error.Message}: {refusal.Detail}" });
        }

        return Wire.Json(new() { Services = rows }, DiscoveryJson.Wire.DeleteMicroservicesResponse);
    }
}
