using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>Puts the values of a chart, of the charts in it and of its user together, as Helm does.</summary>
internal static class ChartValues
{
    /// <summary>The values of the user above those of the chart, with one map for each chart in it. A null takes a key away.</summary>
    public static GoMap Coalesce(Chart chart, GoMap values) => Coalesce(chart, new GoMap(Copy(values)) { TypeName = "chartutil.Values" }, keepNulls: false);

    /// <summary>The first map above the second one; the first is changed.</summary>
    public static GoMap CoalesceTables(GoMap target, GoMap source, bool keepNulls = false)
    {
        foreach (var (key, value) in source)
        {
            if (!target.TryGetValue(key, out var own))
            {
                target[key] = Copy(value);
            }
            else if (own is null && !keepNulls)
            {
                target.Remove(key);
            }
            else if (own is GoMap table && value is GoMap from)
            {
                CoalesceTables(table, from, keepNulls);
            }
        }

        return target;
    }

    /// <summary>The chart without the charts that its conditions and tags turn off, those under an alias renamed, and with the values that it imports from them.</summary>
    public static Chart Resolve(Chart chart, GoMap values) => Import(Enable(chart, values, ""));

    public static GoMap Copy(GoMap map) => new(map.Select(static e => KeyValuePair.Create(e.Key, Copy(e.Value)))) { TypeName = map.TypeName };

    private static object? Copy(object? value) => value switch
    {
        GoMap map => Copy(map),
        GoList list => new GoList(list.Select(Copy)) { ElementType = list.ElementType },
        _ => value,
    };

    private static GoMap Coalesce(Chart chart, GoMap values, bool keepNulls)
    {
        CoalesceTables(values, chart.Values, keepNulls);
        foreach (var inner in chart.Charts)
        {
            if (!values.TryGetValue(inner.Name, out var own) || own is null)
            {
                own = new GoMap();
            }

            var table = own as GoMap ?? throw new FormatException($"the values of the chart {inner.Name} are no map");
            CoalesceGlobals(table, values);
            values[inner.Name] = Coalesce(inner, table, keepNulls);
        }

        return values;
    }

    // What the parent says under "global" goes to each chart in it, and wins there.
    private static void CoalesceGlobals(GoMap target, GoMap source)
    {
        if ((source.GetValueOrDefault("global") ?? new GoMap()) is not GoMap from || (target.GetValueOrDefault("global") ?? new GoMap()) is not GoMap to)
        {
            return;
        }

        foreach (var (key, value) in from)
        {
            if (value is GoMap table)
            {
                switch (to.GetValueOrDefault(key))
                {
                    case null:
                        to[key] = Copy(table);
                        break;
                    case GoMap own:
                        to[key] = CoalesceTables(Copy(table), own);
                        break;
                }
            }
            else if (to.GetValueOrDefault(key) is not GoMap)
            {
                to[key] = Copy(value);
            }
        }

        target["global"] = to;
    }

    private static Chart Enable(Chart chart, GoMap values, string path)
    {
        if (chart.Dependencies.Count == 0)
        {
            return chart with { Charts = [.. chart.Charts.Select(c => Enable(c, values, path + c.Name + "."))] };
        }

        var all = new List<Chart>(chart.Charts.Where(c => !chart.Dependencies.Any(d => d.Fits(c))));
        foreach (var dependency in chart.Dependencies)
        {
            if (chart.Charts.FirstOrDefault(dependency.Fits) is { } found)
            {
                all.Add(found with { Name = dependency.ValuesName });
            }
        }

        chart = chart with { Charts = all };

        // Conditions look at the values of the topmost chart, with the path of this one before them.
        values = Coalesce(chart, values);
        var off = chart.Dependencies.Where(d => !IsEnabled(d, values, path)).Select(static d => d.ValuesName).ToHashSet(StringComparer.Ordinal);
        return chart with
        {
            Charts = [.. all.Where(c => !off.Contains(c.Name)).Select(c => Enable(c, values, path + c.Name + "."))],
            Dependencies = [.. chart.Dependencies.Where(d => !off.Contains(d.ValuesName))],
        };
    }

    // The first condition that is there decides; without one a true tag enables, and false ones alone disable.
    private static bool IsEnabled(ChartDependency dependency, GoMap values, string path)
    {
        foreach (var condition in dependency.Condition.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (values.At(path + condition) is bool decided)
            {
                return decided;
            }
        }

        var tags = values.Table("tags") ?? [];
        var said = dependency.Tags.Select(t => tags.GetValueOrDefault(t)).OfType<bool>().ToList();
        return said.Count == 0 || said.Contains(true);
    }

    private static Chart Import(Chart chart)
    {
        chart = chart with { Charts = [.. chart.Charts.Select(Import)] };
        if (!chart.Dependencies.Any(static d => d.ImportValues.Count > 0))
        {
            return chart;
        }

        var values = Coalesce(chart, new(), keepNulls: true);
        var imported = new GoMap();
        foreach (var dependency in chart.Dependencies)
        {
            foreach (var import in dependency.ImportValues)
            {
                var (child, parent) = import switch
                {
                    string name => ("exports." + name, "."),
                    GoMap map => (map.Text("child"), map.Text("parent")),
                    _ => ("", ""),
                };
                if (child.Length > 0 && values.Table($"{dependency.ValuesName}.{child}") is { } table)
                {
                    CoalesceTables(imported, Under(parent, Copy(table)), keepNulls: true);
                }
            }
        }

        // What the chart says itself wins.
        return chart with { Values = CoalesceTables(values, imported, keepNulls: true) };
    }

    private static GoMap Under(string path, GoMap table) => path is "." or ""
        ? table
        : path.Split('.').Reverse().Aggregate(table, static (inner, name) => new GoMap { [name] = inner });
}
