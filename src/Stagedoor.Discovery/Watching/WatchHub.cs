using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Relations;

namespace Stagedoor.Discovery.Watching;

/// <summary>Hands events to those who watch: each is written once and sent to all.</summary>
internal sealed class WatchHub : IRegistryListener
{
    // By id: a consumer that is deleted and registered again is watched on.
    private readonly ConcurrentDictionary<Consumer, ImmutableList<Watcher>> _watchers = new();

    /// <summary>How many watch.</summary>
    public int Count => _watchers.Values.Sum(static w => w.Count);

    public void Add(Watcher watcher) => _watchers.AddOrUpdate(
        watcher.Consumer, static (_, added) => [added], static (_, there, added) => there.Add(added), watcher);

    public void Remove(Watcher watcher)
    {
        var left = _watchers.AddOrUpdate(
            watcher.Consumer, static (_, _) => [], static (_, there, removed) => there.Remove(removed), watcher);
        if (left.IsEmpty)
        {
            _watchers.TryRemove(new(watcher.Consumer, left));
        }
    }

    public void InstanceChanged(ServiceNode service, InstanceAction action, Instance instance)
    {
        if (!_watchers.IsEmpty)
        {
            Send(service, () => WatchEvent.Of(service, action, instance));
        }
    }

    public void VisibilityChanged(ServiceNode service)
    {
        // Where there is nothing to see nothing has changed for anybody.
        if (!_watchers.IsEmpty && service.Instances.Values.Select(static i => i.Body).FirstOrDefault(static i => i.Status is "UP") is { } instance)
        {
            Send(service, () => WatchEvent.Expire(service, instance));
        }
    }

    public void Missed(ServiceNode service)
    {
        foreach (var consumer in Dependencies.ConsumersOfAnyVersion(service).Distinct())
        {
            foreach (var watcher in _watchers.GetValueOrDefault(new(consumer.Tenant.Key, consumer.Id), []))
            {
                watcher.End();
            }
        }
    }

    private void Send(ServiceNode service, Func<WatchEvent> describe)
    {
        byte[]? frame = null;
        foreach (var consumer in Dependencies.ConsumersOfAnyVersion(service).Distinct())
        {
            if (!_watchers.TryGetValue(new(consumer.Tenant.Key, consumer.Id), out var watchers))
            {
                continue;
            }

            frame ??= JsonSerializer.SerializeToUtf8Bytes(describe(), DiscoveryJson.Wire.WatchEvent);
            foreach (var watcher in watchers)
            {
                watcher.Send(frame);
            }
        }
    }
}
