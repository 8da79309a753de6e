using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing.Patterns;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Operations;

/// <summary>Makes the document of one service from the metadata of its routes.</summary>
internal sealed class OpenApiBuilder(string service, JsonSerializerOptions framework, bool hasAliases)
{
    private readonly OpenApiSchemas _schemas = new();
    private readonly OpenApiExamples _examples = OpenApiExamples.Of(service);
    private readonly HashSet<ApiCredential> _credentials = [];
    private readonly SortedSet<string> _tags = new(StringComparer.Ordinal);

    public JsonObject Build(IEnumerable<RouteEndpoint> routes, string title)
    {
        var errors = new OpenApiErrors(_schemas, hasAliases);
        var paths = new SortedDictionary<string, JsonObject>(StringComparer.Ordinal);
        foreach (var route in routes)
        {
            var methods = route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [];
            var path = PathOf(route);
            // Whoever reads the document knows that HEAD is GET without the body.
            foreach (var method in methods.Where(m => !HttpMethods.IsHead(m) || !methods.Contains(HttpMethods.Get, StringComparer.Ordinal)))
            {
                if (!paths.TryGetValue(path, out var item))
                {
                    paths[path] = item = [];
                }

                item[method.ToLowerInvariant()] = Operation(route, path, method, errors);
            }
        }

        return new()
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject
            {
                ["title"] = $"Stagedoor: {title}",
                ["version"] = ProgramVersion,
                ["description"] = "Every error links to its page under /errors. In requests a member that is null counts as one that is absent.",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = OpenApiDocuments.AddressMark }),
            ["tags"] = new JsonArray([.. _tags.Select(static t => (JsonNode)new JsonObject { ["name"] = t })]),
            ["paths"] = new JsonObject(paths.Select(static p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value))),
            ["components"] = new JsonObject { ["schemas"] = _schemas.Complete(), ["securitySchemes"] = OpenApiSecurity.Schemes(_credentials) },
        };
    }

    private static string ProgramVersion => Stagedoor.Build.Version;

    private JsonObject Operation(RouteEndpoint route, string path, string method, OpenApiErrors errors)
    {
        var metadata = route.Metadata;
        var operation = new JsonObject();
        if (metadata.GetMetadata<IEndpointNameMetadata>() is { } name)
        {
            // A route that takes two methods is one operation to us and two to the document.
            var isFirst = string.Equals(method, metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods[0], StringComparison.Ordinal);
            operation["operationId"] = isFirst ? name.EndpointName : name.EndpointName + method[0] + method[1..].ToLowerInvariant();
        }

        if (metadata.GetMetadata<IEndpointSummaryMetadata>() is { } summary)
        {
            operation["summary"] = summary.Summary;
        }

        if (metadata.GetMetadata<IEndpointDescriptionMetadata>() is { } description)
        {
            operation["description"] = description.Description;
        }

        var tag = TagOf(metadata);
        _tags.Add(tag);
        operation["tags"] = new JsonArray(tag);
        if (Parameters(metadata, path) is { Count: > 0 } parameters)
        {
            operation["parameters"] = parameters;
        }

        var id = operation["operationId"]?.GetValue<string>() ?? "";
        if (RequestBody(metadata) is { } body)
        {
            AddExample(body, _examples.Request(id));
            operation["requestBody"] = body;
        }

        var hasBody = !HttpMethods.IsHead(method);
        var responses = Answers(metadata, hasBody);
        foreach (var (status, response) in responses)
        {
            AddExample(response, _examples.Response(id, int.Parse(status, CultureInfo.InvariantCulture)));
        }

        errors.Add(responses, metadata, hasBody);
        operation["responses"] = responses;
        var credentials = OpenApiSecurity.Of(metadata);
        _credentials.UnionWith(credentials);
        operation["security"] = OpenApiSecurity.Requirements(credentials);
        return operation;
    }

    private static void AddExample(JsonNode? body, JsonNode? example)
    {
        if (example is not null && body?["content"]?["application/json"] is JsonObject content)
        {
            content["example"] = example;
        }
    }

    private static JsonArray Parameters(EndpointMetadataCollection metadata, string path)
    {
        // The nearest to the operation counts, as the last.
        var described = metadata.GetOrderedMetadata<ParameterMetadata>().Reverse()
            .DistinctBy(static p => (p.Place, p.Name.ToUpperInvariant())).Reverse()
            .Where(p => p.Place is not ParameterPlace.Path || path.Contains($"{{{p.Name}}}", StringComparison.Ordinal));
        return new([.. described.OrderBy(static p => p.Place).Select(static p => (JsonNode)new JsonObject
        {
            ["name"] = p.Name,
            ["in"] = p.Place.ToString().ToLowerInvariant(),
            ["description"] = p.Description,
            ["required"] = p.IsRequired,
            ["schema"] = new JsonObject { ["type"] = p.Type is ParameterType.Number ? "integer" : p.Type is ParameterType.Flag ? "boolean" : "string" },
        })]);
    }

    private JsonObject? RequestBody(EndpointMetadataCollection metadata)
    {
        var bound = metadata.GetMetadata<IAcceptsMetadata>();
        var body = metadata.GetMetadata<BodyMetadata>() ?? (bound?.RequestType is { } type ? new(type) : null);
        if (body is null)
        {
            return null;
        }

        // What the framework binds it reads with its own options, whatever the module writes with.
        var json = body.Body is not { } read ? null : metadata.GetMetadata<BodyMetadata>() is null ? framework.GetTypeInfo(read) : TypeInfo(metadata, read);
        return new()
        {
            ["required"] = bound is not { IsOptional: true },
            ["content"] = new JsonObject
            {
                [body.MediaType] = new JsonObject { ["schema"] = json is null ? Unknown(body.MediaType) : _schemas.Of(json, isRequest: true) },
            },
        };
    }

    // JSON that others define may be anything.
    private static JsonObject Unknown(string mediaType) => mediaType.EndsWith("json", StringComparison.Ordinal) ? [] : new() { ["type"] = "string" };

    private JsonObject Answers(EndpointMetadataCollection metadata, bool hasBody)
    {
        var responses = new JsonObject();
        foreach (var status in metadata.GetOrderedMetadata<AnswerMetadata>().GroupBy(static a => a.Status).OrderBy(static g => g.Key))
        {
            var response = new JsonObject { ["description"] = string.Join(' ', status.Select(static a => a.Description)).TrimEnd() };
            var headers = metadata.GetOrderedMetadata<AnswerHeaderMetadata>().Where(h => h.Status == status.Key).Select(static h =>
                KeyValuePair.Create(h.Name, (JsonNode?)new JsonObject { ["description"] = h.Description, ["schema"] = new JsonObject { ["type"] = "string" } }));
            if (new JsonObject(headers) is { Count: > 0 } some)
            {
                response["headers"] = some;
            }

            if (hasBody && status.Any(static a => a.MediaType is not null))
            {
                response["content"] = new JsonObject(status.Where(static a => a.MediaType is not null).Select(a =>
                    KeyValuePair.Create(a.MediaType!, (JsonNode?)new JsonObject { ["schema"] = SchemaOf(metadata, a) })));
            }

            responses[status.Key.ToString(CultureInfo.InvariantCulture)] = response;
        }

        return responses;
    }

    private JsonObject SchemaOf(EndpointMetadataCollection metadata, AnswerMetadata answer) =>
        answer.Body is { } type ? _schemas.Of(TypeInfo(metadata, type), isRequest: false)
        : Unknown(answer.MediaType!);

    private JsonTypeInfo TypeInfo(EndpointMetadataCollection metadata, Type type) =>
        metadata.GetMetadata<JsonMetadata>() is { } own
            ? own.Context.GetTypeInfo(type) ?? throw new InvalidOperationException($"{own.Context.GetType().Name} does not know {type.FullName}.")
            : framework.GetTypeInfo(type);

    private static string PathOf(RouteEndpoint route) => route.Metadata.GetMetadata<PathTemplateMetadata>()?.Template
        ?? "/" + string.Join('/', route.RoutePattern.PathSegments.Select(static s => string.Concat(s.Parts.Select(static p => p switch
        {
            RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternSeparatorPart separator => separator.Content,
            _ => "",
        }))));

    // The folder of the operation, which is its subject.
    private string TagOf(EndpointMetadataCollection metadata)
    {
        if (metadata.GetMetadata<ITagsMetadata>() is { Tags: [var given, ..] })
        {
            return given;
        }

        var folders = metadata.GetMetadata<System.Reflection.MethodInfo>()?.DeclaringType?.Namespace?.Split('.') ?? [];
        return folders.Length > 2 ? string.Join(' ', folders[2..]) : folders is [_, "Operations"] ? "Operations" : char.ToUpperInvariant(service[0]) + service[1..];
    }
}
