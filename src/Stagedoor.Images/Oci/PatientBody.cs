using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci;

/// <summary>
/// The body of a push. It may come as slowly as it likes: clients compress while they send, or read from where it is slow. Only when nothing at all
/// comes for too long it is given up, with an answer that says so.
/// </summary>
internal sealed class PatientBody : ContentStream
{
    private readonly HttpContext _context;
    private readonly Stream _inner;
    private readonly TimeSpan _pause;
    private readonly TimeProvider _clock;
    private readonly Func<HttpContext, int, ApiException> _paused;
    private ITimer? _timer;
    private CancellationTokenSource? _stop;
    private CancellationToken _caller;
    private volatile bool _isOver;

    private PatientBody(HttpContext context, TimeProvider clock, int seconds, Func<HttpContext, int, ApiException> paused) =>
        (_context, _inner, _clock, _pause, _paused) = (context, context.Request.Body, clock, TimeSpan.FromSeconds(seconds), paused);

    /// <summary>Puts it in the place of the request's body, and takes the server's own minimum rate away.</summary>
    /// <param name="context">The request.</param>
    /// <param name="clock">Measures the pauses.</param>
    /// <param name="seconds">The longest pause.</param>
    /// <param name="paused">What a longer one is called; without it what the registry calls it.</param>
    public static void Give(HttpContext context, TimeProvider clock, int seconds, Func<HttpContext, int, ApiException>? paused = null)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var body = new PatientBody(context, clock, seconds, paused ?? (static (paused, pause) => RegistryError.BodyPaused(paused.Request.Protocol, pause)));
        context.Response.RegisterForDispose(body);
        context.Request.Body = body;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isOver)
        {
            throw Paused();
        }

        if (_stop is null || _caller != cancellationToken)
        {
            _stop?.Dispose();
            _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _context.RequestAborted);
            _caller = cancellationToken;
        }

        return TakeAsync(_inner.ReadAsync(buffer, _stop.Token), buffer, _stop);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _timer?.Dispose();
            _stop?.Dispose();
        }

        base.Dispose(disposing);
    }

    private async ValueTask<int> TakeAsync(ValueTask<int> read, Memory<byte> buffer, CancellationTokenSource stop)
    {
        var count = read.IsCompleted ? await read : await WaitAsync(read, stop);
        if (count == 0 && buffer.Length > 0)
        {
            // Whoever sends slowly may have lost the right to push meanwhile.
            await LateBodyStream.LookAgainAsync(_context);
        }

        return count;
    }

    // One timer for the whole body: most reads find bytes that are there already and never come here.
    private async ValueTask<int> WaitAsync(ValueTask<int> read, CancellationTokenSource stop)
    {
        _timer ??= _clock.CreateTimer(static body => ((PatientBody)body!).GiveUp(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(_pause, Timeout.InfiniteTimeSpan);
        try
        {
            return await read;
        }
        catch (OperationCanceledException) when (_isOver)
        {
            throw Paused();
        }
        finally
        {
            _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private ApiException Paused() => _paused(_context, (int)_pause.TotalSeconds);

    private void GiveUp()
    {
        _isOver = true;
        _stop?.Cancel();
    }
}
