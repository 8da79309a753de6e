using Stagedoor.Tracing.Masking;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Ingest;

/// <summary>
/// Takes spans that were read, whatever protocol they came by: finds out what they say, keeps them, and counts them once they are kept. Any number may call at a time.
/// </summary>
internal sealed class SpanIntake(DropRules rules, SpanMasking masking, ITraceStore store, TraceSizes sizes, TraceModel model, TimeProvider clock)
{
    /// <summary>Keeps spans. When the task completes they are durable.</summary>
    /// <param name="sender">Who sent them.</param>
    /// <param name="batch">The spans; those that are too much for their trace are taken out. It must not be changed any more.</param>
    /// <param name="digest">XXH3-128 of the request, by which a repetition is known.</param>
    /// <param name="bytes">How many bytes the request had.</param>
    /// <param name="cancellationToken">Gives up the wait for room.</param>
    /// <returns>What became of those that were not rejected: they are kept, or were before.</returns>
    /// <exception cref="Stagedoor.Storage.StorageException">They are not kept.</exception>
    public async Task<IngestOutcome> TakeAsync(Sender sender, SpanBatch batch, UInt128 digest, int bytes, CancellationToken cancellationToken)
    {
        rules.Apply(sender, batch);
        if (batch.Spans.Count == 0)
        {
            return IngestOutcome.Accepted;
        }

        await sizes.LimitAsync(sender.Project, batch, cancellationToken);
        if (batch.Spans.Count == 0)
        {
            return IngestOutcome.Accepted;
        }

        masking.Apply(batch);
        var now = clock.GetUtcNow();
        var understood = model.Read(sender, batch, now);
        var isKept = false;
        try
        {
            isKept = await store.AppendAsync(new(sender.Project, now, understood.Group, digest, bytes), cancellationToken) is AppendOutcome.Kept;
        }
        finally
        {
            if (!isKept)
            {
                sizes.Forget(sender.Project, batch);
            }
        }

        if (!isKept)
        {
            return IngestOutcome.Repeated;
        }

        model.Count(sender.Project, understood, now);
        return IngestOutcome.Accepted;
    }
}
