using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Stagedoor.Serve;

/// <summary>The way out of a connection. What is written to it can be exchanged for another answer, with which the connection ends.</summary>
internal sealed class ExchangedOutput(PipeWriter inner) : PipeWriter
{
    private byte[]? _instead;
    private byte[]? _swallowed;
    private bool _isSent;

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    /// <summary>Lets a connection write to such an output.</summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> Use { get; } = static next => async connection =>
    {
        var transport = connection.Transport;
        var output = new ExchangedOutput(transport.Output);
        connection.Features.Set(output);
        connection.Transport = new Pair(transport.Input, output);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = transport;
        }
    };

    /// <summary>Sends <paramref name="answer"/> instead of what is written from now on.</summary>
    public void Exchange(byte[] answer) => _instead ??= answer;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _instead is null ? inner.GetMemory(sizeHint) : Swallow(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _instead is null ? inner.GetSpan(sizeHint) : Swallow(sizeHint);

    public override void Advance(int bytes)
    {
        if (_instead is null)
        {
            inner.Advance(bytes);
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Send();
        return inner.FlushAsync(cancellationToken);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        _instead is null ? inner.WriteAsync(source, cancellationToken) : FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null)
    {
        Send();
        inner.Complete(exception);
    }

    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        Send();
        return inner.CompleteAsync(exception);
    }

    private byte[] Swallow(int size) => _swallowed is not null && _swallowed.Length >= size ? _swallowed : _swallowed = new byte[Math.Max(size, 4096)];

    private void Send()
    {
        if (_instead is not null && !_isSent)
        {
            _isSent = true;
            inner.Write(_instead);
        }
    }

    private sealed class Pair(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
