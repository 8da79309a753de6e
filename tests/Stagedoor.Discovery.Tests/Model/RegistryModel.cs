namespace Stagedoor.Discovery.Tests.Model;

/// <summary>What an engine must know, as simply as it can be said: instances of a few providers with their leases, and events that were due.</summary>
internal sealed class RegistryModel
{
    private readonly Dictionary<(string Service, string Instance), ModelInstance> _instances = [];

    /// <summary>Actions that watchers must have heard of, in their order, by instance.</summary>
    public List<(string Service, string Instance, string Action)> Events { get; } = [];

    public double Now { get; private set; }

    public IEnumerable<(string Service, string Instance)> Keys => _instances.Keys;

    public ModelInstance? Find(string service, string instance) => _instances.GetValueOrDefault((service, instance));

    public IReadOnlyList<string> Of(string service) =>
        [.. _instances.Keys.Where(k => string.Equals(k.Service, service, StringComparison.Ordinal)).Select(static k => k.Instance).Order(StringComparer.Ordinal)];

    public void Register(string service, string instance, double lease)
    {
        if (_instances.TryGetValue((service, instance), out var known))
        {
            known.ExpiresAt = Now + known.Lease;
            if (known.IsChangedByRegistering)
            {
                SetStatus(service, instance, "UP");
            }

            return;
        }

        _instances[(service, instance)] = new() { Lease = lease, ExpiresAt = Now + lease, Status = "UP" };
        Events.Add((service, instance, "CREATE"));
    }

    public bool Beat(string service, string instance)
    {
        if (!_instances.TryGetValue((service, instance), out var known))
        {
            return false;
        }

        known.ExpiresAt = Now + known.Lease;
        return true;
    }

    public bool SetStatus(string service, string instance, string status)
    {
        if (!_instances.TryGetValue((service, instance), out var known))
        {
            return false;
        }

        if (!string.Equals(known.Status, status, StringComparison.Ordinal))
        {
            known.Status = status;
            Events.Add((service, instance, "UPDATE"));
        }

        return true;
    }

    public bool Remove(string service, string instance)
    {
        if (!_instances.Remove((service, instance)))
        {
            return false;
        }

        Events.Add((service, instance, "DELETE"));
        return true;
    }

    /// <summary>Lets time pass; what expires is removed when the store takes writes.</summary>
    public void Pass(double seconds, bool storeWorks)
    {
        Now += seconds;
        if (storeWorks)
        {
            Expire();
        }
    }

    /// <summary>Removes what has expired.</summary>
    public void Expire()
    {
        foreach (var key in _instances.Where(i => i.Value.ExpiresAt <= Now).Select(static i => i.Key).ToList())
        {
            Remove(key.Service, key.Instance);
        }
    }

    internal sealed class ModelInstance
    {
        public double Lease { get; init; }

        public double ExpiresAt { get; set; }

        public required string Status { get; set; }

        /// <summary>It registers as being up; only an operator's word outlives that.</summary>
        public bool IsChangedByRegistering => Status is not ("UP" or "OUTOFSERVICE");
    }
}
