namespace Stagedoor.Images.Requests;

/// <summary>The query parameter <c>filter=key::value|key::value</c>.</summary>
internal static class QueryFilter
{
    /// <summary>The pairs; null when there is no filter. A pair with an empty value is left out.</summary>
    /// <exception cref="Http.ApiException">A pair is malformed, or its key unknown or given twice.</exception>
    public static Dictionary<string, string>? Parse(string? filter, IReadOnlyCollection<string> keys)
    {
        if (string.IsNullOrEmpty(filter))
        {
            return null;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var pairs = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in filter.Split('|'))
        {
            var separator = pair.IndexOf("::", StringComparison.Ordinal);
            if (separator <= 0)
            {
                throw ImagesError.InvalidFilter($"'{pair}' is not key::value");
            }

            var key = pair[..separator];
            if (!keys.Contains(key, StringComparer.Ordinal))
            {
                throw ImagesError.InvalidFilter($"unknown key '{key}'; known: {string.Join(", ", keys)}");
            }

            if (!seen.Add(key))
            {
                throw ImagesError.InvalidFilter($"key '{key}' is given twice");
            }

            if (separator + 2 < pair.Length)
            {
                pairs[key] = pair[(separator + 2)..];
            }
        }

        return pairs;
    }
}
