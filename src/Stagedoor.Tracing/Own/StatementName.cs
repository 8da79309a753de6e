namespace Stagedoor.Tracing.Own;

/// <summary>What a statement is called among others: what it does, and with which table. Nothing else of it leaves this place, so that no value can.</summary>
internal static class StatementName
{
    /// <summary>The name, such as <c>SELECT organization</c>, with the table by itself; empty where none is found.</summary>
    public static (string Verb, string Table) Of(string sql)
    {
        var verb = "";
        var rest = sql.AsSpan();
        var expectsTable = false;
        while (NextWord(ref rest) is { Length: > 0 } word)
        {
            if (expectsTable && !IsAny(word, "ONLY", "IF", "NOT", "EXISTS"))
            {
                return (verb, word.ToString());
            }

            if (verb.Length == 0)
            {
                // What a WITH prepares is not what is done; nor is a time limit in front.
                verb = IsAny(word, "SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER") ? Upper(word) : "";
                expectsTable = IsAny(word, "UPDATE");
            }
            else
            {
                expectsTable = IsAny(word, "FROM", "INTO", "TABLE", "INDEX") || (expectsTable && IsAny(word, "ONLY", "IF", "NOT", "EXISTS"));
            }
        }

        return (verb.Length == 0 ? "SQL" : verb, "");
    }

    private static bool IsAny(ReadOnlySpan<char> word, params ReadOnlySpan<string> words)
    {
        foreach (var one in words)
        {
            if (word.Equals(one, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string Upper(ReadOnlySpan<char> word) => word.ToString().ToUpperInvariant();

    /// <summary>The next name or keyword; what is quoted as a text is passed over, and so are numbers and parameters.</summary>
    private static ReadOnlySpan<char> NextWord(ref ReadOnlySpan<char> rest)
    {
        for (var i = 0; i < rest.Length; i++)
        {
            var c = rest[i];
            if (c is '\'')
            {
                var end = rest[(i + 1)..].IndexOf('\'');
                i = end < 0 ? rest.Length : i + 1 + end;
            }
            else if (c is '@' or ':' or '$' or '?' || char.IsAsciiDigit(c))
            {
                while (i + 1 < rest.Length && IsOfWord(rest[i + 1]))
                {
                    i++;
                }
            }
            else if (c is '_' || char.IsAsciiLetter(c))
            {
                var length = 1;
                while (i + length < rest.Length && (IsOfWord(rest[i + length]) || rest[i + length] is '.'))
                {
                    length++;
                }

                var word = rest.Slice(i, length);
                rest = rest[(i + length)..];
                return word;
            }
        }

        rest = [];
        return [];
    }

    private static bool IsOfWord(char c) => c is '_' || char.IsAsciiLetterOrDigit(c);
}
