using System.Globalization;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>The loose conversions of sprig: what cannot be converted is nothing, or 0.</summary>
internal static class Cast
{
    public static string Text(object? value) => value switch
    {
        string s => s,
        byte[] b => GoText.Decode(b),
        _ => GoFormat.Print(value),
    };

    public static long Integer(object? value)
    {
        switch (value)
        {
            case bool b:
                return b ? 1 : 0;
            case double d:
                return double.IsNaN(d) || d is < -9.3e18 or >= 9.223372036854775807e18 ? long.MinValue : (long)d;
            case string s:
                return GoNumber.TryParseInteger(WithoutZeroDecimals(s), out var parsed) ? parsed : 0;
            default:
                return GoType.TryInteger(value, out var integer) ? integer : 0;
        }
    }

    public static double Float(object? value)
    {
        switch (value)
        {
            case bool b:
                return b ? 1 : 0;
            case double d:
                return d;
            case ulong u:
                return u;
            case string s:
                return GoNumber.TryParseFloat(s, out var parsed) ? parsed : 0;
            default:
                return GoType.TryInteger(value, out var integer) ? integer : 0;
        }
    }

    /// <summary>As <c>join</c>, <c>toStrings</c> and <c>sortAlpha</c> see a list: without its nils.</summary>
    public static List<string> Texts(object? value) => value switch
    {
        null => [],
        GoList { IsTyped: true } list => [.. list.Select(Text)],
        GoList list => [.. list.Where(static i => i is not null).Select(Text)],
        byte[] bytes => [.. bytes.Select(static b => b.ToString(CultureInfo.InvariantCulture))],
        _ => [Text(value)],
    };

    /// <summary>A list, or the refusal in the words of the function.</summary>
    public static IReadOnlyList<object?> List(object? value, string doing) => value switch
    {
        GoList list => list,
        byte[] bytes => [.. bytes.Select(static b => (object?)b)],
        null => throw new FunctionException("runtime error: invalid memory address or nil pointer dereference"),
        _ => throw new FunctionException($"{doing} {GoType.KindOf(value)}"),
    };

    // "3.0" and "3.00" are whole numbers; "3.10" is none.
    private static string WithoutZeroDecimals(string text)
    {
        var point = text.LastIndexOf('.');
        return point > 0 && text.AsSpan(point + 1).TrimEnd('0').IsEmpty ? text[..point] : text;
    }
}
