namespace Stagedoor.Errors;

/// <summary>Every row of every service, and ways to find one.</summary>
public static class ErrorCatalog
{
    // More than anybody remembers of an error. Each is looked for in every text, and anybody may ask.
    private const int MaxWords = 16;

    private static readonly ErrorDefinition[] s_all =
    [
        .. GatewayCodes.All,
        .. WhyCodes.All,
        .. IamCodes.All,
        .. ImagesCodes.All,
        .. DiscoveryCodes.All,
        .. ServiceCenterCodes.All,
        .. TracingCodes.All,
        .. AddonsCodes.All,
    ];

    private static readonly ILookup<string, ErrorDefinition> s_byCode = s_all.ToLookup(row => row.Code, StringComparer.OrdinalIgnoreCase);

    /// <summary>All rows, service by service.</summary>
    public static IReadOnlyList<ErrorDefinition> All => s_all;

    /// <summary>
    /// The rows with this code, in any case; a few codes have two texts. The end of a code, such as <c>4040058</c>, is enough when only
    /// one code ends so.
    /// </summary>
    public static IReadOnlyList<ErrorDefinition> Find(string code)
    {
        var wanted = code.Trim();
        if (s_byCode.Contains(wanted))
        {
            return [.. s_byCode[wanted]];
        }

        var codes = s_byCode.Where(group => EndsWith(group.Key, wanted)).Take(2).ToArray();
        return codes is [var only] ? [.. only] : [];
    }

    /// <summary>
    /// The rows in which each of the words occurs: in the code, the wire text, or meaning and remedy of either language. Hits in the
    /// code come first, then those in the wire text, then those in the language asked for. No words find everything; words beyond the sixteenth
    /// are passed over.
    /// </summary>
    public static IReadOnlyList<ErrorDefinition> Search(string? words, string lang)
    {
        var wanted = (words ?? "").Split(default(char[]), MaxWords + 1, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Take(MaxWords).ToArray();
        return
        [
            .. from row in s_all
               let ranks = wanted.Select(word => Rank(row, word, ErrorLanguage.IsChinese(lang))).ToArray()
               where !ranks.Contains(0)
               orderby ranks.Sum() descending
               select row,
        ];
    }

    /// <summary>The rows whose code has the digits of <paramref name="text"/>, for an address that was mistyped or cut.</summary>
    public static IReadOnlyList<ErrorDefinition> Containing(string text)
    {
        var digits = string.Concat(text.Where(char.IsAsciiDigit));
        return digits.Length < 3 ? [] : [.. s_all.Where(row => row.Code.Contains(digits, StringComparison.Ordinal))];
    }

    private static bool EndsWith(string code, string end) =>
        end.Length > 0
        && code.Length > end.Length
        && code[^(end.Length + 1)] is '.' or '_'
        && code.EndsWith(end, StringComparison.OrdinalIgnoreCase);

    private static int Rank(ErrorDefinition row, string word, bool chinese)
    {
        var (first, second) = chinese ? (row.Chinese, row.English) : (row.English, row.Chinese);
        return Has(row.Code) ? 8 : Has(row.Message) ? 4 : Has(first.Meaning) || Has(first.Remedy) ? 2 : Has(second.Meaning) || Has(second.Remedy) ? 1 : 0;

        bool Has(string? text) => text?.Contains(word, StringComparison.OrdinalIgnoreCase) is true;
    }
}
