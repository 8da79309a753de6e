namespace Stagedoor.Monitoring.Reports;

/// <summary>What was measured of one interface.</summary>
internal sealed record Measures
{
    public double Qps { get; set; }

    /// <summary>Mean, in milliseconds; so are the percentiles.</summary>
    public double Latency { get; set; }

    public double L995 { get; set; }

    public double L99 { get; set; }

    public double L90 { get; set; }

    public double L75 { get; set; }

    public double L50 { get; set; }

    public double L25 { get; set; }

    public double L5 { get; set; }

    /// <summary>Successes, 0 to 1; null when it was not told.</summary>
    public double? Rate { get; set; }

    /// <summary>Failures, 0 to 1.</summary>
    public double FailureRate { get; set; }

    public double Total { get; set; }

    public double Failure { get; set; }

    public double ShortCircuited { get; set; }

    public double SemaphoreRejected { get; set; }

    public double ThreadPoolRejected { get; set; }

    public double CountTimeout { get; set; }

    public bool CircuitBreakerOpen { get; set; }

    /// <summary>What the row counts in a mean: its requests. Rows without any count alike when all are so.</summary>
    public double Weight => Total > 0 ? Total : Math.Max(Qps, 1e-6);

    /// <summary>
    /// How many requests failed. java-chassis adds each group of failures to the total that it has counted so far, this group included; so what exceeds
    /// the total are the failures. (In version 2 it is their number times their duration, which tells no number; it is never more than all.)
    /// </summary>
    private double Failures => Total > 0 && Failure > Total ? Math.Min(Failure - Total, Total) : Failure;

    /// <summary>The least of what must not be negative.</summary>
    public (string Member, double Value) Least()
    {
        var least = ("qps", Qps);
        Compare("latency", Latency);
        Compare("total", Total);
        Compare("failure", Failure);
        Compare("shortCircuited", ShortCircuited);
        Compare("semaphoreRejected", SemaphoreRejected);
        Compare("threadPoolRejected", ThreadPoolRejected);
        Compare("countTimeout", CountTimeout);
        Compare("l995", L995);
        Compare("l99", L99);
        Compare("l90", L90);
        Compare("l75", L75);
        Compare("l50", L50);
        Compare("l25", L25);
        Compare("l5", L5);
        return least;

        void Compare(string member, double value) => least = value < least.Item2 ? (member, value) : least;
    }

    /// <summary>These measures, with those of another publisher of the same instance where these are zero, and rates that fit the counts.</summary>
    public Measures Settled(Measures? other)
    {
        var settled = other is null ? this with { Failure = Failures } : new()
        {
            Qps = Or(Qps, other.Qps),
            Latency = Or(Latency, other.Latency),
            L995 = Or(L995, other.L995),
            L99 = Or(L99, other.L99),
            L90 = Or(L90, other.L90),
            L75 = Or(L75, other.L75),
            L50 = Or(L50, other.L50),
            L25 = Or(L25, other.L25),
            L5 = Or(L5, other.L5),
            Rate = Rate ?? other.Rate,
            FailureRate = Or(FailureRate, other.FailureRate),
            Total = Or(Total, other.Total),
            Failure = Or(Failures, other.Failures),
            ShortCircuited = Or(ShortCircuited, other.ShortCircuited),
            SemaphoreRejected = Or(SemaphoreRejected, other.SemaphoreRejected),
            ThreadPoolRejected = Or(ThreadPoolRejected, other.ThreadPoolRejected),
            CountTimeout = Or(CountTimeout, other.CountTimeout),
            CircuitBreakerOpen = CircuitBreakerOpen || other.CircuitBreakerOpen,
        };

        // Some publishers always send a rate of 1: the counts are what can be believed.
        if (settled.Total > 0)
        {
            settled.Failure = Math.Min(settled.Failure, settled.Total);
            settled.FailureRate = settled.Failure / settled.Total;
            settled.Rate = 1 - settled.FailureRate;
        }
        else
        {
            settled.FailureRate = Math.Clamp(settled.FailureRate, 0, 1);
            settled.Rate = Math.Clamp(settled.Rate ?? (1 - settled.FailureRate), 0, 1);
        }

        return settled;

        static double Or(double value, double instead) => value == 0 ? instead : value;
    }
}
