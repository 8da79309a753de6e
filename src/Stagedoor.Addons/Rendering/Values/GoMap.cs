namespace Stagedoor.Addons.Rendering.Values;

/// <summary>A map of a template's data: string keys, values as <see cref="GoType"/> names them.</summary>
internal sealed class GoMap : Dictionary<string, object?>
{
    /// <summary>What Go calls the type of most maps that a chart sees.</summary>
    public const string AnyType = "map[string]interface {}";

    public GoMap()
        : base(StringComparer.Ordinal)
    {
    }

    public GoMap(IEnumerable<KeyValuePair<string, object?>> items)
        : base(items, StringComparer.Ordinal)
    {
    }

    /// <summary>What <c>typeOf</c> says of it.</summary>
    public string TypeName { get; init; } = AnyType;

    /// <summary>The methods that it has besides, as the files of a chart have.</summary>
    public Func<string, Functions.GoFunction?>? Methods { get; init; }

    /// <summary>Whether a value that is read out of it has a type of its own, other than "anything".</summary>
    public bool IsTyped => !TypeName.EndsWith("]interface {}", StringComparison.Ordinal) && TypeName.StartsWith("map[", StringComparison.Ordinal);

    /// <summary>Its entries in the order in which a template walks them.</summary>
    public IEnumerable<KeyValuePair<string, object?>> Sorted()
    {
        var keys = new string[Count];
        Keys.CopyTo(keys, 0);
        Array.Sort(keys, GoText.Comparer);
        foreach (var key in keys)
        {
            // One that walks a map may take an entry out of it on the way.
            if (TryGetValue(key, out var value))
            {
                yield return new(key, value);
            }
        }
    }
}
