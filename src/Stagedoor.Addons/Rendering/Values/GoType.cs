namespace Stagedoor.Addons.Rendering.Values;

/// <summary>
/// The names of Go's types and kinds for the values here: <c>nint</c> is Go's <c>int</c>, <c>long</c> its <c>int64</c>, and so on for
/// <c>byte</c>, <c>ulong</c>, <c>double</c>, <c>bool</c>, <c>string</c>, <c>byte[]</c>; <c>null</c> is nil.
/// </summary>
internal static class GoType
{
    public static string NameOf(object? value) => value switch
    {
        null => "<nil>",
        string => "string",
        bool => "bool",
        nint => "int",
        long => "int64",
        double => "float64",
        byte => "uint8",
        ulong => "uint64",
        byte[] => "[]uint8",
        GoMap map => map.TypeName,
        GoList list => list.TypeName,
        IGoObject other => other.TypeName,
        _ => throw new InvalidOperationException($"no value of a template: {value.GetType()}"),
    };

    public static string KindOf(object? value) => value switch
    {
        null => "invalid",
        byte[] or GoList => "slice",
        GoMap => "map",
        IGoObject other => other.Kind,
        _ => NameOf(value),
    };

    /// <summary>Whether it is one of Go's whole numbers, and which.</summary>
    public static bool TryInteger(object? value, out long integer)
    {
        switch (value)
        {
            case nint i:
                integer = i;
                return true;
            case long i:
                integer = i;
                return true;
            case byte i:
                integer = i;
                return true;
            case ulong i:
                integer = unchecked((long)i);
                return true;
            case GoDuration d:
                integer = d.Nanoseconds;
                return true;
            default:
                integer = 0;
                return false;
        }
    }

    /// <summary>What <c>if</c>, <c>and</c>, <c>not</c> and <c>with</c> take for true.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool b => b,
        string s => s.Length > 0,
        double d => d != 0,
        GoMap m => m.Count > 0,
        GoList l => l.Count > 0,
        byte[] b => b.Length > 0,
        _ => !TryInteger(value, out var integer) || integer != 0,
    };
}
