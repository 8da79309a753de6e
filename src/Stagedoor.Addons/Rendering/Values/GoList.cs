namespace Stagedoor.Addons.Rendering.Values;

/// <summary>A list of a template's data.</summary>
internal sealed class GoList : List<object?>
{
    public GoList()
    {
    }

    public GoList(int capacity)
        : base(capacity)
    {
    }

    public GoList(IEnumerable<object?> items)
        : base(items)
    {
    }

    /// <summary>The type of its elements, in Go's words.</summary>
    public string ElementType { get; init; } = "interface {}";

    /// <summary>The methods that it has besides, as the API versions of a cluster have.</summary>
    public Func<string, Functions.GoFunction?>? Methods { get; init; }

    public string TypeName => "[]" + ElementType;

    /// <summary>Whether an element that is read out of it has a type of its own.</summary>
    public bool IsTyped => ElementType is not "interface {}";

    /// <summary>A list that Go would call <c>[]string</c>.</summary>
    public static GoList OfStrings(IEnumerable<string> items) => new(items) { ElementType = "string" };
}
