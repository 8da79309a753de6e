using Microsoft.Extensions.Options;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Ingest;

/// <summary>
/// Bounds how many spans a trace has (<c>Tracing:MaxSpansPerTrace</c>). Spans are counted by a number of 18 bits of their trace, which is cheap and never too few; only where that is
/// too many the trace is looked up, and counted by itself from then on. Each process counts what it takes and begins anew each hour: so a trace may get as many spans
/// of each replica, and of each hour that it lasts while nothing else makes it be looked up.
/// </summary>
internal sealed class TraceSizes(ITraceStore store, IOptions<TracingOptions> options, TimeProvider clock)
{
    private const int Counters = 1 << 18;
    private const int MaxLarge = 4096;

    private static readonly TimeSpan s_age = TimeSpan.FromHours(1);

    private readonly BoundedCache<(string Project, UInt128 TraceId), Size> _large = new(new(clock), MaxLarge, s_age);
    private readonly Lock _turning = new();
    private int[] _counters = new int[Counters];
    private long _since = clock.GetTimestamp();

    /// <summary>Takes out what is too much for its trace, and counts the rest.</summary>
    /// <param name="project">Whose spans they are.</param>
    /// <param name="batch">The spans; what is too much is rejected.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask LimitAsync(string project, SpanBatch batch, CancellationToken cancellationToken)
    {
        var most = options.Value.MaxSpansPerTrace;
        if (Count(project, batch, 1, most) is not { } suspects)
        {
            return;
        }

        foreach (var traceId in suspects)
        {
            if (_large.Find((project, traceId)) is null)
            {
                var known = await store.FindTraceAsync(project, traceId, cancellationToken);
                _large.Keep((project, traceId), new() { Spans = known?.Spans.Batch.Spans.Count ?? 0 });
            }

            Limit(project, traceId, batch, most);
        }
    }

    /// <summary>What was counted is not kept, or was there before.</summary>
    public void Forget(string project, SpanBatch batch)
    {
        Count(project, batch, -1, int.MaxValue);
        foreach (ref readonly var span in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch.Spans))
        {
            if (_large.Count > 0 && _large.Find((project, span.TraceId)) is { } size)
            {
                Interlocked.Decrement(ref size.Spans);
            }
        }
    }

    private HashSet<UInt128>? Count(string project, SpanBatch batch, int by, int most)
    {
        Turn();
        HashSet<UInt128>? suspects = null;
        var counters = _counters;
        var seed = TraceHash.SeedOf(project);
        var spans = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(batch.Spans);
        for (var from = 0; from < spans.Length;)
        {
            var to = from + 1;
            while (to < spans.Length && spans[to].TraceId == spans[from].TraceId)
            {
                to++;
            }

            ref var counter = ref counters[TraceHash.Of(seed, spans[from].TraceId) & (Counters - 1)];
            if (Interlocked.Add(ref counter, by * (to - from)) > most)
            {
                (suspects ??= []).Add(spans[from].TraceId);
            }

            from = to;
        }

        return suspects;
    }

    private void Limit(string project, UInt128 traceId, SpanBatch batch, int most)
    {
        var size = _large.Find((project, traceId)) ?? new();
        var rejected = batch.Spans.RemoveAll(span => span.TraceId == traceId && Interlocked.Increment(ref size.Spans) > most);
        if (rejected > 0)
        {
            Interlocked.Add(ref size.Spans, -rejected);
            batch.Reject(Rejection.TraceTooLarge, rejected);
        }
    }

    private void Turn()
    {
        if (clock.GetElapsedTime(Volatile.Read(ref _since)) < s_age)
        {
            return;
        }

        lock (_turning)
        {
            if (clock.GetElapsedTime(_since) >= s_age)
            {
                _counters = new int[Counters];
                Volatile.Write(ref _since, clock.GetTimestamp());
            }
        }
    }

    private sealed class Size
    {
        public int Spans;
    }
}
