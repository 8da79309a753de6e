using System.Net;

namespace Stagedoor.Identity;

/// <summary>
/// Limits how many logins one network tries in a minute, over all users: checking a password is dear on purpose, and names are guessed with many
/// of them.
/// </summary>
/// <param name="perMinute">How many.</param>
/// <param name="clock">Tells the minute.</param>
public sealed class LoginThrottle(int perMinute, TimeProvider clock)
{
    /// <summary>The length of a window.</summary>
    public const int Seconds = 60;

    private readonly RateWindows<ClientNetwork> _windows = new(perMinute);

    public int Threshold => perMinute;

    /// <summary>Counts an attempt; false when it is one too many.</summary>
    public bool TryEnter(IPAddress? address) => _windows.Take(ClientNetwork.Of(address), clock.GetUtcNow().ToUnixTimeSeconds() / Seconds) >= 0;
}
