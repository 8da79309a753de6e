using Stagedoor.Monitoring.Reports;

namespace Stagedoor.Monitoring.Series;

/// <summary>Interfaces taken together: counts add up, means are weighted by requests, percentiles are the worst of all, an upper bound.</summary>
internal sealed class Aggregate
{
    private double _weight;
    private double _latency;
    private double _failures;

    public int Rows { get; private set; }

    public int OpenRows { get; private set; }

    /// <summary>Sums, and the greatest percentiles; means are not in it.</summary>
    public Measures Sums { get; } = new();

    public double Latency => _weight > 0 ? _latency / _weight : 0;

    /// <summary>0 to 1.</summary>
    public double FailureRate => _weight > 0 ? _failures / _weight : 0;

    public void Add(Measures row)
    {
        Rows++;
        OpenRows += row.CircuitBreakerOpen ? 1 : 0;
        _weight += row.Weight;
        _latency += row.Weight * row.Latency;
        _failures += row.Weight * row.FailureRate;
        Sums.Qps += row.Qps;
        Sums.Total += row.Total;
        Sums.Failure += row.Failure;
        Sums.ShortCircuited += row.ShortCircuited;
        Sums.SemaphoreRejected += row.SemaphoreRejected;
        Sums.ThreadPoolRejected += row.ThreadPoolRejected;
        Sums.CountTimeout += row.CountTimeout;
        Sums.L995 = Math.Max(Sums.L995, row.L995);
        Sums.L99 = Math.Max(Sums.L99, row.L99);
        Sums.L90 = Math.Max(Sums.L90, row.L90);
        Sums.L75 = Math.Max(Sums.L75, row.L75);
        Sums.L50 = Math.Max(Sums.L50, row.L50);
        Sums.L25 = Math.Max(Sums.L25, row.L25);
        Sums.L5 = Math.Max(Sums.L5, row.L5);
        Sums.CircuitBreakerOpen |= row.CircuitBreakerOpen;
    }
}
