using System.Threading.Channels;

namespace Stagedoor.Gateway;

/// <summary>Where what is to be written is handed in, a bounded number of it. <see cref="BatchWriter{T}"/> takes it out; any number may hand in at a time.</summary>
/// <param name="capacity">How much waits at one time.</param>
/// <param name="clock">Measures how long it lingers.</param>
internal sealed class Handover<T>(int capacity, TimeProvider clock)
{
    private readonly Channel<T> _channel = Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { SingleReader = true });
    private TaskCompletionSource _urgent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ChannelReader<T> Reader => _channel.Reader;

    /// <summary>Hands something in; false when there is no room, or nothing is taken any more.</summary>
    public bool TryAdd(T item) => _channel.Writer.TryWrite(item);

    /// <summary>Somebody waits for what was handed in.</summary>
    public void Hurry() => Volatile.Read(ref _urgent).TrySetResult();

    /// <summary>Takes no more, so that the writer comes to an end.</summary>
    public void Complete()
    {
        _channel.Writer.TryComplete();
        Hurry();
    }

    /// <summary>Lets a while pass, unless somebody waits or nothing more is taken.</summary>
    public async Task LingerAsync(TimeSpan atMost)
    {
        await Task.WhenAny(Volatile.Read(ref _urgent).Task, Task.Delay(atMost, clock));
        if (!Reader.Completion.IsCompleted && _urgent.Task.IsCompleted)
        {
            Volatile.Write(ref _urgent, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
    }
}
