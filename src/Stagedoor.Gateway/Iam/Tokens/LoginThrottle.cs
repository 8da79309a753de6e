using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;

namespace Stagedoor.Gateway.Iam.Tokens;

/// <summary>
/// Limits how many logins one address tries in a minute, over all users: checking a password is dear on purpose, and names are guessed
/// with many of them.
/// </summary>
internal sealed class LoginThrottle(IOptions<IamOptions> options, TimeProvider clock)
{
    public const int Seconds = 60;

    private const int MaximumAddresses = 10_000;

    private readonly ConcurrentDictionary<IPAddress, Window> _windows = new();

    public int Threshold => options.Value.LoginsPerMinute;

    /// <summary>Counts an attempt; false when it is one too many.</summary>
    public bool TryEnter(IPAddress? address)
    {
        var minute = clock.GetUtcNow().ToUnixTimeSeconds() / Seconds;
        if (_windows.Count >= MaximumAddresses)
        {
            foreach (var pair in _windows.Where(w => w.Value.Minute != minute))
            {
                _windows.TryRemove(pair);
            }
        }

        var window = _windows.AddOrUpdate(
            address ?? IPAddress.None,
            static (_, m) => new(m, 1),
            static (_, w, m) => w.Minute == m ? w with { Count = w.Count + 1 } : new(m, 1),
            minute);
        return window.Count <= Threshold;
    }

    private sealed record Window(long Minute, int Count);
}
