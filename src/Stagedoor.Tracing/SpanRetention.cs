using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing;

/// <summary>
/// Drops the days that are older than spans are kept, and the oldest of the others when they take more than they may or the disk is nearly full. Today's spans stay: a disk
/// that is full without older ones refuses new ones.
/// </summary>
internal sealed partial class SpanRetention(ITraceStore store, SpanRoom room, IOptions<TracingOptions> options, TimeProvider clock, ILogger<SpanRetention> logger)
{
    // Below the first days are dropped, until the second is free.
    private const double TooFew = 0.05;
    private const double Enough = 0.10;

    /// <summary>Drops what is not to be kept now.</summary>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime);
        await store.DropBeforeAsync(today.AddDays(-options.Value.RetentionDays), cancellationToken);
        var isFull = room.Free() < TooFew;
        while (store.Facts is { OldestDay: { } oldest } facts && oldest < today)
        {
            var isTooMuch = options.Value.MaxStoredBytes > 0 && facts.BytesStored > options.Value.MaxStoredBytes;
            if (!isTooMuch && !(isFull && room.Free() < Enough))
            {
                return;
            }

            LogDropped(logger, oldest.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), isTooMuch ? "they take more than Tracing:MaxStoredBytes" : "the disk is nearly full");
            await store.DropBeforeAsync(oldest.AddDays(1), cancellationToken);
            if (store.Facts.OldestDay == oldest)
            {
                // Somebody reads it; it goes with the next try.
                return;
            }
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "The spans of {Day} are dropped before their time: {Reason}.")]
    private static partial void LogDropped(ILogger logger, string day, string reason);
}
