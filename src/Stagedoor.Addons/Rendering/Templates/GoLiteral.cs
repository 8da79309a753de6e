using System.Globalization;
using System.Text;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>Reads the constants of a template.</summary>
internal static class GoLiteral
{
    /// <summary>The text between the quotes; <c>null</c> for an escape that there is not.</summary>
    public static string? Unquote(string quoted)
    {
        var inner = quoted.AsSpan(1, quoted.Length - 2);
        if (inner.IndexOf('\\') < 0)
        {
            return inner.ToString();
        }

        // By bytes: "\xe4\xb8\xad" is one character.
        var bytes = new List<byte>(inner.Length);
        for (var i = 0; i < inner.Length;)
        {
            if (inner[i] != '\\')
            {
                var next = inner[i..].IndexOf('\\');
                var plain = next < 0 ? inner[i..] : inner.Slice(i, next);
                bytes.AddRange(GoText.Encode(plain.ToString()));
                i += plain.Length;
                continue;
            }

            if (!TryEscape(inner, ref i, quoted[0], bytes))
            {
                return null;
            }
        }

        return GoText.Decode([.. bytes]);
    }

    /// <summary>Reads a number or a character constant.</summary>
    /// <returns>The node, or what is wrong with it.</returns>
    public static (NumberNode? Node, string? Error) Number(Token token)
    {
        var text = token.Text;
        if (token.Kind == TokenKind.CharConstant)
        {
            var unquoted = Unquote(text);
            if (unquoted is null || GoText.RuneCount(unquoted) != 1)
            {
                return (null, $"malformed character constant: {text}");
            }

            var rune = unquoted.EnumerateRunes().First().Value;
            return (new(token.Position, text)
            {
                IsInteger = true,
                IsUnsigned = true,
                IsFloat = true,
                Integer = rune,
                Float = rune,
                Ideal = (nint)rune,
            }, null);
        }

        var isInteger = GoNumber.TryParseInteger(text, out var integer);
        var isUnsigned = GoNumber.TryParseUnsigned(text, out var unsigned) || (isInteger && integer == 0);
        if (isInteger || isUnsigned)
        {
            return (new(token.Position, text)
            {
                IsInteger = isInteger,
                IsUnsigned = isUnsigned,
                IsFloat = true,
                Integer = integer,
                Float = isInteger ? integer : unsigned,
                Ideal = isInteger ? (nint)integer : null,
            }, null);
        }

        if (!GoNumber.TryParseFloat(text.Replace("_", "", StringComparison.Ordinal), out var number))
        {
            return (null, $"illegal number syntax: {GoFormat.Quote(text)}");
        }

        if (!text.AsSpan().ContainsAny(".eEpP"))
        {
            return (null, $"integer overflow: {GoFormat.Quote(text)}");
        }

        var whole = Math.Abs(number) < 9.2e18 && Math.Truncate(number) == number;
        return (new(token.Position, text)
        {
            IsInteger = whole,
            IsUnsigned = whole && number >= 0,
            IsFloat = true,
            Integer = whole ? (long)number : 0,
            Float = number,
            Ideal = number,
        }, null);
    }

    private static bool TryEscape(ReadOnlySpan<char> text, ref int at, char quote, List<byte> bytes)
    {
        var c = at + 1 < text.Length ? text[at + 1] : '\0';
        var simple = c switch
        {
            'a' => '\a',
            'b' => '\b',
            'f' => '\f',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\v',
            '\\' => '\\',
            _ => c == quote ? c : '\0',
        };
        if (simple != '\0')
        {
            bytes.Add((byte)simple);
            at += 2;
            return true;
        }

        var (start, digits, radix) = c switch { 'x' => (2, 2, 16), 'u' => (2, 4, 16), 'U' => (2, 8, 16), >= '0' and <= '7' => (1, 3, 8), _ => (0, 0, 0) };
        if (digits == 0 || at + start + digits > text.Length)
        {
            return false;
        }

        long value = 0;
        foreach (var digit in text.Slice(at + start, digits))
        {
            var number = char.IsAsciiHexDigit(digit) ? int.Parse([digit], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) : 99;
            if (number >= radix)
            {
                return false;
            }

            value = (value * radix) + number;
        }

        at += start + digits;
        if (c is 'u' or 'U')
        {
            if (value > 0x10FFFF || !Rune.IsValid((int)value))
            {
                return false;
            }

            bytes.AddRange(Encoding.UTF8.GetBytes(new Rune((int)value).ToString()));
            return true;
        }

        if (value > 255)
        {
            return false;
        }

        bytes.Add((byte)value);
        return true;
    }
}
