using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Charts;

/// <summary>Checks values with the <c>values.schema.json</c> of a chart and of the charts in it.</summary>
internal static class ValuesSchema
{
    private const int MaxErrors = 20;

    /// <summary>
    /// What is wrong, as pointers and reasons. A text that a schema wants as a number or a truth becomes one first, in the values themselves: clients whose
    /// values are maps of texts send <c>"2"</c> and <c>"true"</c>.
    /// </summary>
    public static IReadOnlyList<string> Check(Chart chart, GoMap values) => [.. Check(chart, values, "").Take(MaxErrors)];

    /// <summary>What is wrong with the schemas themselves: they are no JSON schemas, or a pattern in them may take longer than anybody waits.</summary>
    public static IEnumerable<string> Problems(Chart chart) => Problems(chart, chart.Name);

    private static IEnumerable<string> Problems(Chart chart, string path)
    {
        if (chart.Schema is { } schema && FindProblem(schema) is { } problem)
        {
            yield return $"{path}/values.schema.json: {problem}";
        }

        foreach (var found in chart.Charts.SelectMany(c => Problems(c, $"{path}/charts/{c.Name}")))
        {
            yield return found;
        }
    }

    private static string? FindProblem(byte[] text)
    {
        try
        {
            SchemaText.Read(GoText.Clean(GoText.Decode(text)), out var names);
            return names.FirstOrDefault(RepeatedRepetition) is { } bad ? $"the pattern of properties '{(bad.Length > 100 ? bad[..100] : bad)}' goes back and forth over a name" : null;
        }
        catch (Exception e) when (e is JsonException or JsonSchemaException or ArgumentException or InvalidOperationException or KeyNotFoundException or NotSupportedException)
        {
            return $"is no JSON schema: {e.Message}";
        }
    }

    // The library matches names itself, and goes back and forth. A repetition within a repetition is what makes that take forever.
    private static bool RepeatedRepetition(string pattern)
    {
        // For each open group: whether something in it repeats.
        var open = new Stack<bool>([false]);
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\':
                    i++;
                    break;
                case '[':
                    for (i++; i < pattern.Length && (pattern[i] != ']' || pattern[i - 1] is '['); i++)
                    {
                        i += pattern[i] == '\\' ? 1 : 0;
                    }

                    break;
                case '(':
                    open.Push(false);
                    break;
                case ')' when open.Count > 1:
                    var repeats = open.Pop();
                    if (repeats && i + 1 < pattern.Length && IsRepetition(pattern, i + 1))
                    {
                        return true;
                    }

                    open.Push(open.Pop() || repeats);
                    break;
                case '*' or '+' or '{' when IsRepetition(pattern, i):
                    open.Pop();
                    open.Push(true);
                    break;
                default:
                    break;
            }
        }

        return false;
    }

    // Once or not at all is none, nor is a number of times that is the same always.
    private static bool IsRepetition(string pattern, int at) => pattern[at] is '*' or '+'
        || (pattern[at] is '{' && pattern.IndexOf('}', at) is > 0 and var end && pattern.AsSpan(at, end - at).Contains(','));

    private static IEnumerable<string> Check(Chart chart, GoMap values, string path)
    {
        if (chart.Schema is { } schema)
        {
            foreach (var error in Check(schema, values))
            {
                yield return path + error;
            }
        }

        foreach (var inner in chart.Charts)
        {
            foreach (var error in Check(inner, values.Table(inner.Name) ?? [], $"{path}/{inner.Name}"))
            {
                yield return error;
            }
        }
    }

    private static List<string> Check(byte[] schemaText, GoMap values)
    {
        try
        {
            var schema = SchemaText.Read(GoText.Clean(GoText.Decode(schemaText)), out var names);
            if (names.Any(RepeatedRepetition))
            {
                return ["/: values.schema.json cannot be used: a pattern of properties goes back and forth over a name"];
            }

            var errors = Errors(schema, values);
            var changed = false;
            foreach (var (pointer, _) in errors.Where(static e => e.Keyword is "type").Select(static e => (e.Pointer, e.Keyword)).Distinct())
            {
                changed |= Coerce(values, pointer, [.. errors.Where(e => string.Equals(e.Pointer, pointer, StringComparison.Ordinal) && e.Keyword is "type").Select(static e => e.Reason)]);
            }

            errors = changed ? Errors(schema, values) : errors;
            return [.. errors.Select(static e => $"{(e.Pointer.Length > 0 ? e.Pointer : "/")}: {e.Reason}").Distinct(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is JsonException or JsonSchemaException or ArgumentException or InvalidOperationException or RegexMatchTimeoutException)
        {
            return [$"/: values.schema.json cannot be used: {e.Message}"];
        }
    }

    private static List<(string Pointer, string Keyword, string Reason)> Errors(JsonSchema schema, GoMap values)
    {
        using var document = JsonDocument.Parse(JsonText.Write(values));
        var result = schema.Evaluate(document.RootElement, new() { OutputFormat = OutputFormat.List });
        return result.IsValid ? [] : [.. (result.Details ?? []).Where(static d => d.Errors is not null)
            .SelectMany(static d => d.Errors!.Select(e => (d.InstanceLocation.ToString(), e.Key, e.Value)))];
    }

    private static bool Coerce(GoMap values, string pointer, List<string> reasons)
    {
        var parts = pointer.Split('/').Skip(1).Select(static p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToList();
        if (parts.Count == 0)
        {
            return false;
        }

        object? parent = values;
        foreach (var part in parts.SkipLast(1))
        {
            parent = Child(parent, part);
        }

        if (Child(parent, parts[^1]) is not string text || Typed(text, reasons) is not { } typed)
        {
            return false;
        }

        switch (parent)
        {
            case GoMap map:
                map[parts[^1]] = typed;
                return true;
            case GoList list:
                list[int.Parse(parts[^1], CultureInfo.InvariantCulture)] = typed;
                return true;
            default:
                return false;
        }
    }

    // The reason says which types there may be.
    private static object? Typed(string text, List<string> reasons)
    {
        bool Wants(string type) => reasons.Exists(r => r.Contains(type, StringComparison.Ordinal));
        return text is "true" or "false" && Wants("boolean") ? text is "true"
            : (Wants("number") || Wants("integer")) && GoNumber.TryParseFloat(text, out var number) && double.IsFinite(number) ? number
            : null;
    }

    private static object? Child(object? value, string part) => value switch
    {
        GoMap map => map.GetValueOrDefault(part),
        GoList list when int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < list.Count => list[at],
        _ => null,
    };
}
