using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Tracing.Admission;

/// <summary>The keys of a setting. They are found by their hash: how long it takes tells nothing about any of them.</summary>
/// <param name="keys">What the setting lists.</param>
/// <param name="keyOf">The key of one of them.</param>
internal sealed class KeyTable<T>(IEnumerable<T> keys, Func<T, string> keyOf)
    where T : class
{
    private readonly Dictionary<string, T> _keys = keys.ToDictionary(k => HashOf(keyOf(k)), StringComparer.Ordinal);

    /// <summary>What the setting says of a key; null when it is none of them.</summary>
    public T? Find(string key) => _keys.GetValueOrDefault(HashOf(key));

    /// <summary>What the setting says of the keys that are in it.</summary>
    /// <param name="keys">Some keys, known or not.</param>
    /// <param name="isSame">Whether two of them are good for the same.</param>
    /// <param name="differ">Whether they are good for different things, so that nobody can say which is meant.</param>
    /// <returns>One of them; null when none is known.</returns>
    public T? Find(IReadOnlyList<string> keys, Func<T, T, bool> isSame, out bool differ)
    {
        T? known = null;
        differ = false;
        foreach (var key in keys)
        {
            if (Find(key) is { } found)
            {
                var before = known ?? found;
                differ |= !isSame(before, found);
                known = found;
            }
        }

        return known;
    }

    private static string HashOf(string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
