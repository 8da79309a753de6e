using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Storage;

namespace Stagedoor.Http;

/// <summary>
/// The body of a request whose caller is known already. Headers come first and the body as late as its sender likes; a credential that has ended
/// meanwhile must have no effect any more. So at the end of a body that took long the caller is looked at again, before anything is done.
/// </summary>
/// <param name="context">The request.</param>
/// <param name="inner">Its body.</param>
public sealed class LateBodyStream(HttpContext context, Stream inner) : ContentStream
{
    // With what the directory says at most a second old, nothing takes effect more than two seconds after its credential has ended.
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);
    private bool _isOver;

    /// <summary>Looks at the caller again when it is long ago that somebody did. For whoever reads a body without this stream, at its end.</summary>
    /// <exception cref="ApiException">The credential has ended.</exception>
    public static ValueTask LookAgainAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        return slot is { LookedAt: { } at, LookAgain: { } look } && context.RequestServices.GetRequiredService<TimeProvider>().GetElapsedTime(at) >= s_soon
            ? look()
            : ValueTask.CompletedTask;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        if (read == 0 && buffer.Length > 0 && !_isOver)
        {
            _isOver = true;
            await LookAgainAsync(context);
        }

        return read;
    }
}
