namespace Stagedoor.Storage.S3;

/// <summary>Several objects one after the other, each opened when its turn comes.</summary>
/// <param name="first">The first, already open; null when there are none.</param>
/// <param name="names">All of them.</param>
/// <param name="open">Opens one.</param>
internal sealed class PartsStream(Stream? first, IReadOnlyList<string> names, Func<string, CancellationToken, Task<Stream>> open) : ContentStream
{
    private Stream? _current = first;
    private int _next = 1;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (_current is not null && !buffer.IsEmpty)
        {
            var read = await _current.ReadAsync(buffer, cancellationToken);
            if (read > 0)
            {
                return read;
            }

            await _current.DisposeAsync();
            _current = null;
            _current = _next < names.Count ? await open(names[_next++], cancellationToken) : null;
        }

        return 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _current?.Dispose();
        }

        base.Dispose(disposing);
    }
}
