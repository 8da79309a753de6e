using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>What Helm adds: other templates, YAML, JSON and TOML, and the cluster.</summary>
internal static class HelmFunctions
{
    /// <summary>The name that Helm gives to the template that holds all others, and to what <c>tpl</c> runs.</summary>
    public const string Root = "gotpl";

    public static void AddTo(FunctionTable.Builder all) => all
        .Add("include", "sv", static (x, a) => Include(x, (string)a[0]!, a[1]))
        .Add("tpl", "sv", static (x, a) => Template(x, (string)a[0]!, a[1]))
        .Add("required", "sv", static a => a[1] is null or "" ? throw new FunctionException((string)a[0]!) : a[1])
        .Add("lookup", "ssss", static (x, a) => x.Run.Lookup?.Invoke((string)a[0]!, (string)a[1]!, (string)a[2]!, (string)a[3]!) ?? [])
        .Add("toYaml", "v", static (x, a) => ToYaml(x, a[0]) ?? "")
        .Add("mustToYaml", "v", static (x, a) => Must(() => Yaml(x, a[0])))
        .Add("toYamlPretty", "v", static (x, a) => Or(() => Counted(x, YamlWriter.Write(a[0], indentLists: true).TrimEnd('\n')), ""))
        .Add("fromYaml", "s", static (x, a) => Read(x, (string)a[0]!, YamlReader.Read, static v => v switch
        {
            null => [],
            GoMap map => map,
            _ => throw new FormatException(NoMap(v)),
        }, Failed))
        .Add("fromYamlArray", "s", static (x, a) => Read(x, (string)a[0]!, YamlReader.Read, List, static e => new([e])))
        .Add("toJson", "v", static (x, a) => Or(() => Json(x, a[0], null, true), ""))
        .Add("mustToJson", "v", static (x, a) => Must(() => Json(x, a[0], null, true)))
        .Add("toPrettyJson", "v", static (x, a) => Or(() => Json(x, a[0], "  ", true), ""))
        .Add("mustToPrettyJson", "v", static (x, a) => Must(() => Json(x, a[0], "  ", true)))
        .Add("toRawJson", "v", static (x, a) => Must(() => Json(x, a[0], null, false)))
        .Add("mustToRawJson", "v", static (x, a) => Must(() => Json(x, a[0], null, false)))
        .Add("fromJson", "s", static (x, a) => Read(x, (string)a[0]!, JsonText.Read, static v => v switch
        {
            null => [],
            GoMap map => map,
            _ => throw new FormatException(NoMap(v)["error unmarshaling JSON: while decoding JSON: ".Length..]),
        }, Failed))
        .Add("mustFromJson", "s", static (x, a) => Must(() => Counted(x, (string)a[0]!, JsonText.Read)))
        .Add("fromJsonArray", "s", static (x, a) => Read(x, (string)a[0]!, JsonText.Read, List, static e => new([e])))
        .Add("toToml", "v", static (x, a) => Or(() => Counted(x, TomlText.Write(a[0])), static e => e))
        .Add("mustToToml", "v", static (x, a) => Must(() => Counted(x, TomlText.Write(a[0]))))
        .Add("fromToml", "s", static (x, a) => Read(x, (string)a[0]!, TomlText.Read, static v => (GoMap)v!, Failed));

    /// <summary>As <c>toYaml</c>; <c>null</c> for what JSON has not.</summary>
    public static string? ToYaml(Executor executor, object? value) => Or<string?>(() => Yaml(executor, value), null);

    private static string Include(Executor executor, string name, object? data)
    {
        executor.Run.EnterInclude(name);
        var text = Executor.Execute(executor.Run, executor.Set, name, data);
        executor.Run.LeaveInclude(name);
        return text;
    }

    private static string Template(Executor executor, string text, object? data)
    {
        IReadOnlyCollection<TemplateTree> trees;
        try
        {
            trees = executor.Run.Parse(Root, text);
        }
        catch (TemplateException e) when (!e.IsLimit)
        {
            throw new FunctionException($"cannot parse template {GoFormat.Quote(text)}: {e.Message}");
        }

        var set = new TemplateSet(executor.Set);
        set.Add(trees);
        try
        {
            return Executor.Execute(executor.Run, set, trees.First(static t => string.Equals(t.Name, Root, StringComparison.Ordinal)), data).Replace("<no value>", "", StringComparison.Ordinal);
        }
#pragma warning disable CA1508 // The file is not always this one.
        catch (TemplateException e) when (e is { IsLimit: true, File: Root })
#pragma warning restore CA1508
        {
#pragma warning disable MA0054 // The place of the inner one is in a text that nobody knows.
            throw new TemplateException(e.Reason) { IsLimit = true };
#pragma warning restore MA0054
        }
        catch (TemplateException e) when (!e.IsLimit)
        {
            // What it was is in no file: the place that an error shows is the call.
            throw new FunctionException($"error during tpl function execution for {GoFormat.Quote(text)}: {e.Message}", e.File is Root ? null : e);
        }
    }

    private static string Yaml(Executor executor, object? value)
    {
        var text = Counted(executor, YamlWriter.Write(value));
        return text.EndsWith('\n') ? text[..^1] : text;
    }

    private static string Json(Executor executor, object? value, string? indent, bool escapeHtml) => Counted(executor, JsonText.Write(value, indent, escapeHtml));

    private static string Counted(Executor executor, string text)
    {
        executor.Run.Step(1 + (text.Length / 16));
        return text;
    }

    private static object? Counted(Executor executor, string text, Func<string, object?> read)
    {
        executor.Run.Step(1 + (text.Length / 16));
        return read(text);
    }

    private static T Read<T>(Executor executor, string text, Func<string, object?> read, Func<object?, T> check, Func<string, T> failed)
    {
        try
        {
            return check(Counted(executor, text, read));
        }
        catch (FormatException e)
        {
            return failed(e.Message);
        }
    }

    // Helm tells the failure in the result.
    private static GoMap Failed(string message) => new() { ["Error"] = message };

    private static GoList List(object? value) => value switch
    {
        null => [],
        GoList list => list,
        _ => throw new FormatException($"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {JsonName(value)} into Go value of type []interface {{}}"),
    };

    private static string NoMap(object value) =>
        $"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {JsonName(value)} into Go value of type {GoMap.AnyType}";

    private static string JsonName(object? value) => value switch { GoList => "array", GoMap => "object", string => "string", bool => "bool", _ => "number" };

    private static T Or<T>(Func<T> work, T otherwise)
    {
        try
        {
            return work();
        }
        catch (FormatException)
        {
            return otherwise;
        }
    }

    private static string Or(Func<string> work, Func<string, string> otherwise)
    {
        try
        {
            return work();
        }
        catch (FormatException e)
        {
            return otherwise(e.Message);
        }
    }

    private static T Must<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (FormatException e)
        {
            throw new FunctionException(e.Message);
        }
    }
}
