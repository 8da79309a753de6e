using System.Diagnostics;

namespace Stagedoor;

/// <summary>
/// What one request, or one attempt at a job, did: one span of a trace, and the steps below it. It is held until the end, when it is known whether anybody wants it. Any
/// number of threads may add steps; what comes after the end is dropped.
/// </summary>
/// <param name="traceId">The trace.</param>
/// <param name="parentId">The span above, of another process; the default when there is none.</param>
/// <param name="clock">Measures.</param>
public class Recording(ActivityTraceId traceId, ActivitySpanId parentId, TimeProvider clock)
{
    /// <summary>How many steps are kept of one; the others are counted. A request that goes on for days holds no more.</summary>
    public const int MaxSteps = 256;

    /// <summary>What whoever sends traces to a collector calls itself. One that has come back to the server that made them makes none again.</summary>
    public const string ExportAgent = "Stagedoor-Own-Traces";

    private static readonly AsyncLocal<Recording?> s_current = new();

    private readonly Lock _gate = new();
    private RecordedStep[] _steps = [];
    private int _count;
    private int _numbers;
    private int _dropped;
    private bool _isOver;

    /// <summary>That of the work at hand; null where nothing is recorded.</summary>
    public static Recording? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    public ActivityTraceId TraceId => traceId;

    /// <summary>The span above it; the default when there is none.</summary>
    public ActivitySpanId ParentId => parentId;

    /// <summary>The span itself.</summary>
    public ActivitySpanId SpanId { get; } = ActivitySpanId.CreateRandom();

    /// <summary>Whether whoever stands above has said that the trace is to be kept.</summary>
    public bool IsWanted { get; init; }

    /// <summary>When it began.</summary>
    public DateTimeOffset StartedAt { get; } = clock.GetUtcNow();

    /// <summary>When it began, as the clock's timestamp.</summary>
    public long Started { get; } = clock.GetTimestamp();

    /// <summary>The project that it is for; null while that is not known, and when it is nobody's.</summary>
    public virtual string? Project => null;

    /// <summary>What another process has to know of it: the header <c>traceparent</c> of W3C.</summary>
    /// <param name="spanId">The span that the other process works for.</param>
    public string ParentOf(ActivitySpanId spanId) => $"00-{traceId.ToHexString()}-{spanId.ToHexString()}-{(IsWanted ? "01" : "00")}";

    /// <summary>What time it is, as the clock's timestamp.</summary>
    public long Now() => clock.GetTimestamp();

    /// <summary>How much time is between two timestamps.</summary>
    public TimeSpan Between(long from, long to) => clock.GetElapsedTime(from, to);

    /// <summary>A number for a step that others will be below.</summary>
    public int Number() => Interlocked.Increment(ref _numbers);

    /// <summary>Notes a step that is over.</summary>
    public void Add(in RecordedStep step)
    {
        lock (_gate)
        {
            if (_isOver || _count == MaxSteps)
            {
                _dropped++;
                return;
            }

            if (_count == _steps.Length)
            {
                Array.Resize(ref _steps, Math.Min(MaxSteps, Math.Max(4, _count * 2)));
            }

            _steps[_count++] = step;
        }
    }

    /// <summary>Ends it, and gives its steps in the order in which they ended, with the number of those that were too many.</summary>
    public (ArraySegment<RecordedStep> Steps, int Dropped) End()
    {
        lock (_gate)
        {
            _isOver = true;
            var steps = new ArraySegment<RecordedStep>(_steps, 0, _count);
            (_steps, _count) = ([], 0);
            return (steps, _dropped);
        }
    }
}
