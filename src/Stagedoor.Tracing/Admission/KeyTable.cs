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

    private static string HashOf(string key) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
