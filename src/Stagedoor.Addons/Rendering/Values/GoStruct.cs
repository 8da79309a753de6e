using Stagedoor.Addons.Rendering.Functions;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>What Helm has as a struct: fields with capital names, and the map that YAML and JSON make of it.</summary>
internal sealed class GoStruct(string typeName) : IJsonObject
{
    private readonly List<(string Name, object? Value)> _fields = [];
    private readonly Dictionary<string, GoFunction> _methods = new(StringComparer.Ordinal);
    private readonly GoMap _json = [];

    public string TypeName => typeName;

    public string Kind => typeName.StartsWith('*') ? "ptr" : "struct";

    /// <summary>What it prints as, where that is not the list of its fields.</summary>
    public string? Text { get; init; }

    /// <summary>Adds a field; an empty one is not in the JSON, as Go's <c>omitempty</c> has it.</summary>
    public GoStruct Field(string name, object? value, string? json = null, bool isAlways = false)
    {
        _fields.Add((name, value));
        if (json is not null && (isAlways || GoType.IsTrue(value)))
        {
            _json[json] = value;
        }

        return this;
    }

    public GoStruct Method(GoFunction method)
    {
        _methods.Add(method.Name, method);
        return this;
    }

    public bool TryField(string name, out object? value)
    {
        var at = _fields.FindIndex(f => string.Equals(f.Name, name, StringComparison.Ordinal));
        value = at < 0 ? null : _fields[at].Value;
        return at >= 0;
    }

    public GoFunction? FindMethod(string name) => _methods.GetValueOrDefault(name);

    public string Print() => Text ?? (typeName.StartsWith('*') ? "&" : "") + "{" + string.Join(' ', _fields.Select(static f => GoFormat.Print(f.Value))) + "}";

    public GoMap ToJson() => _json;
}
