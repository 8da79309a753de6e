using System.Threading.Channels;

namespace Stagedoor.Discovery.Watching;

/// <summary>One who watches a consumer's providers: events that wait to be sent.</summary>
internal sealed class Watcher(Consumer consumer)
{
    private const int MaxWaiting = 5_000;
    private readonly Channel<byte[]> _events = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });

    public Consumer Consumer { get; } = consumer;

    /// <summary>The frames to send. It ends when too many wait: the watcher has to look again from the start.</summary>
    public ChannelReader<byte[]> Events => _events.Reader;

    public void Send(byte[] frame)
    {
        if (!_events.Writer.TryWrite(frame))
        {
            End();
        }
    }

    /// <summary>Ends it: the watcher has missed something.</summary>
    public void End() => _events.Writer.TryComplete();
}

/// <summary>The microservice on whose behalf somebody watches, whether it is registered at the moment or not.</summary>
/// <param name="Tenant"><c>domain/project</c>.</param>
/// <param name="ServiceId">Its id.</param>
internal readonly record struct Consumer(string Tenant, string ServiceId);
