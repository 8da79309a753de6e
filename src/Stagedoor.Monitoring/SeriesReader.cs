using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Rollups;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary>A point of a series.</summary>
/// <param name="Time">Its beginning, in Unix milliseconds.</param>
/// <param name="Qps">Requests per second.</param>
/// <param name="Latency">The mean in milliseconds.</param>
/// <param name="FailureRate">Of 100.</param>
/// <param name="P99">The worst, an upper bound.</param>
/// <param name="BreakerOpen">Whether any breaker was open at any time.</param>
internal sealed record SeriesPoint(long Time, double Qps, double Latency, double FailureRate, double P99, bool BreakerOpen);

/// <summary>What a series is about.</summary>
/// <param name="Tenant">The tenant's key.</param>
/// <param name="Service">The microservice's name.</param>
/// <param name="App">The application; null for any.</param>
/// <param name="Instance">Host or id of an instance; null for all.</param>
/// <param name="Function">An interface; null for all of the kind.</param>
/// <param name="Kind">What is served, or what is called.</param>
internal sealed record SeriesQuestion(string Tenant, string Service, string? App, string? Instance, string? Function, InterfaceKind Kind)
{
    public bool IsAbout(InstanceKey key) =>
        string.Equals(key.Tenant, Tenant, StringComparison.Ordinal)
        && string.Equals(key.Service, Service, StringComparison.Ordinal)
        && (App is null || string.Equals(key.App, App, StringComparison.Ordinal))
        && (Instance is null || key.IsNamed(Instance));

    public bool IsAbout(InterfaceMetrics row) => Function is null
        ? row.Kind == Kind
        // Asked for without its side, it is the one that is served.
        : string.Equals(row.Name, Function, StringComparison.Ordinal) || (row.Kind == Kind && InterfaceName.Means(Function, row.Name));
}

/// <summary>Puts a series together: slots from memory, and minutes from the database for the time that the memory does not reach.</summary>
internal sealed class SeriesReader
{
    private readonly MetricStore _metrics;
    private readonly RollupStore _rollups;
    private readonly SeriesQuestion _question;
    private readonly long _first;
    private readonly long _to;
    private readonly long _step;
    private readonly long _now;
    private readonly Sum[] _sums;

    public SeriesReader(MetricStore metrics, RollupStore rollups, SeriesQuestion question, long from, long to, int step, long now)
    {
        (_metrics, _rollups, _question, _to, _now) = (metrics, rollups, question, to, now);
        _step = step * 1_000L;
        _first = from - (from % _step);
        _sums = new Sum[((to - 1 - _first) / _step) + 1];
    }

    public async Task<IReadOnlyList<SeriesPoint>> ReadAsync(CancellationToken cancellationToken)
    {
        // The slot in which the process began belongs to memory only as far as it has something.
        var oldest = Slot.Of(_now - (long)_metrics.Retention.TotalMilliseconds);
        var begun = Slot.Of(_metrics.StartedAt);
        var start = Math.Max(Math.Max(oldest, begun), Slot.Of(_first));
        var slots = ReadMemory(start);
        for (var i = 0; i < slots.Length; i++)
        {
            if (slots[i].IsTold)
            {
                At(Slot.Start(start + i)).Add(slots[i]);
            }
        }

        // Interfaces are not rolled up one by one.
        var reach = Slot.Start(Math.Max(oldest, begun + 1));
        if (_question.Function is null && _first < reach)
        {
            await ReadRollupsAsync(Math.Min(reach, _to), s => s < start || s - start >= slots.Length || !slots[s - start].IsTold, cancellationToken);
        }

        return [.. _sums.Select((s, i) => s.Point(_first + (i * _step))).OfType<SeriesPoint>()];
    }

    private SlotSum[] ReadMemory(int start)
    {
        var current = Slot.Of(_now);
        var slots = new SlotSum[Math.Max(0, Slot.Of(_to - 1) - start + 1)];
        foreach (var instance in _metrics.All().Where(i => _question.IsAbout(i.Key)))
        {
            instance.VisitSeries(row =>
            {
                if (!_question.IsAbout(row))
                {
                    return;
                }

                for (var i = 0; i < slots.Length; i++)
                {
                    if (row.FindSmooth(start + i, current) is { Slot: > 0 } bucket)
                    {
                        slots[i].Add(bucket);
                    }
                }
            });
        }

        return slots;
    }

    private async Task ReadRollupsAsync(long before, Func<int, bool> isMissing, CancellationToken cancellationToken)
    {
        var minutes = await _rollups.ListAsync(
            _question.Tenant,
            _question.Service,
            _question.Kind,
            _question.App,
            _question.Instance,
            _first - (_first % RollupRow.Milliseconds),
            before,
            cancellationToken);
        foreach (var minute in minutes)
        {
            for (var i = 0; i < Slot.PerMinute; i++)
            {
                var time = minute.Minute + (i * Slot.Milliseconds);
                if (time >= _first && time < before && isMissing(Slot.Of(time)))
                {
                    At(time).Add(minute);
                }
            }
        }
    }

    private ref Sum At(long time) => ref _sums[(time - _first) / _step];

    /// <summary>What falls into one point.</summary>
    private struct Sum
    {
        private int _slots;
        private double _qps;
        private double _weight;
        private double _latency;
        private double _failures;
        private double _p99;
        private bool _isOpen;

        public void Add(in SlotSum slot)
        {
            Add(slot.Qps, slot.Weight, slot.Latency, slot.Failures);
            _p99 = Math.Max(_p99, slot.P99);
            _isOpen |= slot.IsOpen;
        }

        // A sixth of a minute: its mean, and its worst.
        public void Add(RolledUpMinute minute)
        {
            var share = 1d / Math.Max(1, minute.Slots);
            Add(minute.Qps, minute.Weight * share, minute.LatencySum * share, minute.FailureSum * share);
            _p99 = Math.Max(_p99, minute.P99);
            _isOpen |= minute.BreakerOpen > 0;
        }

        // Over the time for which anything was told: a gap is not an hour without requests.
        public readonly SeriesPoint? Point(long time) => _slots == 0 ? null : new(
            time,
            MetricInfo.Rounded(_qps / _slots),
            MetricInfo.Rounded(_weight > 0 ? _latency / _weight : 0),
            MetricInfo.Rounded(_weight > 0 ? 100 * _failures / _weight : 0),
            MetricInfo.Rounded(_p99),
            _isOpen);

        private void Add(double qps, double weight, double latency, double failures)
        {
            _slots++;
            _qps += qps;
            _weight += weight;
            _latency += latency;
            _failures += failures;
        }
    }
}
