namespace Stagedoor.Monitoring.Series;

/// <summary>The last buckets of one interface. It grows to its capacity only as far as it is filled.</summary>
/// <param name="capacity">The most slots that are kept.</param>
internal sealed class BucketRing(int capacity)
{
    private const int FirstLength = 8;

    // A slot belongs at its number modulo the length; a bucket that is empty has slot 0, which is half a century ago.
    private Bucket[] _buckets = new Bucket[Math.Min(FirstLength, capacity)];

    /// <summary>Keeps the bucket instead of an earlier one of its slot.</summary>
    public void Put(Bucket bucket)
    {
        while (_buckets.Length < capacity && At(bucket.Slot) is { Slot: > 0 } there && there.Slot != bucket.Slot && there.Slot > bucket.Slot - capacity)
        {
            Grow();
        }

        _buckets[bucket.Slot % _buckets.Length] = bucket;
    }

    /// <summary>The slot's bucket; the default when there is none.</summary>
    public Bucket Find(int slot) => At(slot) is var bucket && bucket.Slot == slot ? bucket : default;

    private Bucket At(int slot) => _buckets[slot % _buckets.Length];

    private void Grow()
    {
        var old = _buckets;
        _buckets = new Bucket[Math.Min(old.Length * 2, capacity)];
        foreach (var bucket in old.Where(static b => b.Slot > 0).OrderBy(static b => b.Slot))
        {
            _buckets[bucket.Slot % _buckets.Length] = bucket;
        }
    }
}
