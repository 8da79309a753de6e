using System.Collections.Concurrent;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Operations;

/// <summary>The OpenAPI documents of the services that run here, made from the metadata that the code runs on. Each is made when it is first asked for.</summary>
internal sealed class OpenApiDocuments(EndpointDataSource routes, ModuleSet modules, IOptions<JsonOptions> json, IOptions<ErrorOptions> errors)
{
    /// <summary>Stands in a document for the address by which the caller reached the server.</summary>
    internal const string AddressMark = "{stagedoor-address}";

    private static readonly JsonSerializerOptions s_wire = new() { Encoder = ErrorBody.Json.Encoder };
    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>The services that have a document.</summary>
    public IReadOnlyList<string> Names { get; } = [.. modules.Running.OrderBy(static m => m.Traits.IsAlwaysOn).Select(static m => m.Name)];

    /// <summary>What the service is called by people.</summary>
    public string TitleOf(string name) => modules.Find(name)?.Traits.Title?.English ?? name;

    /// <summary>How many operations the document has.</summary>
    public int CountOf(string name) => RoutesOf(name).Count();

    /// <summary>The document of a service for somebody who reached the server by <paramref name="address"/>; null when there is none.</summary>
    public string? Find(string name, string address) =>
        Names.FirstOrDefault(n => string.Equals(n, name, StringComparison.OrdinalIgnoreCase)) is not { } known ? null
            : _texts.GetOrAdd(known, static (service, documents) => documents.Make(service), this)
                .Replace(AddressMark, JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(address), StringComparison.Ordinal);

    private string Make(string service) =>
        new OpenApiBuilder(service, json.Value.SerializerOptions, errors.Value.SdkAliases).Build(RoutesOf(service), TitleOf(service)).ToJsonString(s_wire);

    private IEnumerable<RouteEndpoint> RoutesOf(string service) => routes.Endpoints.OfType<RouteEndpoint>().Where(e =>
        e.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is not { ExcludeFromDescription: true }
        && string.Equals(e.Metadata.GetMetadata<DocumentMetadata>()?.Name ?? e.Metadata.GetMetadata<ServiceMetadata>()?.Service, service, StringComparison.Ordinal));
}
