namespace Stagedoor.Storage;

/// <summary>Names a statement by what it does and to which table, for people who may not see the statement itself.</summary>
public static class StatementName
{
    /// <summary>The end of a transaction.</summary>
    public const string Commit = "COMMIT";

    private static readonly string[] s_verbs = ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "NOTIFY", "LISTEN"];

    /// <summary>For example <c>UPDATE tag</c>: of several statements the first one, of a query with named parts the main one, and its first table.</summary>
    public static string Of(string sql)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var verb = "";
        foreach (var word in new Words(sql))
        {
            if (verb.Length == 0)
            {
                verb = VerbOf(word);
                continue;
            }

            if (verb is "SELECT" or "DELETE" ? Is(word, "FROM") : verb is "INSERT" ? Is(word, "INTO") : verb is "CREATE" or "DROP" or "ALTER" && Is(word, "TABLE"))
            {
                verb += " ";
            }
            else if (verb is "UPDATE" || verb[^1] == ' ')
            {
                return $"{verb.TrimEnd()} {word}";
            }
        }

        return verb.Length > 0 ? verb.TrimEnd() : "statement";
    }

    private static string VerbOf(ReadOnlySpan<char> word)
    {
        foreach (var verb in s_verbs)
        {
            if (word.Equals(verb, StringComparison.OrdinalIgnoreCase))
            {
                return verb;
            }
        }

        return "";
    }

    private static bool Is(ReadOnlySpan<char> word, string other) => word.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>The words outside of parentheses and quotes. A parenthesis itself is no word: what a query reads from one is named by the table behind it.</summary>
    private ref struct Words(string sql)
    {
        private readonly ReadOnlySpan<char> _sql = sql;
        private int _at;
        private int _depth;

        public ReadOnlySpan<char> Current { get; private set; }

        public readonly Words GetEnumerator() => this;

        public bool MoveNext()
        {
            while (_at < _sql.Length)
            {
                var c = _sql[_at];
                if (c is '\'')
                {
                    var end = _sql[(_at + 1)..].IndexOf('\'');
                    _at = end < 0 ? _sql.Length : _at + end + 2;
                }
                else if (c is '(' or ')')
                {
                    _depth = Math.Max(0, _depth + (c is '(' ? 1 : -1));
                    _at++;
                }
                else if (IsLetter(c))
                {
                    var start = _at;
                    while (_at < _sql.Length && IsLetter(_sql[_at]))
                    {
                        _at++;
                    }

                    if (_depth == 0)
                    {
                        Current = _sql[start.._at];
                        return true;
                    }
                }
                else
                {
                    _at++;
                }
            }

            return false;
        }

        private static bool IsLetter(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '@';
    }
}
