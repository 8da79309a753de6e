using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Describing;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Governance;

/// <summary><c>GET …/govern/microservices?options=&amp;appId=&amp;serviceName=&amp;env=&amp;property=&amp;countOnly=&amp;withShared=</c></summary>
internal static class GovernMicroservices
{
    private static readonly Dictionary<string, DetailParts> s_options = new(StringComparer.Ordinal)
    {
        ["all"] = DetailParts.All,
        ["tags"] = DetailParts.Tags,
        ["rules"] = DetailParts.Rules,
        ["instances"] = DetailParts.Instances,
        ["schemas"] = DetailParts.Schemas,
        ["dependencies"] = DetailParts.Dependencies,
        ["statistics"] = DetailParts.Statistics,
    };

    internal sealed record Response
    {
        /// <summary>Absent when nothing but totals is asked for.</summary>
        public IReadOnlyList<ServiceDetail>? AllServicesDetail { get; init; }

        public Statistics? Statistics { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/microservices", HandleAsync)
        .WithName(nameof(GovernMicroservices))
        .WithSummary("List the microservices with what belongs to them")
        .QueryParameter("options", "What is wanted, with commas between: all, tags, rules, instances, schemas, dependencies, statistics.")
        .QueryParameter("appId", "Only those of this application.")
        .QueryParameter("serviceName", "Only those of this name.")
        .QueryParameter("env", "Only those of this environment.")
        .QueryParameter("property", "Only those with this property, as name:value; may be repeated.")
        .QueryParameter("countOnly", "The number of instances and not the instances.", ParameterType.Flag)
        .QueryParameter("withShared", "Also the shared microservices of the engine.", ParameterType.Flag)
        .Answers<Response>(200, "The microservices.");

    private static async Task<IResult> HandleAsync(HttpContext context, Tenant tenant, GovernanceReader governance)
    {
        var parts = PartsOf(Query.Value(context, "options"));
        var properties = PropertiesOf(context);
        var (countOnly, withShared) = (Query.Flag(context, "countOnly"), Query.Flag(context, "withShared"));
        var services = await governance.ServicesAsync(tenant, withShared);
        var shown = countOnly ? (parts & ~DetailParts.Instances) | DetailParts.Counts : parts;
        return Wire.Json(
            new()
            {
                AllServicesDetail = parts is DetailParts.Statistics
                    ? null
                    : [.. services.Where(s => IsMeant(context, s, properties)).Select(s => governance.Describe(s, shown))],
                Statistics = parts.HasFlag(DetailParts.Statistics) ? governance.Count(tenant, services, withShared) : null,
            },
            DiscoveryJson.Wire.GovernMicroservicesResponse);
    }

    // What is not known is passed over, as the original does: its consoles ask for more than they were built with.
    private static DetailParts PartsOf(string options) => options
        .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Aggregate(DetailParts.None, static (parts, option) => parts | s_options.GetValueOrDefault(option));

    // One without a colon is a property that is there and empty.
    private static List<KeyValuePair<string, string>> PropertiesOf(HttpContext context) =>
    [
        .. context.Request.Query["property"].Where(static text => !string.IsNullOrEmpty(text)).Select(static text =>
            text!.Split(':', 2) is [var name, var value] ? KeyValuePair.Create(name, value) : KeyValuePair.Create(text, "")),
    ];

    private static bool IsMeant(HttpContext context, ServiceNode service, List<KeyValuePair<string, string>> properties)
    {
        return Fits("appId", service.Key.AppId) && Fits("serviceName", service.Key.Name) && Fits("env", service.Key.Environment)
            && properties.TrueForAll(p => service.Body.Properties is { } own
                && own.TryGetValue(p.Key, out var value) && string.Equals(value, p.Value, StringComparison.Ordinal));

        bool Fits(string name, string value) => Query.Value(context, name) is var wanted && (wanted.Length == 0 || string.Equals(wanted, value, StringComparison.Ordinal));
    }
}
