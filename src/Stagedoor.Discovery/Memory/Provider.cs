using System.Collections.Concurrent;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Memory;

/// <summary>
/// All versions of a microservice under one name. Answers to consumers are made from a snapshot, once for all who ask the same, and thrown
/// away with it when something changes.
/// </summary>
internal sealed class Provider(TenantState tenant, ProviderName name)
{
    private long _changes;
    private ProviderView? _view;
    private TaskCompletionSource? _awaited;
    private long? _idleSince;

    public TenantState Tenant { get; } = tenant;

    public ProviderName Name { get; } = name;

    public ConcurrentDictionary<string, ServiceNode> Services { get; } = new(1, 1, StringComparer.Ordinal);

    /// <summary>Microservices with an edge to this name, in whatever version.</summary>
    public ConcurrentDictionary<ServiceNode, byte> Consumers { get; } = new(1, 1);

    /// <summary>Nothing is registered under the name; only others asked for it.</summary>
    public bool IsEmpty => Services.IsEmpty;

    /// <summary>
    /// Whether nothing has been registered under the name, and nobody has depended on it, for so long that nobody waits for it any more. One thread
    /// at a time.
    /// </summary>
    /// <param name="now">The time in milliseconds.</param>
    /// <param name="wait">For how long somebody may have been waiting since before.</param>
    public bool IsIdle(long now, long wait)
    {
        _idleSince = Services.IsEmpty && Consumers.IsEmpty ? _idleSince ?? now : null;
        return now - _idleSince > wait;
    }

    /// <summary>Makes the next caller look again.</summary>
    public void Changed()
    {
        Interlocked.Increment(ref _changes);
        Interlocked.Exchange(ref _awaited, null)?.TrySetResult();
    }

    /// <summary>Completes at the next change. Take it before looking, so that no change is missed.</summary>
    public Task NextChangeAsync()
    {
        var fresh = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _awaited, fresh, null) ?? fresh).Task;
    }

    /// <summary>Whether anybody waits for the next change.</summary>
    public bool IsAwaited => Volatile.Read(ref _awaited) is not null;

    /// <summary>What there is now.</summary>
    public ProviderView View()
    {
        // The stamp is read first: a change while the view is made leaves it older than the counter, and it is made again.
        var stamp = Interlocked.Read(ref _changes);
        var view = Volatile.Read(ref _view);
        if (view is null || view.Stamp != stamp)
        {
            view = new(stamp, Services.Values);
            Volatile.Write(ref _view, view);
        }

        return view;
    }
}
