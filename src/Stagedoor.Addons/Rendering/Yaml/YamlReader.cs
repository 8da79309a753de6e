using System.Globalization;
using System.Runtime.CompilerServices;
using Stagedoor.Addons.Rendering.Values;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>
/// Reads YAML as Helm does: YAML 1.1 scalars, then through JSON, so that every number is a <c>double</c> and every key is text. What aliases expand to is bounded.
/// </summary>
internal sealed class YamlReader
{
    /// <summary>How many nodes the aliases of one document may stand for.</summary>
    public const int MaxAliasedNodes = 10_000;

    private const int MaxDepth = 500;
    private const int MaxRelaxed = 100;

    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, object?> _anchors = [];
    private readonly HashSet<AnchorName> _open = [];
    private int _aliased;

    // A mark of the order of bytes is no part of what a file says.
    private YamlReader(string text) => _parser = new(new StringReader(text.TrimStart('\uFEFF')));

    /// <summary>Reads the first document; nothing is <c>null</c>.</summary>
    /// <exception cref="FormatException">It is no YAML, or holds what JSON has not: NaN, an infinity, a list as a key.</exception>
    public static object? Read(string text)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return ReadOnce(text);
            }
            catch (YamlException e) when (attempt < MaxRelaxed && BlankLines.Relax(text, e) is { } relaxed)
            {
                text = relaxed;
            }
            catch (YamlException e)
            {
                throw new FormatException(string.Create(CultureInfo.InvariantCulture, $"yaml: line {e.Start.Line}: {Reason(e)}"), e);
            }
            catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
            {
                // Its scanner falls over some of what it does not know, such as a key of braces.
                throw new FormatException("yaml: the document cannot be read", e);
            }
        }
    }

    private static object? ReadOnce(string text)
    {
        var reader = new YamlReader(text);
        reader._parser.Consume<StreamStart>();
        if (reader._parser.Accept<StreamEnd>(out _))
        {
            return null;
        }

        reader._parser.Consume<DocumentStart>();
        return reader.Node(0);
    }

    private static string Reason(YamlException e)
    {
        var message = e.InnerException is { } inner ? inner.Message : e.Message;
        var end = message.LastIndexOf("): ", StringComparison.Ordinal);
        return end > 0 && message.StartsWith('(') ? message[(end + 3)..] : message;
    }

    private object? Node(int depth)
    {
        if (depth > MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw Unserializable("exceeded max depth");
        }

        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return Aliased(alias);
        }

        if (_parser.TryConsume<Scalar>(out var scalar))
        {
            var value = Value(scalar);
            Keep(scalar.Anchor, value);
            return value;
        }

        if (_parser.TryConsume<SequenceStart>(out var sequence))
        {
            var list = new GoList();
            Open(sequence.Anchor);
            while (!_parser.TryConsume<SequenceEnd>(out _))
            {
                list.Add(Node(depth + 1));
            }

            Close(sequence.Anchor, list);
            return list;
        }

        var mapping = _parser.Consume<MappingStart>();
        Open(mapping.Anchor);
        var map = Mapping(depth);
        Close(mapping.Anchor, map);
        return map;
    }

    private GoMap Mapping(int depth)
    {
        var map = new GoMap();
        List<GoMap>? merged = null;
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var isMerge = _parser.Accept<Scalar>(out var key) && key is { Value: "<<", Style: ScalarStyle.Plain };
            var name = isMerge ? Skip() : Key(depth);
            var value = Node(depth + 1);
            if (name is null)
            {
                throw new FormatException($"error converting YAML to JSON: Unsupported map key of type: %!s(<nil>), key: <nil>, value: {GoFormat.Sprintf("%#v", [value])}");
            }

            if (!isMerge)
            {
                map[name] = value;
                continue;
            }

            merged ??= [];
            merged.AddRange(value switch
            {
                GoMap one => [one],
                GoList many when many.TrueForAll(static m => m is GoMap) => many.Cast<GoMap>(),
                _ => throw Error("map merge requires map or sequence of maps as the value"),
            });
        }

        // The map's own keys win, and an earlier merged map wins against a later one.
        foreach (var (key, value) in merged?.SelectMany(static m => m) ?? [])
        {
            map.TryAdd(key, value);
        }

        return map;

        string Skip()
        {
            _parser.Consume<Scalar>();
            return "";
        }
    }

    private string? Key(int depth)
    {
        var isText = _parser.Accept<Scalar>(out var scalar) && scalar is not null && IsText(scalar);
        return Node(depth + 1) switch
        {
            string text => text,
            bool b => b ? "true" : "false",
            null => null,
            double number when !isText && scalar is not null => YamlScalar.Resolve(scalar.Value) is { Kind: YamlScalar.Kind.Integer, Value: { } integer }
                ? Convert.ToString(integer, CultureInfo.InvariantCulture)! : GoNumber.Print(number),
            double number => GoNumber.Print(number),
            _ => throw Unserializable("invalid map key"),
        };
    }

    private static bool IsText(Scalar scalar) => scalar.Style is not ScalarStyle.Plain;

    private object? Value(Scalar scalar)
    {
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        if (tag is "tag:yaml.org,2002:binary")
        {
            try
            {
                return GoText.Decode(Convert.FromBase64String(scalar.Value));
            }
            catch (FormatException)
            {
                throw Error("!!binary value contains invalid base64 data");
            }
        }

        if (tag is "!" or "tag:yaml.org,2002:str" || (IsText(scalar) && tag.Length == 0))
        {
            return scalar.Value;
        }

        var (kind, value) = YamlScalar.Resolve(scalar.Value);
        switch (tag)
        {
            case "tag:yaml.org,2002:float" or "tag:yaml.org,2002:int" when kind is not (YamlScalar.Kind.Integer or YamlScalar.Kind.Float):
            case "tag:yaml.org,2002:bool" when kind is not YamlScalar.Kind.Bool:
                throw Error($"cannot decode `{scalar.Value}` as a {tag}");
        }

        return value switch
        {
            long integer => (double)integer,
            ulong integer => (double)integer,
            double number when !double.IsFinite(number) => throw new UnserializableException($"json: unsupported value: {GoNumber.Print(number)}"),
            _ => value,
        };
    }

    private object? Aliased(AnchorAlias alias)
    {
        if (_open.Contains(alias.Value))
        {
            throw Unserializable($"anchor '{alias.Value}' value contains itself");
        }

        return _anchors.TryGetValue(alias.Value, out var value) ? Copy(value) : throw Error($"unknown anchor '{alias.Value}' referenced");
    }

    // A copy each: a template may change one place and not the other.
    private object? Copy(object? value)
    {
        if (++_aliased > MaxAliasedNodes)
        {
            throw Error("document contains excessive aliasing");
        }

        return value switch
        {
            GoMap map => new GoMap(map.Select(e => KeyValuePair.Create(e.Key, Copy(e.Value)))),
            GoList list => new GoList(list.Select(Copy)),
            _ => value,
        };
    }

    private void Open(AnchorName anchor)
    {
        if (!anchor.IsEmpty)
        {
            _open.Add(anchor);
        }
    }

    private void Close(AnchorName anchor, object? value)
    {
        _open.Remove(anchor);
        Keep(anchor, value);
    }

    private void Keep(AnchorName anchor, object? value)
    {
        if (!anchor.IsEmpty)
        {
            _anchors[anchor] = value;
        }
    }

    private FormatException Error(string message) => new(Placed(message));

    private UnserializableException Unserializable(string message) => new(Placed(message));

    private string Placed(string message) => string.Create(CultureInfo.InvariantCulture, $"yaml: line {_parser.Current?.Start.Line ?? 0}: {message}");
}
