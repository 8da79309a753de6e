using System.Text.Json;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

/// <summary>The values of an instance: those of the request above the defaults that the version's parameters say.</summary>
internal static class InstanceValues
{
    private const int MaxText = 256 * 1024;

    private static readonly string[] s_groups = ["basic", "custom", "flavor"];

    /// <summary>The values that are kept.</summary>
    /// <param name="input">The version's parameters, a JSON object.</param>
    /// <param name="given">The request's <c>spec.values</c>.</param>
    /// <param name="before">The values that there are already, where the request's stand above those; else null.</param>
    /// <exception cref="ApiException">They are no object, are too large, or what the version demands is missing.</exception>
    public static string Merge(string input, JsonElement? given, string? before)
    {
        if (given is not { ValueKind: JsonValueKind.Object } values)
        {
            throw AddonsError.Invalid("spec.values", "is required, and has to be a JSON object");
        }

        var request = (GoMap)JsonText.Read(values.GetRawText())!;
        if (before is not null)
        {
            ChartValues.CoalesceTables(request, (GoMap)JsonText.Read(before)!, keepNulls: true);
        }

        var parameters = (GoMap)JsonText.Read(input)!;
        ChartValues.CoalesceTables(request, Defaults(parameters, request), keepNulls: true);
        foreach (var key in parameters.List("required").OfType<string>())
        {
            if (request.At(key) is null)
            {
                throw AddonsError.Invalid($"spec.values.{Text.Cut(key, 100)}", "is required: the custom values are not defined");
            }
        }

        var text = JsonText.Write(request, escapeHtml: false);
        return text.Length <= MaxText ? text : throw AddonsError.Invalid("spec.values", $"has at most {MaxText} characters");
    }

    /// <summary>What the chart says against the values.</summary>
    /// <exception cref="ApiException">The chart's schema refuses them.</exception>
    public static void Check(Chart chart, GoMap values)
    {
        IReadOnlyList<string> problems;
        try
        {
            var resolved = ChartValues.Resolve(chart, values);
            problems = ValuesSchema.Check(resolved, ChartValues.Coalesce(resolved, values));
        }
        catch (FormatException e)
        {
            problems = [e.Message];
        }

        if (problems.Count > 0)
        {
            throw AddonsError.Invalid("spec.values", Text.Repair(Text.Cut(string.Join("; ", problems), 2_000)));
        }
    }

    /// <summary>The values as a chart sees them: with where it is installed, and without those that were taken away by <c>null</c>, unless the chart has them too.</summary>
    public static GoMap WithCluster(Chart chart, GoMap values, string projectId, string clusterId, string clusterName)
    {
        var all = ChartValues.Copy(values);
        foreach (var group in s_groups)
        {
            if (all.TryGetValue(group, out var given) && given is GoMap table)
            {
                Settle(table, chart.Values.GetValueOrDefault(group) as GoMap);
            }
            else if (all.ContainsKey(group) && given is null && !chart.Values.ContainsKey(group))
            {
                all.Remove(group);
            }
        }

        var own = new GoMap { ["clusterId"] = clusterId, ["clusterName"] = clusterName, ["projectId"] = projectId };
        var global = all.GetValueOrDefault("global") as GoMap ?? [];
        global["stagedoor"] = own;
        all["global"] = global;
        return all;
    }

    private static void Settle(GoMap values, GoMap? chart)
    {
        foreach (var (key, value) in values.ToList())
        {
            if (value is null && chart?.ContainsKey(key) is not true)
            {
                values.Remove(key);
            }
            else if (value is GoMap inner)
            {
                Settle(inner, chart?.GetValueOrDefault(key) as GoMap);
            }
        }
    }

    private static GoMap Defaults(GoMap input, GoMap request)
    {
        var defaults = new GoMap();
        if (input.GetValueOrDefault("basic") is GoMap basic)
        {
            defaults["basic"] = basic;
        }

        if (input.Table("parameters") is not { } parameters)
        {
            return defaults;
        }

        if (parameters.GetValueOrDefault("custom") is GoMap custom)
        {
            defaults["custom"] = custom;
        }

        if (FlavorOf(parameters, request) is { } flavor)
        {
            defaults["flavor"] = flavor;
        }

        return defaults;
    }

    // A size is chosen by its name, alone or in an object that says more; without one it is the first. One of an own name is all its own.
    private static GoMap? FlavorOf(GoMap parameters, GoMap request)
    {
        var flavors = parameters.Where(static p => p.Key.StartsWith("flavor", StringComparison.Ordinal) && p.Value is GoMap)
            .ToDictionary(static p => p.Key, static p => (GoMap)p.Value!, StringComparer.Ordinal);
        switch (request.GetValueOrDefault("flavor"))
        {
            case GoMap own when own.GetValueOrDefault("name") is string or double:
                return Named(own.Text("name"));
            case string or double:
                var name = request.Text("flavor");
                request.Remove("flavor");
                return Named(name) ?? throw AddonsError.Invalid(
                    "spec.values.flavor", $"has to be one of {string.Join(", ", flavors.OrderBy(static f => f.Key, StringComparer.Ordinal).Select(static f => f.Value.Text("name")))}");
            default:
                return flavors.GetValueOrDefault("flavor1");
        }

        GoMap? Named(string wanted) => flavors.FirstOrDefault(f => string.Equals(f.Value.Text("name"), wanted, StringComparison.Ordinal)).Value ?? flavors.GetValueOrDefault(wanted);
    }
}
