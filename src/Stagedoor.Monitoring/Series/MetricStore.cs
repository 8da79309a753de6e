using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Reports;

namespace Stagedoor.Monitoring.Series;

/// <summary>The metrics of all tenants, in memory: a dead database does not keep a report out.</summary>
internal sealed class MetricStore
{
    // The roll-up of a minute is made from memory when the minute is over.
    private const int LeastMinutes = 2;

    // So that few instances with very many interfaces do not take what many with few may have.
    private const int InterfacesPerInstance = 20;

    private readonly ConcurrentDictionary<InstanceKey, InstanceMetrics> _instances = new();
    private readonly Lock _ordering = new();
    private readonly LinkedList<InstanceMetrics> _bySilence = new();
    private readonly Dictionary<InstanceMetrics, (LinkedListNode<InstanceMetrics> Node, int Interfaces)> _places = [];
    private readonly TimeProvider _clock;
    private readonly int _maxInstances;
    private readonly long _maxInterfaces;
    private readonly int _capacity;
    private readonly Func<InstanceKey, InstanceMetrics> _create;
    private long _interfaces;

    public MetricStore(IOptions<MetricsOptions> options, TimeProvider clock)
    {
        var settings = options.Value;
        _clock = clock;
        _maxInstances = settings.MaxInstances;
        _maxInterfaces = (MetricReport.MaxInterfaces * 2) + ((long)settings.MaxInstances * InterfacesPerInstance);
        Retention = TimeSpan.FromMinutes(settings.RetentionMinutes);
        _capacity = (Math.Max(LeastMinutes, settings.RetentionMinutes) * Slot.PerMinute) + 2;
        _create = key => new(key, _capacity);
        StartedAt = Now;
    }

    /// <summary>How far back series reach.</summary>
    public TimeSpan Retention { get; }

    /// <summary>When there was nothing in it yet.</summary>
    public long StartedAt { get; }

    public long Now => _clock.GetUtcNow().ToUnixTimeMilliseconds();

    public int Count => _instances.Count;

    /// <summary>Takes a report that keeps to the rules.</summary>
    public void Record(Tenant tenant, MetricReport report)
    {
        var key = new InstanceKey(tenant.Key, report.AppId!, report.Name!, report.Version!, report.Instance!, report.InstanceId ?? "");
        InstanceMetrics instance;
        do
        {
            instance = _instances.GetOrAdd(key, _create);
        }
        while (!instance.TryRecord(report, Now));

        MoveToEnd(instance);
    }

    /// <summary>The instances of a tenant that are not silent.</summary>
    public IEnumerable<InstanceMetrics> Visible(Tenant tenant)
    {
        var now = Now;
        return _instances.Values.Where(i => i.IsVisible(now) && string.Equals(i.Key.Tenant, tenant.Key, StringComparison.Ordinal));
    }

    /// <summary>Every instance with a series.</summary>
    public IEnumerable<InstanceMetrics> All() => _instances.Values;

    /// <summary>Drops series that are older than they have to be kept.</summary>
    public void DropOld()
    {
        var before = Now - (Math.Max(LeastMinutes, (long)Retention.TotalMinutes) * 60_000);
        lock (_ordering)
        {
            while (_bySilence.First is { Value: var oldest } && oldest.SeenAt < before)
            {
                Forget(oldest);
            }
        }

        foreach (var instance in _instances.Values)
        {
            instance.DropBefore(before);
        }
    }

    // One short lock for all: an uncontended move is nanoseconds, a report some ten microseconds.
    private void MoveToEnd(InstanceMetrics instance)
    {
        lock (_ordering)
        {
            if (!_instances.TryGetValue(instance.Key, out var known) || !ReferenceEquals(known, instance))
            {
                return;
            }

            var interfaces = instance.Interfaces;
            if (_places.TryGetValue(instance, out var place))
            {
                _bySilence.Remove(place.Node);
                _bySilence.AddLast(place.Node);
                _interfaces += interfaces - place.Interfaces;
                _places[instance] = (place.Node, interfaces);
            }
            else
            {
                _places[instance] = (_bySilence.AddLast(instance), interfaces);
                _interfaces += interfaces;
            }

            while (_bySilence.Count > _maxInstances || (_interfaces > _maxInterfaces && _bySilence.Count > 1))
            {
                Forget(_bySilence.First!.Value);
            }
        }
    }

    private void Forget(InstanceMetrics instance)
    {
        if (_places.Remove(instance, out var place))
        {
            _bySilence.Remove(place.Node);
            _interfaces -= place.Interfaces;
        }

        instance.Forget();
        _instances.TryRemove(new(instance.Key, instance));
    }
}
