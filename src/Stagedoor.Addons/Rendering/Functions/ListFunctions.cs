using System.Globalization;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Lists. None of them changes the list that it is given.</summary>
internal static class ListFunctions
{
    public static void AddTo(FunctionTable.Builder all) => all
        .Add("list,tuple", "v*", static a => new GoList(a))
        .Add("append,mustAppend,push,mustPush", "vv", static a => new GoList([.. Items(a[0], "Cannot push on type"), a[1]]))
        .Add("prepend,mustPrepend", "vv", static a => new GoList([a[1], .. Items(a[0], "Cannot prepend on type")]))
        .Add("concat", "v*", static a => new GoList(a.SelectMany(static l => Items(l, "Cannot concat type", "as list"))))
        .Add("first,mustFirst", "v", static a => Items(a[0], "Cannot find first on type") is [var first, ..] ? first : null)
        .Add("last,mustLast", "v", static a => Items(a[0], "Cannot find last on type") is [.., var last] ? last : null)
        .Add("rest,mustRest", "v", static a => Part(Items(a[0], "Cannot find rest on type"), static l => l.Skip(1)))
        .Add("initial,mustInitial", "v", static a => Part(Items(a[0], "Cannot find initial on type"), static l => l.SkipLast(1)))
        .Add("reverse,mustReverse", "v", static a => new GoList(Items(a[0], "Cannot find reverse on type").Reverse()))
        .Add("compact,mustCompact", "v", static a => new GoList(Items(a[0], "Cannot compact on type").Where(GoType.IsTrue)))
        .Add("uniq,mustUniq", "v", static (x, a) => Unique(x, Items(a[0], "Cannot find uniq on type")))
        .Add("without,mustWithout", "vv*", static (x, a) =>
        {
            var items = Items(a[0], "Cannot find without on type");
            x.Run.Step((long)items.Count * a.Length);
            return new GoList(items.Where(i => !a.Skip(1).Any(o => DeepEqual(i, o))));
        })
        .Add("has,mustHas", "vv", static (x, a) =>
        {
            if (a[1] is null)
            {
                return false;
            }

            var items = Items(a[1], "Cannot find has on type");
            x.Run.Step(1 + items.Count);
            return items.Any(i => DeepEqual(i, a[0]));
        })
        .Add("slice,mustSlice", "vv*", static a => Slice(Items(a[0], "list should be type of slice or array but"), a))
        .Add("chunk,mustChunk", "iv", static a => Chunk((nint)a[0]!, Items(a[1], "Cannot chunk type")))
        .Add("until", "i", static (x, a) => Range(x, 0, (nint)a[0]!, (nint)a[0]! < 0 ? -1 : 1))
        .Add("untilStep", "iii", static (x, a) => Range(x, (nint)a[0]!, (nint)a[1]!, (nint)a[2]!))
        .Add("seq", "i*", static (x, a) => Sequence(x, a))
        .Add("all", "v*", static a => Array.TrueForAll(a, GoType.IsTrue))
        .Add("any", "v*", static a => Array.Exists(a, GoType.IsTrue))
        .Add("coalesce", "v*", static a => Array.Find(a, GoType.IsTrue));

    /// <summary>Whether Go's <c>reflect.DeepEqual</c> takes them for equal: of one type, and all inside as well.</summary>
    public static bool DeepEqual(object? left, object? right) => DeepEqual(left, right, new(), 0);

    private static bool DeepEqual(object? left, object? right, TreeGuard guard, int depth)
    {
        guard.Enter(null, depth);
        return (left, right) switch
        {
            (null, null) => true,
            (GoMap a, GoMap b) => ReferenceEquals(a, b) || (string.Equals(a.TypeName, b.TypeName, StringComparison.Ordinal) && a.Count == b.Count
                && a.All(e => b.TryGetValue(e.Key, out var other) && DeepEqual(e.Value, other, guard, depth + 1))),
            (GoList a, GoList b) => ReferenceEquals(a, b) || (string.Equals(a.ElementType, b.ElementType, StringComparison.Ordinal) && a.Count == b.Count
                && a.Zip(b).All(p => DeepEqual(p.First, p.Second, guard, depth + 1))),
            (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
            (double a, double b) => a == b,
            _ => Equals(left, right),
        };
    }

    private static IReadOnlyList<object?> Items(object? value, string refusal, string suffix = "") => value switch
    {
        GoList list => list,
        byte[] bytes => [.. bytes.Select(static b => (object?)b)],
        null => throw new FunctionException("runtime error: invalid memory address or nil pointer dereference"),
        _ => throw new FunctionException($"{refusal} {GoType.KindOf(value)}" + (suffix.Length > 0 ? " " + suffix : "")),
    };

    private static GoList Part(IReadOnlyList<object?> items, Func<IReadOnlyList<object?>, IEnumerable<object?>> part) => new(part(items));

    private static GoList Unique(Executor executor, IReadOnlyList<object?> items)
    {
        var unique = new GoList();
        foreach (var item in items)
        {
            executor.Run.Step(1 + unique.Count);
            if (!unique.Exists(u => DeepEqual(u, item)))
            {
                unique.Add(item);
            }
        }

        return unique;
    }

    private static GoList? Slice(IReadOnlyList<object?> items, object?[] arguments)
    {
        if (items.Count == 0)
        {
            return null;
        }

        var start = arguments.Length > 1 ? Cast.Integer(arguments[1]) : 0;
        var end = arguments.Length > 2 ? Cast.Integer(arguments[2]) : items.Count;
        if (start < 0 || end > items.Count || start > end)
        {
            throw new FunctionException("reflect.Value.Slice: slice index out of bounds");
        }

        var part = items.Skip((int)start).Take((int)(end - start));
        return new(part) { ElementType = items is GoList list ? list.ElementType : "interface {}" };
    }

    private static GoList Chunk(nint size, IReadOnlyList<object?> items)
    {
        if (items.Count > 0 && size < 1)
        {
            throw new FunctionException(size == 0 ? "runtime error: integer divide by zero" : "makeslice: len out of range");
        }

        return new(items.Chunk((int)Math.Clamp(size, 1, int.MaxValue)).Select(static c => new GoList(c))) { ElementType = "[]interface {}" };
    }

    private static GoList Range(Executor executor, nint start, nint end, nint step)
    {
        var list = new GoList { ElementType = "int" };
        if (step == 0 || (end < start && step > 0) || (end > start && step < 0))
        {
            return list;
        }

        var count = (Int128)(end - (Int128)start) / step;
        executor.Run.Step((long)Int128.Min(count + 1, long.MaxValue / 2));
        for (var i = start; end >= start ? i < end : i > end; i += step)
        {
            list.Add(i);
        }

        return list;
    }

    private static string Sequence(Executor executor, object?[] arguments)
    {
        var numbers = Array.ConvertAll(arguments, static a => (nint)a!);
        GoList list;
        switch (numbers)
        {
            case []:
                return "";
            case [var end]:
                list = end < 1 ? Range(executor, 1, end - 1, -1) : Range(executor, 1, end + 1, 1);
                break;
            case [var start, var end]:
                list = end < start ? Range(executor, start, end - 1, -1) : Range(executor, start, end + 1, 1);
                break;
            case [var start, var step, var end]:
                if (end < start && step > 0)
                {
                    return "";
                }

                list = Range(executor, start, end + (end < start ? -1 : 1), step);
                break;
            default:
                return "";
        }

        return string.Join(' ', list.Select(static i => ((nint)i!).ToString(CultureInfo.InvariantCulture)));
    }
}
