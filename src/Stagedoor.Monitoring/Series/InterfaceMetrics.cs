using Stagedoor.Monitoring.Reports;

namespace Stagedoor.Monitoring.Series;

/// <summary>One interface of one instance: what was reported last, and the series. Its instance guards it.</summary>
/// <param name="name">The name with its prefix.</param>
/// <param name="capacity">How many slots are kept.</param>
internal sealed class InterfaceMetrics(string name, int capacity)
{
    private readonly BucketRing _ring = new(capacity);

    // As sent: what fills a gap must not be filled itself, or a number would never go away.
    private Measures? _sent;

    public string Name { get; } = name;

    public InterfaceKind Kind { get; } = InterfaceName.KindOf(name);

    /// <summary>When it was reported last.</summary>
    public long SeenAt { get; private set; }

    /// <summary>What holds now.</summary>
    public Measures Now { get; private set; } = new();

    /// <summary>Takes what was reported.</summary>
    /// <param name="sent">The row.</param>
    /// <param name="now">The time.</param>
    /// <param name="others">How far back the row before this one is another publisher's and fills what this one leaves at zero.</param>
    public void Record(Measures sent, long now, long others)
    {
        Now = sent.Settled(_sent is not null && SeenAt > now - others ? _sent : null);
        (_sent, SeenAt) = (sent, now);
        _ring.Put(new(
            Slot.Of(now), (float)Now.Qps, (float)Now.Weight, (float)Now.Latency, (float)Now.FailureRate, (float)Now.L99, Now.CircuitBreakerOpen));
    }

    /// <summary>The slot's bucket; the default when there is none.</summary>
    public Bucket Find(int slot) => _ring.Find(slot);

    /// <summary>
    /// The slot's bucket. Reports every ten seconds miss a slot now and then by a hair: one that is missing between two, or that has just begun, is
    /// as the one before.
    /// </summary>
    public Bucket FindSmooth(int slot, int current)
    {
        var bucket = _ring.Find(slot);
        return bucket.Slot == slot ? bucket
            : slot == current || _ring.Find(slot + 1).Slot == slot + 1 ? _ring.Find(slot - 1)
            : default;
    }
}
