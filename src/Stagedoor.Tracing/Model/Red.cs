using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Model;

/// <summary>
/// Rate, errors and duration of what was called in some time: a service, one of its instances or transactions, or an edge between two. Sums of them add up.
/// Not safe for several callers at a time.
/// </summary>
internal sealed class Red
{
    /// <summary>How many result codes are counted each by itself.</summary>
    public const int MostCodes = 16;

    /// <summary>What counts the others.</summary>
    public const string OtherCodes = "other";

    private static readonly long[] s_ranges = [0, 10_000, 100_000, 500_000, 1_000_000, 10_000_000];

    private readonly long[] _ranges = new long[s_ranges.Length];
    private readonly Dictionary<string, long> _codes = new(StringComparer.Ordinal);

    /// <summary>Calls.</summary>
    public long Calls => Latencies.Total;

    /// <summary>Calls that failed.</summary>
    public long Errors { get; private set; }

    /// <summary>How long all of them took together, in microseconds.</summary>
    public long Sum { get; private set; }

    /// <summary>How long they took.</summary>
    public LatencyHistogram Latencies { get; } = new();

    /// <summary>How content callers are by the threshold of services and edges.</summary>
    public Apdex ByService { get; private set; }

    /// <summary>How content callers are by the threshold of transactions.</summary>
    public Apdex ByTransaction { get; private set; }

    /// <summary>Calls by result code, in the order of the codes.</summary>
    public IReadOnlyDictionary<string, long> Codes => new SortedDictionary<string, long>(_codes, StringComparer.Ordinal);

    /// <summary>Calls that took 0 to 10, 10 to 100, 100 to 500, 500 to 1,000 milliseconds, 1 to 10 seconds, and more; the lower bound counts.</summary>
    public IReadOnlyList<long> Ranges => _ranges;

    /// <summary>The trace of the slowest call.</summary>
    public UInt128 Slowest { get; private set; }

    /// <summary>The trace of a call that failed; 0 when none did.</summary>
    public UInt128 Failed { get; private set; }

    /// <summary>Counts a call.</summary>
    /// <param name="call">The call.</param>
    public void Add(in Call call)
    {
        if (call.Latency >= Latencies.Max)
        {
            Slowest = call.TraceId;
        }

        Latencies.Add(call.Latency, call.Bucket);
        Sum += call.Latency;
        var range = s_ranges.Length - 1;
        while (range > 0 && call.Latency < s_ranges[range])
        {
            range--;
        }

        _ranges[range]++;
        ByService = ByService.With(call.Latency, call.Failed, Apdex.ServiceThreshold);
        ByTransaction = ByTransaction.With(call.Latency, call.Failed, call.Threshold);
        if (call.Failed)
        {
            Errors++;
            Failed = call.TraceId;
        }

        if (call.ResultCode.Length > 0)
        {
            Count(call.ResultCode, 1);
        }
    }

    /// <summary>Counts all that another one has counted.</summary>
    public void Add(Red other)
    {
        if (other.Latencies.Max > Latencies.Max || Slowest == 0)
        {
            Slowest = other.Slowest;
        }

        if (other.Failed != 0)
        {
            Failed = other.Failed;
        }

        Latencies.Add(other.Latencies);
        Sum += other.Sum;
        for (var i = 0; i < _ranges.Length; i++)
        {
            _ranges[i] += other._ranges[i];
        }

        Errors += other.Errors;
        ByService += other.ByService;
        ByTransaction += other.ByTransaction;
        foreach (var (code, calls) in other._codes)
        {
            Count(code, calls);
        }
    }

    /// <summary>Writes it.</summary>
    public void Write(AggregateWriter writer)
    {
        Latencies.Write(writer);
        writer.Number(Errors);
        writer.Number(Sum);
        writer.Number(ByService.Satisfied);
        writer.Number(ByService.Tolerating);
        writer.Number(ByTransaction.Satisfied);
        writer.Number(ByTransaction.Tolerating);
        Array.ForEach(_ranges, writer.Number);
        writer.Id(Slowest);
        writer.Id(Failed);
        writer.Number(_codes.Count);
        foreach (var (code, calls) in Codes)
        {
            writer.Text(code);
            writer.Number(calls);
        }
    }

    /// <summary>Reads what was written.</summary>
    /// <exception cref="InvalidDataException">It was not written by <see cref="Write"/>.</exception>
    public static Red Read(ref AggregateReader reader)
    {
        var red = new Red();
        red.Latencies.Read(ref reader);
        red.Errors = reader.Number();
        red.Sum = reader.Number();
        red.ByService = new(reader.Number(), reader.Number(), red.Calls);
        red.ByTransaction = new(reader.Number(), reader.Number(), red.Calls);
        for (var i = 0; i < red._ranges.Length; i++)
        {
            red._ranges[i] = reader.Number();
        }

        red.Slowest = reader.Id();
        red.Failed = reader.Id();
        for (var codes = reader.Number(); codes > 0; codes--)
        {
            red.Count(reader.Text(), reader.Number());
        }

        return red;
    }

    // Nobody may fill the memory with codes.
    private void Count(string code, long calls)
    {
        if (_codes.Count >= MostCodes && !_codes.ContainsKey(code))
        {
            code = OtherCodes;
        }

        CollectionsMarshal.GetValueRefOrAddDefault(_codes, code, out _) += calls;
    }
}

/// <summary>A call that is counted.</summary>
internal readonly record struct Call
{
    private readonly string? _resultCode;

    /// <summary>The minute that it ended in, since the Unix epoch.</summary>
    public required long Minute { get; init; }

    /// <summary>How long it took, in microseconds.</summary>
    public required long Latency
    {
        get;
        init
        {
            field = value;
            Bucket = LatencyHistogram.BucketOf(value);
        }
    }

    /// <summary>The bucket of a <see cref="LatencyHistogram"/> that counts it: several do.</summary>
    public int Bucket { get; private init; }

    /// <summary>Whether it failed.</summary>
    public required bool Failed { get; init; }

    /// <summary>The trace that it is of.</summary>
    public required UInt128 TraceId { get; init; }

    /// <summary>The code that it ended with; empty when it said none.</summary>
    public string ResultCode { get => _resultCode ?? ""; init => _resultCode = value; }

    /// <summary>The threshold of its transaction, in microseconds.</summary>
    public long Threshold { get; init; } = Apdex.TransactionThreshold;

    public Call()
    {
    }
}
