namespace Stagedoor.Images.Oci.Tokens;

/// <summary>A requested scope: <c>repository:{name}:{actions}</c>. The name may contain colons, as in <c>host:5000/name</c>.</summary>
internal readonly record struct TokenScope(string Type, string Name, string[] Actions)
{
    /// <summary>The most scopes of one request: each costs a look into the database, also for callers without credentials.</summary>
    public const int MaxScopes = 100;

    /// <summary>The scopes of a request, repeated or separated by spaces; null when there are too many. Those that cannot be read are left out.</summary>
    public static IReadOnlyList<TokenScope>? Parse(IEnumerable<string?> values)
    {
        if (Split(values) is not { } texts)
        {
            return null;
        }

        var scopes = new List<TokenScope>();
        foreach (var text in texts)
        {
            if (TryParse(text, out var scope))
            {
                scopes.Add(scope);
            }
        }

        return scopes;
    }

    /// <summary>The texts of the scopes; null when there are too many.</summary>
    public static List<string>? Split(IEnumerable<string?> values)
    {
        var texts = values.SelectMany(static v => (v ?? "").Split(' ', MaxScopes + 2, StringSplitOptions.RemoveEmptyEntries)).Take(MaxScopes + 1).ToList();
        return texts.Count <= MaxScopes ? texts : null;
    }

    public static bool TryParse(string text, out TokenScope scope)
    {
        var first = text.IndexOf(':', StringComparison.Ordinal);
        var last = text.LastIndexOf(':');
        scope = default;
        if (first <= 0 || last <= first)
        {
            return false;
        }

        var type = text[..first];
        // `repository(plugin):…` is a repository too.
        var kind = type.IndexOf('(', StringComparison.Ordinal);
        scope = new(
            kind > 0 ? type[..kind] : type,
            text[(first + 1)..last],
            text[(last + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return true;
    }
}
