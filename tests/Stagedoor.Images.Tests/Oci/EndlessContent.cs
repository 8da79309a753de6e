namespace Stagedoor.Images.Tests.Oci;

/// <summary>A body that begins, and then brings nothing until it is cancelled.</summary>
internal sealed class EndlessContent(byte[] begin, CancellationToken end, long? announced = null) : HttpContent
{
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Answers when what it begins with has been sent.</summary>
    public Task Begun => _begun.Task;

    protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => SerializeToStreamAsync(stream, context, end);

    protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(begin, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        _begun.TrySetResult();
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var stop = end.Register(() => ended.TrySetCanceled(end));
        await using var abort = cancellationToken.Register(() => ended.TrySetCanceled(cancellationToken));
        await ended.Task;
    }

    protected override bool TryComputeLength(out long length)
    {
        length = announced ?? 0;
        return announced is not null;
    }
}
