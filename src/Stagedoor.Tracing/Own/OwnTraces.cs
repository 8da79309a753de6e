using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Hashing;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Storage;
using Stagedoor.Tracing.Ingest;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Otlp;

namespace Stagedoor.Tracing.Own;

/// <summary>
/// Decides which of the server's own requests and jobs are kept as traces, and keeps them: one writer, with a bounded queue in front of it. Nobody waits for it; what it
/// has no room for is counted. It writes by itself and not by a request, so that nothing of it is recorded again.
/// </summary>
internal sealed partial class OwnTraces(
    SpanIntake intake,
    OwnTraceOwners owners,
    OwnTraceExport export,
    OwnTraceMetrics metrics,
    IOptions<TracingOptions> options,
    TimeProvider clock,
    ILogger<OwnTraces> logger) : UpkeepService(clock, logger), IRecorder
{
    // Some ten thousand refused requests.
    private const long MostBytes = 8 * 1024 * 1024;

    // So much is written at once.
    private const long MostAtOnce = 256 * 1024;

    private const int BytesOfSpan = 1200;
    private const int BytesOfStep = 160;

    // A refusal is found at once, and a thousand of them do not bring a thousand writes to the disk.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    private readonly Channel<RecordedSpan> _queue = Channel.CreateUnbounded<RecordedSpan>(new() { SingleReader = true });
    private readonly OwnTraceOptions _options = options.Value.Own;
    private readonly RateGate _ofKnown = new(options.Value.Own.MaxPerSecond, clock);
    private readonly RateGate _ofOthers = new(options.Value.Own.MaxPerSecond, clock);

    // Of 2^56: trace ids are random in their last seven bytes (W3C Trace Context, level 2).
    private readonly ulong _threshold = (ulong)((UInt128)options.Value.Own.SamplePerMille * (1UL << 56) / 1000);
    // What was taken from the queue and is not written yet.
    private readonly List<RecordedSpan> _some = [];
    private long _size;
    private long _bytes;

    protected override TimeSpan Period => TimeSpan.Zero;

    public bool Wants(Recording recording, bool hasFailed, bool isOfKnown, TimeSpan elapsed)
    {
        // That a trace is wanted counts from callers who are known: anybody else could fill the store.
        if (!hasFailed && elapsed.TotalMilliseconds < _options.SlowMilliseconds && !(recording.IsWanted && isOfKnown) && !IsSampled(recording.TraceId))
        {
            return false;
        }

        if ((isOfKnown ? _ofKnown : _ofOthers).Enter())
        {
            return true;
        }

        metrics.Dropped("rate");
        return false;
    }

    public void Keep(RecordedSpan span)
    {
        var size = SizeOf(span);
        if (Interlocked.Add(ref _bytes, size) > MostBytes)
        {
            Interlocked.Add(ref _bytes, -size);
            metrics.Dropped("queue");
            return;
        }

        _queue.Writer.TryWrite(span);
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await _queue.Reader.WaitToReadAsync(stoppingToken);
        await WriteSomeAsync(s_retry, stoppingToken);
        await Task.Delay(s_pause, Clock, stoppingToken);
    }

    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        while (_some.Count > 0 || _queue.Reader.TryPeek(out _))
        {
            await WriteSomeAsync(null, cancellationToken);
        }
    }

    private static long SizeOf(RecordedSpan span) => BytesOfSpan + (BytesOfStep * (long)span.Steps.Kept.Count);

    private bool IsSampled(ActivityTraceId trace)
    {
        Span<byte> bytes = stackalloc byte[16];
        trace.CopyTo(bytes);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & ((1UL << 56) - 1)) < _threshold;
    }

    private async Task WriteSomeAsync(TimeSpan? retry, CancellationToken cancellationToken)
    {
        while (_size < MostAtOnce && _queue.Reader.TryRead(out var span))
        {
            _some.Add(span);
            _size += SizeOf(span);
        }

        try
        {
            await WriteAsync(retry, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && retry is not null)
        {
            // What is left of it is written in the end.
            throw;
        }
        catch
        {
            Leave();
            throw;
        }

        Leave();
    }

    private void Leave()
    {
        Interlocked.Add(ref _bytes, -_size);
        _some.Clear();
        _size = 0;
    }

    private async Task WriteAsync(TimeSpan? retry, CancellationToken cancellationToken)
    {
        var byProject = new Dictionary<string, List<RecordedSpan>>(StringComparer.Ordinal);
        foreach (var span in _some)
        {
            var project = await HeldOutAsync(() => owners.FindProjectAsync(span, cancellationToken).AsTask(), retry, cancellationToken);
            if (project is null)
            {
                // Before the first start has made an account.
                metrics.Dropped("nobody");
                continue;
            }

            if (!byProject.TryGetValue(project, out var spans))
            {
                byProject[project] = spans = [];
            }

            spans.Add(span);
        }

        foreach (var (project, spans) in byProject)
        {
            var (body, count) = OwnSpans.Write(spans);
            var sender = new Sender(project, IngestBinding.None);
            await HeldOutAsync(
                async () =>
                {
                    // Anew for each try: what was understood of it is added to the batch.
                    await intake.TakeAsync(sender, OtlpProtobuf.Read(body, new()), XxHash128.HashToUInt128(body, sender.Seed), body.Length, cancellationToken);
                    return true;
                },
                retry,
                cancellationToken);
            export.Offer(body, count);
            metrics.Kept(count);
            _some.RemoveAll(new HashSet<RecordedSpan>(spans, ReferenceEqualityComparer.Instance).Contains);
        }
    }

    /// <summary>Does something with storage until it succeeds: meanwhile the queue fills, and what comes then is counted.</summary>
    private async Task<T> HeldOutAsync<T>(Func<Task<T>> work, TimeSpan? retry, CancellationToken cancellationToken)
    {
        for (var isTold = false; ;)
        {
            try
            {
                return await work();
            }
            catch (StorageException e) when (retry is { } pause)
            {
                if (!isTold)
                {
                    isTold = true;
                    LogWaiting(e);
                }

                await Task.Delay(pause, Clock, cancellationToken);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Traces of the server's own requests cannot be written; they wait until they can")]
    private partial void LogWaiting(Exception exception);
}
