using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Stagedoor.Http.Describing;

namespace Stagedoor.Operations;

/// <summary>JSON schemas made of what reads and writes the bodies, so that names and absent members are those on the wire.</summary>
internal sealed class OpenApiSchemas
{
    private readonly SortedDictionary<string, JsonObject> _components = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _always = new(StringComparer.Ordinal);
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    /// <summary>The schema of a body: a reference to a component where it is an object.</summary>
    /// <exception cref="InvalidOperationException">The type has a converter of its own and no schema, or its name is another's.</exception>
    public JsonObject Of(JsonTypeInfo type, bool isRequest)
    {
        var clr = type.Type;
        if (Nullable.GetUnderlyingType(clr) is { } value)
        {
            return OrNull(Of(type.Options.GetTypeInfo(value), isRequest));
        }

        return type.Kind switch
        {
            JsonTypeInfoKind.Enumerable => new() { ["type"] = "array", ["items"] = Of(type.Options.GetTypeInfo(type.ElementType!), isRequest) },
            JsonTypeInfoKind.Dictionary => new()
            {
                ["type"] = "object",
                ["additionalProperties"] = Of(type.Options.GetTypeInfo(type.ElementType!), isRequest),
            },
            JsonTypeInfoKind.Object when clr != typeof(object) => Reference(type, isRequest),
            _ => Simple(clr),
        };
    }

    /// <summary>Adds a component that no type stands for.</summary>
    public JsonObject Add(string name, Func<JsonObject> make)
    {
        if (!_components.ContainsKey(name))
        {
            _components[name] = make();
        }

        return Reference(name);
    }

    /// <summary>All components. A member that is always written is required, except where callers write it.</summary>
    public JsonObject Complete()
    {
        foreach (var (name, always) in _always.Where(a => !_read.Contains(a.Key) && a.Value.Count > 0))
        {
            _components[name]["required"] = new JsonArray([.. always.Select(static n => (JsonNode)n)]);
        }

        return new(_components.Select(static c => KeyValuePair.Create(c.Key, (JsonNode?)c.Value)));
    }

    private static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    private JsonObject Reference(JsonTypeInfo type, bool isRequest)
    {
        var name = NameOf(type.Type);
        if (!_types.TryAdd(name, type.Type) && _types[name] != type.Type)
        {
            throw new InvalidOperationException($"{type.Type.FullName} and {_types[name].FullName} would both be called {name} in one document.");
        }

        var isNews = isRequest && _read.Add(name);
        if (!_components.ContainsKey(name) || isNews)
        {
            // Before its members, one of which may be of the same type.
            _components[name] = [];
            _components[name] = Object(type, name, isRequest);
        }

        return Reference(name);
    }

    private JsonObject Object(JsonTypeInfo type, string name, bool isRequest)
    {
        var members = new JsonObject();
        var always = new List<string>();
        foreach (var member in type.Properties.Where(static p => p.Get is not null || p.Set is not null))
        {
            var ignored = Attribute<JsonIgnoreAttribute>(member)?.Condition ?? type.Options.DefaultIgnoreCondition;
            var schema = Attribute<SchemaAttribute>(member) is { } given ? (JsonObject)JsonNode.Parse(given.Schema)!
                : member.CustomConverter is null ? Of(type.Options.GetTypeInfo(member.PropertyType), isRequest)
                : throw new InvalidOperationException($"{type.Type.FullName}.{member.Name} has a converter of its own and needs a {nameof(SchemaAttribute)}.");
            var mayBeAbsent = ignored is JsonIgnoreCondition.WhenWritingDefault || (ignored is JsonIgnoreCondition.WhenWritingNull && member.IsGetNullable);
            if (!mayBeAbsent)
            {
                always.Add(member.Name);
                schema = member.IsGetNullable ? OrNull(schema) : schema;
            }
            else if (Nullable.GetUnderlyingType(member.PropertyType) is { } value)
            {
                schema = Of(type.Options.GetTypeInfo(value), isRequest);
            }

            if (Attribute<DescriptionAttribute>(member) is { } words)
            {
                schema["description"] = words.Description;
            }

            members[member.Name] = schema;
        }

        _always[name] = always;
        return new() { ["type"] = "object", ["properties"] = members };
    }

    private static T? Attribute<T>(JsonPropertyInfo member)
        where T : Attribute => member.AttributeProvider?.GetCustomAttributes(typeof(T), inherit: true).OfType<T>().FirstOrDefault();

    private static JsonObject OrNull(JsonObject schema)
    {
        switch (schema["type"])
        {
            case JsonValue one:
                schema["type"] = new JsonArray(one.GetValue<string>(), "null");
                return schema;
            case JsonArray:
                return schema;
            default:
                return schema.Count == 0 ? schema : new() { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
        }
    }

    private static JsonObject Simple(Type type) => type switch
    {
        _ when type == typeof(string) || type == typeof(char) => Typed("string"),
        _ when type == typeof(bool) => Typed("boolean"),
        _ when type == typeof(int) || type == typeof(short) || type == typeof(byte) => Typed("integer", "int32"),
        _ when type == typeof(long) || type == typeof(ulong) || type == typeof(uint) => Typed("integer", "int64"),
        _ when type == typeof(double) || type == typeof(float) || type == typeof(decimal) => Typed("number", "double"),
        _ when type == typeof(DateTime) || type == typeof(DateTimeOffset) => Typed("string", "date-time"),
        _ when type == typeof(JsonElement) || type == typeof(object) || typeof(JsonNode).IsAssignableFrom(type) => [],
        _ => throw new InvalidOperationException($"{type.FullName} is written by a converter that no schema is known of."),
    };

    private static JsonObject Typed(string type, string? format = null)
    {
        var schema = new JsonObject { ["type"] = type };
        if (format is not null)
        {
            schema["format"] = format;
        }

        return schema;
    }

    // What stands inside an operation is called after it: Request is the request of many.
    private static string NameOf(Type type)
    {
        var name = type.IsGenericType ? type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)] + string.Concat(type.GetGenericArguments().Select(NameOf)) : type.Name;
        return type.DeclaringType is { } outer ? NameOf(outer) + name : name;
    }
}
