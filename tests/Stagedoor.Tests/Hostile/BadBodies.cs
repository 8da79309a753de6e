using System.Text;
using System.Text.Json.Nodes;

namespace Stagedoor.Tests.Hostile;

/// <summary>What is done to a body that an operation would read.</summary>
internal static class BadBodies
{
    /// <summary>A body whose members are all there twice: what reads it must not choose one.</summary>
    public const string SameTwice = "the same twice";

    private const int Levels = 10_000;
    private const int Long = 64 * 1024;
    private const string Placeholder = "\"here-comes-the-bad-value\"";

    private static readonly string[] s_values =
    [
        "\"\\ud800\"", "\"a\\udc00b\"", "\"\\u0000\"", "\"\\u001b[2J\\r\\n\"", "9223372036854775808", "-1", "1e400", "\"\"", "\" \"", "null",
        "true", "{}", "[]", "[null]", "\"../../etc\"", "\"%00\"", "\"\\uFFFF\\u202e\"", "\"" + new string('x', Long) + "\"",
    ];

    /// <summary>Each with what it is called, and what it claims to be.</summary>
    public static IEnumerable<BadBody> Of(string sample)
    {
        var json = Encoding.UTF8.GetBytes(sample);
        yield return new("nothing", [], "application/json");
        yield return new("nothing and no type", [], null);
        yield return new("text/plain", json, "text/plain");
        yield return new("no type", json, null);
        yield return new("a type that is none", json, "application");
        yield return new("an unknown charset", json, "application/json; charset=none-such");
        yield return new("UTF-16", Encoding.Unicode.GetBytes(sample), "application/json; charset=utf-16");
        yield return new("a form", "a=1&a=2&%zz=%"u8.ToArray(), "application/x-www-form-urlencoded");
        yield return new("a form without end", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1"u8.ToArray(), "multipart/form-data; boundary=x");
        yield return new("a form without a boundary", "--x--"u8.ToArray(), "multipart/form-data");
        yield return new("half of it", json[..(json.Length / 2)], "application/json");
        yield return new("more than it", [.. json, .. "}"u8], "application/json");
        yield return new("no JSON", "<xml/>"u8.ToArray(), "application/json");
        yield return new("bytes that are no text", [0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D], "application/json");
        yield return new("a half character in bytes", [.. "{\"name\":\""u8, 0xED, 0xA0, 0x80, .. "\"}"u8], "application/json");
        yield return new("levels of arrays", Encoding.UTF8.GetBytes(new string('[', Levels) + new string(']', Levels)), "application/json");
        yield return new("levels of objects", Encoding.UTF8.GetBytes(
            string.Concat(Enumerable.Repeat("{\"a\":", Levels)) + "1" + new string('}', Levels)), "application/json");
        yield return new("null", "null"u8.ToArray(), "application/json");
        yield return new("a number", "9223372036854775808"u8.ToArray(), "application/json");
        yield return new(SameTwice, Encoding.UTF8.GetBytes(Twice(sample)), "application/json");
        yield return new("an unknown member", Encoding.UTF8.GetBytes("{\"\\ud800\":1," + sample[1..]), "application/json");
        foreach (var (place, text) in Places(sample))
        {
            yield return new($"bytes that are no text at {place}", Encoding.Latin1.GetBytes(text.Replace(Placeholder, "\"\u00ff\u00fe\"", StringComparison.Ordinal)), "application/json");
            foreach (var value in s_values)
            {
                var called = value.Length > 40 ? "64 KiB" : value;
                yield return new($"{called} at {place}", Encoding.UTF8.GetBytes(text.Replace(Placeholder, value, StringComparison.Ordinal)), "application/json");
            }
        }
    }

    private static string Twice(string sample) => sample[..^1] + "," + sample[1..];

    // Every value in the sample, one at a time.
    private static IEnumerable<(string Place, string Text)> Places(string sample)
    {
        var paths = new List<string>();
        Collect(JsonNode.Parse(sample)!, paths);
        foreach (var path in paths)
        {
            var root = JsonNode.Parse(sample)!;
            Find(root, path).ReplaceWith(Placeholder.Trim('"'));
            yield return (path, root.ToJsonString());
        }
    }

    private static void Collect(JsonNode node, List<string> paths)
    {
        if (node.Parent is not null)
        {
            paths.Add(node.GetPath());
        }

        foreach (var child in node switch
        {
            JsonObject o => o.Select(static m => m.Value),
            JsonArray a => a,
            _ => [],
        })
        {
            Collect(child!, paths);
        }
    }

    private static JsonNode Find(JsonNode root, string path)
    {
        var paths = new Queue<JsonNode>([root]);
        while (paths.TryDequeue(out var node))
        {
            if (string.Equals(node.GetPath(), path, StringComparison.Ordinal))
            {
                return node;
            }

            foreach (var child in node is JsonObject o ? o.Select(static m => m.Value) : node is JsonArray a ? a : [])
            {
                paths.Enqueue(child!);
            }
        }

        throw new InvalidOperationException(path);
    }
}

/// <summary>A body that no operation should trip over.</summary>
internal sealed record BadBody(string Name, byte[] Bytes, string? ContentType);
