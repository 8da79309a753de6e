using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Stagedoor.Gateway.Arrival;

namespace Stagedoor.Gateway.Why;

/// <summary>
/// How many refusals are kept in a minute. Of one kind, from one network, by one account, a few are enough to say why: what comes in thousands must neither fill
/// the disk nor hide what comes once.
/// </summary>
internal sealed class RefusalRates
{
    /// <summary>Of one account, network, route and code.</summary>
    public const int PerKind = 20;

    /// <summary>Of one account from one network.</summary>
    public const int PerNetwork = 120;

    /// <summary>Of one account, and of all that are nobody's.</summary>
    public const int PerAccount = 300;

    // More are told apart by nobody, who sends as many kinds.
    private const int MaxCounts = 16 * 1024;

    private readonly Lock _gate = new();
    private readonly TimeProvider _clock;
    private readonly Dictionary<Key, int> _counts = [];
    private long _minute;
    private long _lost;

    public RefusalRates(IMeterFactory factory, TimeProvider clock)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        factory.Create(GatewayMetrics.MeterName).CreateObservableCounter(
            "stagedoor.why.not_kept",
            () => Volatile.Read(ref _lost),
            "{refusal}",
            "Refused requests of which nothing was kept to ask why, because of the same kind many came or the database did not keep up.");
#pragma warning restore CA2000
        _clock = clock;
    }

    /// <summary>Counts a refusal; false when enough like it were kept in this minute.</summary>
    /// <param name="domain">The account, or what stands for it; empty for nobody's.</param>
    /// <param name="network">Where it came from.</param>
    /// <param name="code">With what it was refused.</param>
    /// <param name="route">What it was for.</param>
    public bool Take(string domain, ClientNetwork network, string code, string route)
    {
        var minute = _clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        bool isKept;
        lock (_gate)
        {
            if (minute != _minute)
            {
                _counts.Clear();
                _minute = minute;
            }

            isKept = Count(new(domain, network, code, route), PerKind) && Count(new(domain, network, "", ""), PerNetwork) && Count(new(domain, default, "", "account"), PerAccount);
        }

        if (!isKept)
        {
            NoteLost();
        }

        return isKept;
    }

    /// <summary>Counts a refusal of which nothing is kept.</summary>
    public void NoteLost() => Interlocked.Increment(ref _lost);

    private bool Count(Key key, int most)
    {
        if (_counts.Count >= MaxCounts && !_counts.ContainsKey(key))
        {
            return false;
        }

        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_counts, key, out _);
        if (count >= most)
        {
            return false;
        }

        count++;
        return true;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Key(string Domain, ClientNetwork Network, string Code, string Route);
}
