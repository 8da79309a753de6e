using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Stagedoor.Gateway.Arrival;

/// <summary>What is measured of requests: meter <c>Stagedoor</c>.</summary>
internal sealed class GatewayMetrics
{
    public const string MeterName = "Stagedoor";

    private static readonly object[] s_statuses = [.. Enumerable.Range(0, 600).Select(static n => (object)n)];

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;
    private long _inFlight;

    public GatewayMetrics(IMeterFactory factory)
    {
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create(MeterName);
#pragma warning restore CA2000
        _requests = meter.CreateCounter<long>("stagedoor.requests", "{request}", "Answered requests by method, route, status and error code.");
        _duration = meter.CreateHistogram(
            "stagedoor.request.duration",
            "s",
            "Time from arrival to the end of the response, by method and route.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        meter.CreateObservableUpDownCounter(
            "stagedoor.requests.in_flight", () => Interlocked.Read(ref _inFlight), "{request}", "Requests that are being answered.");
    }

    public void Arrive() => Interlocked.Increment(ref _inFlight);

    public void Leave(string method, string route, int status, string code, TimeSpan duration)
    {
        Interlocked.Decrement(ref _inFlight);
        if (_requests.Enabled)
        {
            _requests.Add(
                1,
                new TagList
                {
                    { "method", method },
                    { "route", route },
                    { "status", (uint)status < (uint)s_statuses.Length ? s_statuses[status] : status },
                    { "code", code },
                });
        }

        if (_duration.Enabled)
        {
            _duration.Record(duration.TotalSeconds, new TagList { { "method", method }, { "route", route } });
        }
    }
}
