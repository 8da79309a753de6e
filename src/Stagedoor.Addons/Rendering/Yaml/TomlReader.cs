using System.Globalization;
using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>Reads TOML: tables, lists of tables, dotted keys, texts in one and several lines, numbers, booleans, lists and inline tables. Dates stay text.</summary>
internal sealed class TomlReader(string text)
{
    private const int MaxDepth = 100;

    private int _at;

    public GoMap Read()
    {
        var root = new GoMap();
        var table = root;
        while (true)
        {
            SkipBlank(newLines: true);
            if (_at >= text.Length)
            {
                return root;
            }

            if (text[_at] == '[')
            {
                var isList = _at + 1 < text.Length && text[_at + 1] == '[';
                _at += isList ? 2 : 1;
                var path = Path();
                Expect(']');
                if (isList)
                {
                    Expect(']');
                }

                table = Open(root, path, isList);
            }
            else
            {
                var path = Path();
                Expect('=');
                SkipBlank(false);
                var target = path.Count > 1 ? Open(table, path[..^1], false) : table;
                if (!target.TryAdd(path[^1], Value(0)))
                {
                    throw Error($"key {path[^1]} is already defined");
                }
            }

            SkipBlank(false);
            if (_at < text.Length && text[_at] is not ('\n' or '\r'))
            {
                throw Error("expected the end of the line");
            }
        }
    }

    private GoMap Open(GoMap from, List<string> path, bool isList)
    {
        for (var i = 0; i < path.Count; i++)
        {
            var last = i == path.Count - 1;
            if (!from.TryGetValue(path[i], out var inner))
            {
                var made = new GoMap();
                from[path[i]] = last && isList ? new GoList([made]) : made;
                from = made;
                continue;
            }

            if (inner is GoList list && last && isList)
            {
                list.Add(new GoMap());
            }

            from = inner as GoMap ?? (inner as GoList)?.LastOrDefault() as GoMap ?? throw Error($"key {path[i]} is no table");
        }

        return from;
    }

    private List<string> Path()
    {
        var path = new List<string>();
        do
        {
            SkipBlank(false);
            path.Add(Peek() is '"' or '\'' ? Text() : Bare());
            SkipBlank(false);
        }
        while (Take('.'));

        return path;
    }

    private string Bare()
    {
        var start = _at;
        while (char.IsAsciiLetterOrDigit(Peek()) || Peek() is '_' or '-')
        {
            _at++;
        }

        return _at > start ? text[start.._at] : throw Error("expected a key");
    }

    private object Value(int depth)
    {
        if (depth > MaxDepth)
        {
            throw Error("nested too deeply");
        }

        switch (Peek())
        {
            case '"' or '\'':
                return Text();
            case '[':
                return List(depth);
            case '{':
                return Table(depth);
        }

        var start = _at;
        while (_at < text.Length && text[_at] is not (',' or ']' or '}' or '#' or '\n' or '\r'))
        {
            _at++;
        }

        var word = text[start.._at].TrimEnd();
        var plain = word.Replace("_", "", StringComparison.Ordinal);
        return word switch
        {
            "true" => true,
            "false" => false,
            _ when GoNumber.TryParseInteger(plain, out var integer) => integer,
            _ when GoNumber.TryParseFloat(plain, out var number) => number,
            _ when word.Length > 7 && char.IsAsciiDigit(word[0]) => word,
            _ => throw Error("expected a value"),
        };
    }

    private GoList List(int depth)
    {
        var list = new GoList();
        _at++;
        while (true)
        {
            SkipBlank(true);
            if (Take(']'))
            {
                return list;
            }

            list.Add(Value(depth + 1));
            SkipBlank(true);
            if (!Take(',') && Peek() != ']')
            {
                throw Error("expected a comma or the end of the list");
            }
        }
    }

    private GoMap Table(int depth)
    {
        var map = new GoMap();
        _at++;
        SkipBlank(false);
        while (!Take('}'))
        {
            var path = Path();
            Expect('=');
            SkipBlank(false);
            (path.Count > 1 ? Open(map, path[..^1], false) : map)[path[^1]] = Value(depth + 1);
            SkipBlank(false);
            if (!Take(',') && Peek() != '}')
            {
                throw Error("expected a comma or the end of the table");
            }

            SkipBlank(false);
        }

        return map;
    }

    private string Text()
    {
        var quote = text[_at];
        var isLong = string.CompareOrdinal(text, _at, new string(quote, 3), 0, 3) == 0;
        var end = isLong ? new string(quote, 3) : quote.ToString();
        _at += end.Length;
        if (isLong && Peek() == '\n')
        {
            _at++;
        }

        var value = new StringBuilder();
        while (string.CompareOrdinal(text, _at, end, 0, end.Length) != 0)
        {
            if (_at >= text.Length || (!isLong && text[_at] == '\n'))
            {
                throw Error("unterminated string");
            }

            if (text[_at] == '\\' && quote == '"')
            {
                Escape(value);
            }
            else
            {
                value.Append(text[_at++]);
            }
        }

        _at += end.Length;
        return value.ToString();
    }

    private void Escape(StringBuilder value)
    {
        _at++;
        var c = Peek();
        _at++;
        if (c is 'u' or 'U')
        {
            var digits = c == 'u' ? 4 : 8;
            if (_at + digits > text.Length || !int.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var rune) || !Rune.IsValid(rune))
            {
                throw Error("invalid escape");
            }

            value.Append(new Rune(rune).ToString());
            _at += digits;
            return;
        }

        if (c is '\n' or ' ')
        {
            while (Peek() is ' ' or '\n' or '\r' or '\t')
            {
                _at++;
            }

            return;
        }

        value.Append(c switch
        {
            'b' => '\b',
            't' => '\t',
            'n' => '\n',
            'f' => '\f',
            'r' => '\r',
            '"' => '"',
            '\\' => '\\',
            _ => throw Error("invalid escape"),
        });
    }

    private void SkipBlank(bool newLines)
    {
        while (_at < text.Length)
        {
            if (text[_at] == '#')
            {
                while (_at < text.Length && text[_at] != '\n')
                {
                    _at++;
                }
            }
            else if (text[_at] is ' ' or '\t' || (newLines && text[_at] is '\n' or '\r'))
            {
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private char Peek() => _at < text.Length ? text[_at] : '\0';

    private bool Take(char c)
    {
        if (Peek() != c)
        {
            return false;
        }

        _at++;
        return true;
    }

    private void Expect(char c)
    {
        SkipBlank(false);
        if (!Take(c))
        {
            throw Error($"expected '{c}'");
        }
    }

    private FormatException Error(string message) =>
        new(string.Create(CultureInfo.InvariantCulture, $"toml: line {1 + text.AsSpan(0, Math.Min(_at, text.Length)).Count('\n')}: {message}"));
}
