using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Errors;
using Stagedoor.Operations;
using Xunit;

namespace Stagedoor.Testing;

/// <summary>
/// What the OpenAPI documents of a host say. Whatever passes between a test and the host is compared with it, and the test fails that sees something
/// else: a status, a member, a parameter that is not described.
/// </summary>
public sealed class ApiDescription
{
    // Hosts of the same routes have the same documents; to make them for each of hundreds would take longer than the tests.
    private static readonly ConcurrentDictionary<string, Lazy<ApiDescription>> s_known = new(StringComparer.Ordinal);
    private readonly List<DescribedOperation> _operations = [];
    private readonly ConcurrentDictionary<(DescribedOperation Operation, int Status, int Shape), string?> _compared = new();

    private ApiDescription(OpenApiDocuments documents, EndpointDataSource routes)
    {
        // Second addresses of operations look like the address of another.
        foreach (var route in routes.Endpoints.OfType<RouteEndpoint>().Where(static r => r.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is { ExcludeFromDescription: true }))
        {
            if (!route.RoutePattern.RawText!.Contains('*', StringComparison.Ordinal))
            {
                _operations.AddRange((route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []).Select(m =>
                    new DescribedOperation(m, "/" + route.RoutePattern.RawText.TrimStart('/'), new JsonObject { ["responses"] = new JsonObject() }, [], [])));
            }
        }

        foreach (var name in documents.Names)
        {
            var document = JsonNode.Parse(documents.Find(name, "http://localhost")!)!.AsObject();
            var open = document["components"]!["schemas"]!.AsObject();
            var closed = open.DeepClone().AsObject();
            Close(closed);
            foreach (var (path, item) in document["paths"]!.AsObject())
            {
                _operations.AddRange(item!.AsObject().Select(o => new DescribedOperation(o.Key.ToUpperInvariant(), path, o.Value!, open, closed) { Document = name }));
            }
        }

        // The one with the fewest places to fill in is meant.
        _operations.Sort(static (a, b) => Rank(a).CompareTo(Rank(b)));

        static (int Places, int Length, bool IsUndescribed) Rank(DescribedOperation operation) =>
            (operation.Path.Count(static c => c == '{'), -operation.Path.Length, !operation.IsDescribed);
    }

    public static ApiDescription Of(IServiceProvider services)
    {
        var routes = services.GetRequiredService<EndpointDataSource>().Endpoints.Select(static e => e.DisplayName);
        return s_known.GetOrAdd(string.Join('\n', routes), _ => new(() => new(services.GetRequiredService<OpenApiDocuments>(), services.GetRequiredService<EndpointDataSource>()))).Value;
    }

    /// <summary>Fails the test when what has passed is not what the description says.</summary>
    public async Task CompareAsync(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var method = request.Method.Method is "HEAD" ? "GET" : request.Method.Method;
        // No route has taken it: at a port of its own a module serves nothing of the others.
        if (response.Headers.TryGetValues("X-Stagedoor-Error-Code", out var codes) && codes.Contains(GatewayCodes.ApiNotFound.Code, StringComparer.Ordinal))
        {
            return;
        }

        if (Find(method, request.RequestUri!) is not { IsDescribed: true } operation)
        {
            return;
        }

        var status = (int)response.StatusCode;
        var hasBody = request.Method.Method is not "HEAD" && status is not StatusCodes.Status304NotModified && response.Content.Headers.ContentLength is not 0;
        var body = hasBody ? await ReadAsync(response.Content, cancellationToken) : null;
        Demand(operation, status, body, json => operation.FindProblem(status, hasBody ? response.Content.Headers.ContentType?.MediaType : null, json));
        if (status is < 200 or > 299)
        {
            return;
        }

        var queries = request.RequestUri!.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries).Select(static q => Uri.UnescapeDataString(q.Split('=')[0]));
        if (operation.FindUnknownQuery(queries) is { } problem)
        {
            Assert.Fail($"{operation.Name} {problem}");
        }

        JsonElement? taken = null;
        if (operation.HasRequest && request.Content is ByteArrayContent or System.Net.Http.Json.JsonContent && await ReadAsync(request.Content, cancellationToken) is { } sent)
        {
            taken = JsonSerializer.SerializeToElement(WithoutNulls(JsonNode.Parse(sent.GetRawText())));
            Demand(operation, 0, taken, json => operation.FindProblem(json!.Value));
        }

        RecordedExamples.Note(operation, taken, status, body);
    }

    /// <summary>Operations of a service with a JSON body that has no example, or one that is not as described; with what is wrong.</summary>
    public IReadOnlyList<string> FindWithoutExample(string service) =>
        [.. _operations.Where(o => string.Equals(o.Document, service, StringComparison.Ordinal)).SelectMany(static o => o.FindExampleProblems().Select(p => $"{o.Name}: {p}"))];

    private DescribedOperation? Find(string method, Uri uri) =>
        _operations.Find(o => string.Equals(o.Method, method, StringComparison.Ordinal) && o.Pattern.IsMatch(uri.AbsolutePath));

    private void Demand(DescribedOperation operation, int status, JsonElement? body, Func<JsonElement?, string?> compare)
    {
        var shape = new HashCode();
        Add(ref shape, body);
        if (_compared.GetOrAdd((operation, status, shape.ToHashCode()), _ => compare(body)) is { } problem)
        {
            Assert.Fail($"{operation.Name} ({operation.Method} {operation.Path}) {problem}");
        }
    }

    // Names and types; of two answers that differ in values alone one is enough.
    private static void Add(ref HashCode shape, JsonElement? element)
    {
        shape.Add(element?.ValueKind);
        switch (element?.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in element.Value.EnumerateObject())
                {
                    shape.Add(member.Name, StringComparer.Ordinal);
                    Add(ref shape, member.Value);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.Value.EnumerateArray())
                {
                    Add(ref shape, item);
                }

                break;
        }
    }

    private static async Task<JsonElement?> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        if (content.Headers.ContentType?.MediaType is not { } type || !type.EndsWith("json", StringComparison.Ordinal) || content.Headers.ContentEncoding.Count > 0)
        {
            return null;
        }

        await content.LoadIntoBufferAsync(cancellationToken);
        var bytes = await content.ReadAsByteArrayAsync(cancellationToken);
        if (bytes.Length == 0)
        {
            return null;
        }

        using var document = JsonDocument.Parse(bytes);
        return document.RootElement.Clone();
    }

    // In requests a member that is null counts as one that is absent.
    private static JsonNode? WithoutNulls(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (var name in members.Where(static m => m.Value is null).Select(static m => m.Key).ToList())
            {
                members.Remove(name);
            }

            foreach (var (_, value) in members)
            {
                WithoutNulls(value);
            }
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items.ToList())
            {
                if (item is null)
                {
                    items.Remove(item);
                }

                WithoutNulls(item);
            }
        }

        return node;
    }

    // Documents leave open what comes later; what comes today is described.
    private static void Close(JsonNode? node)
    {
        if (node is JsonObject schema)
        {
            if (schema["properties"] is JsonObject && !schema.ContainsKey("additionalProperties"))
            {
                schema["additionalProperties"] = false;
            }

            foreach (var (_, value) in schema)
            {
                Close(value);
            }
        }
        else if (node is JsonArray items)
        {
            foreach (var item in items)
            {
                Close(item);
            }
        }
    }
}
