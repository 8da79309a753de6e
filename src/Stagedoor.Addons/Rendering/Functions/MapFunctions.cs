using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Maps. <c>set</c>, <c>unset</c> and the merges change the map that they are given, as sprig does.</summary>
internal static class MapFunctions
{
    public static void AddTo(FunctionTable.Builder all) => all
        .Add("dict", "v*", static a => Dict(a))
        .Add("get", "ms", static a => Map(a[0]).TryGetValue((string)a[1]!, out var value) ? value : "")
        .Add("set", "msv", static a =>
        {
            (a[0] as GoMap ?? throw new FunctionException("assignment to entry in nil map"))[(string)a[1]!] = a[2];
            return a[0];
        })
        .Add("unset", "ms", static a =>
        {
            Map(a[0]).Remove((string)a[1]!);
            return a[0];
        })
        .Add("hasKey", "ms", static a => Map(a[0]).ContainsKey((string)a[1]!))
        .Add("pluck", "sm*", static a => new GoList(a.Skip(1).Where(m => Map(m).ContainsKey((string)a[0]!)).Select(m => Map(m)[(string)a[0]!])))
        .Add("keys", "m*", static a => GoList.OfStrings(a.SelectMany(static m => Map(m).Sorted().Select(static e => e.Key))))
        .Add("values", "m", static a => new GoList(Map(a[0]).Sorted().Select(static e => e.Value)))
        .Add("pick", "ms*", static a => new GoMap(a.Skip(1).Distinct().Cast<string>().Where(k => Map(a[0]).ContainsKey(k)).Select(k => KeyValuePair.Create(k, Map(a[0])[k]))))
        .Add("omit", "ms*", static a => new GoMap(Map(a[0]).Where(e => !a.AsSpan(1).Contains(e.Key))))
        .Add("merge,mustMerge", "mm*", static (x, a) => Merge(x, a, false))
        .Add("mergeOverwrite,mustMergeOverwrite", "mm*", static (x, a) => Merge(x, a, true))
        .Add("deepCopy,mustDeepCopy", "v", static (x, a) => a[0] is null ? throw new FunctionException("reflect: call of reflect.Value.Type on zero Value") : DeepCopy(x, a[0]))
        .Add("dig", "v*", static a => Dig(a));

    /// <summary>A copy of which no part is shared.</summary>
    public static object? DeepCopy(Templates.Executor executor, object? value) => DeepCopy(executor, value, new(), 0);

    private static object? DeepCopy(Templates.Executor executor, object? value, TreeGuard guard, int depth)
    {
        executor.Run.Step();
        guard.Enter(null, depth);
        return value switch
        {
            GoMap map => new GoMap(map.Select(e => KeyValuePair.Create(e.Key, DeepCopy(executor, e.Value, guard, depth + 1)))) { TypeName = map.TypeName },
            GoList list => new GoList(list.Select(i => DeepCopy(executor, i, guard, depth + 1))) { ElementType = list.ElementType },
            _ => value,
        };
    }

    private static GoMap Map(object? value) => value as GoMap ?? [];

    private static GoMap Dict(object?[] arguments)
    {
        var map = new GoMap();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            map[Cast.Text(arguments[i])] = i + 1 < arguments.Length ? arguments[i + 1] : "";
        }

        return map;
    }

    private static GoMap Merge(Templates.Executor executor, object?[] maps, bool overwrite)
    {
        var target = maps[0] as GoMap ?? [];
        foreach (var source in maps.Skip(1))
        {
            MergeInto(executor, target, Map(source), overwrite, 0);
        }

        return target;
    }

    // What is empty in the target is as good as missing. A map never replaces what is there and is no map, not even with overwrite.
    private static void MergeInto(Templates.Executor executor, GoMap target, GoMap source, bool overwrite, int depth)
    {
        if (depth > 500)
        {
            throw new FunctionException("maps are nested too deeply to be merged");
        }

        foreach (var (key, value) in source.ToList())
        {
            executor.Run.Step();
            target.TryGetValue(key, out var old);
            switch (value)
            {
                case null:
                    if (overwrite)
                    {
                        target[key] = null;
                    }

                    continue;
                case GoMap from when old is GoMap into:
                    MergeInto(executor, into, from, overwrite, depth + 1);
                    continue;
                case GoList list when GoType.IsTrue(old):
                    if (overwrite)
                    {
                        target[key] = list;
                    }

                    continue;
                case GoMap when GoType.IsTrue(old):
                    continue;
            }

            if (overwrite || !GoType.IsTrue(old))
            {
                target[key] = value;
            }
        }
    }

    private static object? Dig(object?[] arguments)
    {
        if (arguments.Length < 3)
        {
            throw new FunctionException("dig needs at least three arguments");
        }

        var map = arguments[^1] as GoMap
            ?? throw new FunctionException($"interface conversion: interface {{}} is {(arguments[^1] is null ? "nil" : GoType.NameOf(arguments[^1]))}, not {GoMap.AnyType}");
        for (var i = 0; i < arguments.Length - 2; i++)
        {
            var key = arguments[i] as string
                ?? throw new FunctionException($"interface conversion: interface {{}} is {(arguments[i] is null ? "nil" : GoType.NameOf(arguments[i]))}, not string");
            if (!map.TryGetValue(key, out var value))
            {
                return arguments[^2];
            }

            if (i == arguments.Length - 3)
            {
                return value;
            }

            map = value as GoMap
                ?? throw new FunctionException($"interface conversion: interface {{}} is {(value is null ? "nil" : GoType.NameOf(value))}, not {GoMap.AnyType}");
        }

        return arguments[^2];
    }
}
