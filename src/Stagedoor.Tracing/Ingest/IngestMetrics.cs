using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Stagedoor.Tracing.Bodies;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Ingest;

/// <summary>
/// What is measured of spans that come. No series says whose they are: there may be any number of projects. Every counter is there from the start, at zero.
/// </summary>
internal sealed class IngestMetrics
{
    private static readonly string[] s_protocols = ["otlp_http", "otlp_grpc", "zipkin"];

    // Behind those of the batch.
    private static readonly (string Result, string Reason)[] s_outcomes =
        [.. SpanBatch.Reasons.Select(static r => ("rejected", r)), ("accepted", ""), ("dropped", "filtered"), ("dropped", "repeated"), ("dropped", "no_room")];

    private static readonly int s_accepted = SpanBatch.Reasons.Count;

    private readonly long[] _spans = new long[s_protocols.Length * s_outcomes.Length];
    private readonly long[] _bytes = new long[s_protocols.Length * 2];
    private readonly Histogram<double> _age;
    private readonly Histogram<double> _sync;
    private long _ahead;
    private long _cuts;

    public IngestMetrics(IMeterFactory factory)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create("Stagedoor");
#pragma warning restore CA2000
        meter.CreateObservableCounter(
            "stagedoor.tracing.ingest.spans",
            () => _spans.Select((_, i) => new Measurement<long>(
                Volatile.Read(ref _spans[i]),
                new("protocol", s_protocols[i / s_outcomes.Length]),
                new("result", s_outcomes[i % s_outcomes.Length].Result),
                new("reason", s_outcomes[i % s_outcomes.Length].Reason))),
            "{span}",
            "Spans that came: accepted, rejected by what they are (the sender is told), or dropped by a rule, as a repetition, or because nothing could be written (the sender is told to try again).");
        meter.CreateObservableCounter(
            "stagedoor.tracing.ingest.received",
            () => _bytes.Select((_, i) => new Measurement<long>(Volatile.Read(ref _bytes[i]), new("protocol", s_protocols[i / 2]), new("stage", i % 2 == 0 ? "packed" : "unpacked"))),
            "By",
            "Bytes of bodies with spans, as they were sent (packed) and as they are read (unpacked).");
        meter.CreateObservableCounter("stagedoor.tracing.ingest.truncated", () => Volatile.Read(ref _cuts), "{value}", "Texts of spans that were cut, and attributes, events and links that were too many.");
        meter.CreateObservableCounter("stagedoor.tracing.ingest.ahead", () => Volatile.Read(ref _ahead), "{span}", "Spans that ended later than they came: the clock of their sender is ahead.");
        _age = meter.CreateHistogram<double>("stagedoor.tracing.ingest.span_age", "s", "How long before a request came the last of its spans ended; 0 where its sender's clock is ahead.");
        _sync = meter.CreateHistogram<double>("stagedoor.tracing.ingest.sync", "s", "How long the log of spans took to be durable, with files; what is acknowledged waits for it.");
    }

    /// <summary>Counts a body that was read.</summary>
    public void Received(IngestProtocol protocol, UnpackedBody body)
    {
        Interlocked.Add(ref _bytes[(int)protocol * 2], body.Packed);
        Interlocked.Add(ref _bytes[((int)protocol * 2) + 1], body.Bytes.Count);
    }

    /// <summary>Counts the spans of a request.</summary>
    /// <param name="protocol">How they came.</param>
    /// <param name="batch">The spans, without those that were rejected or dropped.</param>
    /// <param name="outcome">What became of them.</param>
    /// <param name="now">When they came.</param>
    public void Count(IngestProtocol protocol, SpanBatch batch, IngestOutcome outcome, DateTimeOffset now)
    {
        var first = (int)protocol * s_outcomes.Length;
        for (var i = 0; batch.Rejected > 0 && i < s_accepted; i++)
        {
            Interlocked.Add(ref _spans[first + i], batch.CountOf((Rejection)i));
        }

        Interlocked.Add(ref _spans[first + s_accepted + (int)IngestOutcome.Filtered], batch.Filtered);
        Interlocked.Add(ref _spans[first + s_accepted + (int)outcome], batch.Spans.Count);
        Interlocked.Add(ref _cuts, batch.Cuts);
        if (batch.Spans.Count > 0 && outcome is IngestOutcome.Accepted)
        {
            Age(batch, now);
        }
    }

    /// <summary>Counts a time that it took to make the log durable.</summary>
    public void Synced(TimeSpan elapsed) => _sync.Record(elapsed.TotalSeconds);

    private void Age(SpanBatch batch, DateTimeOffset now)
    {
        var arrived = (ulong)(now - DateTimeOffset.UnixEpoch).Ticks * 100;
        var (last, ahead) = (0UL, 0);
        foreach (ref readonly var span in CollectionsMarshal.AsSpan(batch.Spans))
        {
            last = Math.Max(last, span.End);
            ahead += span.End > arrived ? 1 : 0;
        }

        Interlocked.Add(ref _ahead, ahead);
        _age.Record(last < arrived ? (arrived - last) / 1e9 : 0);
    }
}

/// <summary>How spans came. The numbers are places.</summary>
internal enum IngestProtocol
{
    OtlpHttp,
    OtlpGrpc,
    Zipkin,
}

/// <summary>What became of those spans of a request that were not rejected. The numbers are places.</summary>
internal enum IngestOutcome
{
    /// <summary>They are kept.</summary>
    Accepted,

    /// <summary>A rule fits them.</summary>
    Filtered,

    /// <summary>The same request came before.</summary>
    Repeated,

    /// <summary>They cannot be written.</summary>
    NoRoom,
}
