using System.Globalization;
using System.Text;

namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>Splits a template into words, with Go's rules of what a word is and what a trim marker takes away.</summary>
internal sealed class Lexer(string name, string source)
{
    private const string Left = "{{";
    private const string Right = "}}";
    private const string Blanks = " \t\r\n";

    private readonly List<Token> _tokens = [];
    private int _at;
    private int _line = 1;
    private int _counted;
    private int _parentheses;

    public List<Token> Read()
    {
        while (true)
        {
            var open = source.IndexOf(Left, _at, StringComparison.Ordinal);
            if (open < 0)
            {
                AddText(source.Length);
                Add(TokenKind.EndOfFile, source.Length, "");
                return _tokens;
            }

            var trim = IsTrimAfter(open + Left.Length);
            var end = open;
            while (trim && end > _at && Blanks.Contains(source[end - 1], StringComparison.Ordinal))
            {
                end--;
            }

            AddText(end);
            _at = open;
            var inside = open + Left.Length + (trim ? 2 : 0);
            if (string.CompareOrdinal(source, inside, "/*", 0, 2) == 0)
            {
                ReadComment(inside);
                continue;
            }

            Add(TokenKind.LeftDelimiter, open, Left);
            _at = inside;
            _parentheses = 0;
            ReadAction();
        }
    }

    private bool IsTrimAfter(int at) => at + 1 < source.Length && source[at] == '-' && Blanks.Contains(source[at + 1], StringComparison.Ordinal);

    private bool IsTrimBefore(int at) => at + 1 < source.Length && Blanks.Contains(source[at], StringComparison.Ordinal) && source[at + 1] == '-'
        && string.CompareOrdinal(source, at + 2, Right, 0, 2) == 0;

    private void AddText(int end)
    {
        if (end > _at)
        {
            Add(TokenKind.Text, _at, source[_at..end]);
        }
    }

    private void Add(TokenKind kind, int position, string text) => _tokens.Add(new(kind, position, text, LineAt(position)));

    private int LineAt(int position)
    {
        if (position > _counted)
        {
            _line += source.AsSpan(_counted, position - _counted).Count('\n');
            _counted = position;
        }

        return _line;
    }

    private void ReadComment(int start)
    {
        var close = source.IndexOf("*/", start, StringComparison.Ordinal);
        if (close < 0)
        {
            throw Error(start, "unclosed comment");
        }

        var after = close + 2;
        var trim = IsTrimBefore(after);
        after += trim ? 2 : 0;
        if (string.CompareOrdinal(source, after, Right, 0, 2) != 0)
        {
            throw Error(close, "comment ends before closing delimiter");
        }

        _at = after + Right.Length;
        SkipBlanks(trim);
    }

    private void SkipBlanks(bool skip)
    {
        while (skip && _at < source.Length && Blanks.Contains(source[_at], StringComparison.Ordinal))
        {
            _at++;
        }
    }

    private void ReadAction()
    {
        while (true)
        {
            var trim = IsTrimBefore(_at);
            var close = trim ? _at + 2 : _at;
            if (string.CompareOrdinal(source, close, Right, 0, 2) == 0)
            {
                if (_parentheses > 0)
                {
                    throw Error(_at, "unclosed left paren");
                }

                Add(TokenKind.RightDelimiter, close, Right);
                _at = close + Right.Length;
                SkipBlanks(trim);
                return;
            }

            if (_at >= source.Length)
            {
                throw Error(_at, "unclosed action");
            }

            ReadWord();
        }
    }

    private void ReadWord()
    {
        var start = _at;
        var c = source[_at];
        if (Blanks.Contains(c, StringComparison.Ordinal))
        {
            while (_at < source.Length && Blanks.Contains(source[_at], StringComparison.Ordinal) && !IsTrimBefore(_at))
            {
                _at++;
            }

            Add(TokenKind.Space, start, source[start.._at]);
            return;
        }

        switch (c)
        {
            case '=':
                Take(TokenKind.Assign, 1);
                return;
            case ':':
                if (_at + 1 >= source.Length || source[_at + 1] != '=')
                {
                    throw Error(_at, "expected :=");
                }

                Take(TokenKind.Declare, 2);
                return;
            case '|':
                Take(TokenKind.Pipe, 1);
                return;
            case '"':
                ReadQuoted('"', TokenKind.String, "unterminated quoted string");
                return;
            case '\'':
                ReadQuoted('\'', TokenKind.CharConstant, "unterminated character constant");
                return;
            case '`':
                var end = source.IndexOf('`', _at + 1);
                if (end < 0)
                {
                    throw Error(_at, "unterminated raw quoted string");
                }

                Take(TokenKind.RawString, end + 1 - _at);
                return;
            case '$':
                ReadName(TokenKind.Variable);
                return;
            case '(':
                _parentheses++;
                Take(TokenKind.LeftParenthesis, 1);
                return;
            case ')':
                _parentheses--;
                Take(TokenKind.RightParenthesis, 1);
                return;
        }

        if (c == '.' && (_at + 1 >= source.Length || !char.IsAsciiDigit(source[_at + 1])))
        {
            ReadName(TokenKind.Field);
        }
        else if (c is '+' or '-' or '.' || char.IsAsciiDigit(c))
        {
            ReadNumber();
        }
        else if (IsWordPart(_at))
        {
            ReadName(TokenKind.Identifier);
        }
        else if (c is > ' ' and < '\u007f')
        {
            Take(TokenKind.Character, 1);
        }
        else
        {
            throw Error(_at, $"unrecognized character in action: {Describe(_at)}");
        }
    }

    private void Take(TokenKind kind, int length)
    {
        Add(kind, _at, source.Substring(_at, length));
        _at += length;
    }

    private void ReadQuoted(char quote, TokenKind kind, string unterminated)
    {
        for (var end = _at + 1; end < source.Length && source[end] != '\n'; end++)
        {
            if (source[end] == '\\' && end + 1 < source.Length && source[end + 1] != '\n')
            {
                end++;
            }
            else if (source[end] == quote)
            {
                Take(kind, end + 1 - _at);
                return;
            }
        }

        throw Error(_at, unterminated);
    }

    private void ReadName(TokenKind kind)
    {
        var start = _at++;
        if (kind == TokenKind.Identifier)
        {
            _at = start;
        }

        while (_at < source.Length && IsWordPart(_at))
        {
            _at += char.IsHighSurrogate(source[_at]) ? 2 : 1;
        }

        if (!IsTerminated())
        {
            throw Error(_at, $"bad character {Describe(_at)}");
        }

        var text = source[start.._at];
        if (kind == TokenKind.Field && text.Length == 1)
        {
            Add(TokenKind.Dot, start, text);
            return;
        }

        Add(kind == TokenKind.Identifier ? KindOf(text) : kind, start, text);
    }

    private static TokenKind KindOf(string word) => word switch
    {
        "true" or "false" => TokenKind.Bool,
        "nil" => TokenKind.Nil,
        "block" => TokenKind.Block,
        "break" => TokenKind.Break,
        "continue" => TokenKind.Continue,
        "define" => TokenKind.Define,
        "else" => TokenKind.Else,
        "end" => TokenKind.End,
        "if" => TokenKind.If,
        "range" => TokenKind.Range,
        "template" => TokenKind.Template,
        "with" => TokenKind.With,
        _ => TokenKind.Identifier,
    };

    private bool IsWordPart(int at) => source[at] == '_' || (Rune.TryGetRuneAt(source, at, out var rune) && IsLetterOrDigit(rune));

    private static bool IsLetterOrDigit(Rune rune) => Rune.IsLetter(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber;

    private bool IsTerminated() => _at >= source.Length || Blanks.Contains(source[_at], StringComparison.Ordinal) || ".,|:)(".Contains(source[_at], StringComparison.Ordinal)
        || string.CompareOrdinal(source, _at, Right, 0, 2) == 0 || source[_at] == '}';

    private void ReadNumber()
    {
        var start = _at;
        if (source[_at] is '+' or '-')
        {
            _at++;
        }

        var digits = "0123456789_";
        if (_at < source.Length && source[_at] == '0')
        {
            _at++;
            var prefix = _at < source.Length ? char.ToLowerInvariant(source[_at]) : ' ';
            digits = prefix switch { 'x' => "0123456789abcdefABCDEF_", 'o' => "01234567_", 'b' => "01_", _ => digits };
            _at += prefix is 'x' or 'o' or 'b' ? 1 : 0;
        }

        Accept(digits);
        if (_at < source.Length && source[_at] == '.')
        {
            _at++;
            Accept(digits);
        }

        var exponent = digits.Length switch { 11 => 'e', 23 => 'p', _ => ' ' };
        if (exponent != ' ' && _at < source.Length && char.ToLowerInvariant(source[_at]) == exponent)
        {
            _at++;
            if (_at < source.Length && source[_at] is '+' or '-')
            {
                _at++;
            }

            Accept("0123456789_");
        }

        if (_at < source.Length && IsWordPart(_at))
        {
            throw Error(start, $"bad number syntax: {Values.GoFormat.Quote(source[start..(_at + 1)])}");
        }

        var text = source[start.._at];
        if (text is "+" or "-" or ".")
        {
            throw Error(start, $"bad number syntax: {Values.GoFormat.Quote(text)}");
        }

        Add(TokenKind.Number, start, text);
    }

    private void Accept(string characters)
    {
        while (_at < source.Length && characters.Contains(source[_at], StringComparison.Ordinal))
        {
            _at++;
        }
    }

    private string Describe(int at)
    {
        var rune = Rune.TryGetRuneAt(source, at, out var found) ? found : Rune.ReplacementChar;
        return string.Create(CultureInfo.InvariantCulture, $"U+{rune.Value:X4} '{rune}'");
    }

    private TemplateException Error(int position, string message)
    {
        var line = 1 + source.AsSpan(0, Math.Min(position, source.Length)).Count('\n');
        return new(string.Create(CultureInfo.InvariantCulture, $"template: {name}:{line}: {message}"), name, line, -1, null);
    }
}
