namespace Stagedoor.Tracing.Masking;

/// <summary>
/// Replaces the literals of a statement by <c>?</c>, and leaves its comments out. It knows no dialect: where two of them read a statement in different ways, or it ends
/// inside of a literal, everything from there on is left out.
/// </summary>
internal static class StatementMask
{
    /// <summary>The statement without literals; null when it has none.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="quotesNames">Whether a double quote is around a name; else it is taken for a literal's.</param>
    public static byte[]? Mask(ReadOnlySpan<byte> sql, bool quotesNames)
    {
        // What comes in the place of something is never longer.
        var masked = new byte[sql.Length];
        var length = 0;
        var isMasked = false;
        for (var at = 0; at < sql.Length;)
        {
            var (end, becomes) = Next(sql, at, quotesNames);
            if (becomes is { } one)
            {
                masked[length++] = one;
                isMasked = true;
            }
            else
            {
                sql[at..end].CopyTo(masked.AsSpan(length));
                length += end - at;
            }

            at = end;
        }

        return isMasked ? masked[..length] : null;
    }

    // Where the part that begins here ends, and what it becomes; null when it stays.
    private static (int End, byte? Becomes) Next(ReadOnlySpan<byte> sql, int at, bool quotesNames)
    {
        const byte Literal = (byte)'?';
        const byte Comment = (byte)' ';

        var rest = sql[at..];
        switch (rest[0])
        {
            case (byte)'\'':
                return (EndOfLiteral(sql, at), Literal);
            case (byte)'"' when !quotesNames:
                return (EndOfLiteral(sql, at), Literal);
            case (byte)'"' or (byte)'`':
                return rest[1..].IndexOf(rest[0]) is >= 0 and var quoted ? (at + quoted + 2, null) : (sql.Length, Literal);
            case (byte)'-' when rest.StartsWith("--"u8):
            case (byte)'#' when !quotesNames:
                return (at + EndOfLine(rest), Comment);
            case (byte)'/' when rest.StartsWith("/*"u8):
                return (at + EndOfComment(rest), Comment);
            case (byte)'$' when TagOf(rest) is { IsEmpty: false } tag:
                return (rest[tag.Length..].IndexOf(tag) is >= 0 and var text ? at + text + (2 * tag.Length) : sql.Length, Literal);
            case (byte)'.' when rest.Length > 1 && char.IsAsciiDigit((char)rest[1]):
            case >= (byte)'0' and <= (byte)'9':
                return (at + EndOfNumber(rest), Literal);
            case (byte)':' or (byte)'@' or (byte)'$':
                return (at + 1 + LengthOfWord(rest[1..]), null);
            case var c when IsOfWord(c):
                var word = LengthOfWord(rest);
                return word <= 2 && (rest[word - 1] | 0x20) == 'q' && rest.Length > word + 1 && rest[word] == '\''
                    ? (EndOfOwnQuote(sql, at + word), Literal)
                    : (at + word, null);
            default:
                return (at + 1, null);
        }
    }

    private static int EndOfLiteral(ReadOnlySpan<byte> sql, int at)
    {
        var quote = sql[at];
        for (var i = at + 1; i < sql.Length; i++)
        {
            if (sql[i] == '\\')
            {
                // In one dialect the literal ends here, in another it goes on.
                if (i + 1 < sql.Length && sql[i + 1] == quote)
                {
                    return sql.Length;
                }

                i++;
            }
            else if (sql[i] == quote)
            {
                if (i + 1 == sql.Length || sql[i + 1] != quote)
                {
                    return i + 1;
                }

                i++;
            }
        }

        return sql.Length;
    }

    // Oracle's q'[it's]'.
    private static int EndOfOwnQuote(ReadOnlySpan<byte> sql, int quote)
    {
        ReadOnlySpan<byte> close = [sql[quote + 1] switch { (byte)'[' => (byte)']', (byte)'(' => (byte)')', (byte)'{' => (byte)'}', (byte)'<' => (byte)'>', var c => c }, (byte)'\''];
        return sql[(quote + 2)..].IndexOf(close) is >= 0 and var end ? quote + 2 + end + close.Length : sql.Length;
    }

    private static int EndOfLine(ReadOnlySpan<byte> rest) => rest.IndexOfAny((byte)'\n', (byte)'\r') is >= 0 and var end ? end : rest.Length;

    // Where comments do not lie in each other, too much is left out rather than too little.
    private static int EndOfComment(ReadOnlySpan<byte> rest)
    {
        var depth = 1;
        var at = 2;
        while (depth > 0 && at < rest.Length)
        {
            var step = rest[at..].StartsWith("*/"u8) ? -1 : rest[at..].StartsWith("/*"u8) ? 1 : 0;
            depth += step;
            at += step == 0 ? 1 : 2;
        }

        return at;
    }

    // PostgreSQL's $$ or $tag$; empty when it is none.
    private static ReadOnlySpan<byte> TagOf(ReadOnlySpan<byte> rest)
    {
        var name = 0;
        while (name + 1 < rest.Length && rest[name + 1] is not (byte)'$' && IsOfWord(rest[name + 1]))
        {
            name++;
        }

        return name + 1 < rest.Length && rest[name + 1] == '$' && (name == 0 || !char.IsAsciiDigit((char)rest[1])) ? rest[..(name + 2)] : default;
    }

    private static int EndOfNumber(ReadOnlySpan<byte> rest)
    {
        var at = 1;
        while (at < rest.Length && (IsOfWord(rest[at]) || rest[at] == '.' || (rest[at] is (byte)'+' or (byte)'-' && (rest[at - 1] | 0x20) == 'e' && !IsHex(rest))))
        {
            at++;
        }

        return at;
    }

    private static bool IsHex(ReadOnlySpan<byte> number) => number.Length > 1 && (number[1] | 0x20) == 'x';

    private static int LengthOfWord(ReadOnlySpan<byte> rest)
    {
        var at = 0;
        while (at < rest.Length && IsOfWord(rest[at]))
        {
            at++;
        }

        return at;
    }

    private static bool IsOfWord(byte c) => c is (byte)'_' or (byte)'$' or > 0x7F || char.IsAsciiLetterOrDigit((char)c);
}
