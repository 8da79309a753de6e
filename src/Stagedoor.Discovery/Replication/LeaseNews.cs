using System.Collections.Concurrent;
using Stagedoor.Discovery.Memory;

namespace Stagedoor.Discovery.Replication;

/// <summary>What replicas tell each other about leases: the short names of instances that were heard of.</summary>
internal sealed class LeaseNews
{
    private readonly ConcurrentDictionary<ulong, InstanceNode> _instances = new();
    private readonly ConcurrentQueue<InstanceNode> _renewed = new();

    public void Add(InstanceNode instance) => _instances[instance.Identity] = instance;

    public void Remove(InstanceNode instance) => _instances.TryRemove(new(instance.Identity, instance));

    /// <summary>Keeps a renewal for the next message.</summary>
    public void Renewed(InstanceNode instance) => _renewed.Enqueue(instance);

    /// <summary>The instance of a short name; null when it is not known here.</summary>
    public InstanceNode? Find(ulong identity) => _instances.GetValueOrDefault(identity);

    /// <summary>The short names of the instances that were renewed since the last call, at most so many.</summary>
    /// <param name="most">How many.</param>
    /// <param name="now">The time: what is half a lease old was told nobody in time, and would only keep the dead.</param>
    public List<ulong> Take(int most, long now)
    {
        var taken = new List<ulong>();
        while (taken.Count < most && _renewed.TryDequeue(out var instance))
        {
            // From now on the next renewal counts again.
            instance.ForgetRenewal();
            if (now - instance.HeardAt <= instance.LeaseMilliseconds / 2)
            {
                taken.Add(instance.Identity);
            }
        }

        return taken;
    }
}
