using Stagedoor.Monitoring.Reports;

namespace Stagedoor.Monitoring.Series;

/// <summary>What one instance reported. Safe for any number of threads; each instance has a lock of its own.</summary>
/// <param name="key">Whose it is.</param>
/// <param name="capacity">How many slots its series keep.</param>
internal sealed class InstanceMetrics(InstanceKey key, int capacity)
{
    /// <summary>What was not reported for so long is not shown, in milliseconds.</summary>
    public const long Visible = 60_000;

    private const long Interval = Slot.Milliseconds;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, InterfaceMetrics> _interfaces = new(StringComparer.Ordinal);

    // When the last four reports came, the newest first.
    private readonly long[] _reports = new long[4];
    private long _seenAt;
    private bool _isForgotten;

    public InstanceKey Key { get; } = key;

    /// <summary>When it reported last.</summary>
    public long SeenAt => Interlocked.Read(ref _seenAt);

    /// <summary>How many interfaces it has, seen lately or not.</summary>
    public int Interfaces { get; private set; }

    /// <summary>What is not about interfaces, as it was told last.</summary>
    public InstanceDetails Details { get; private set; } = new();

    public bool IsVisible(long now) => SeenAt > now - Visible;

    /// <summary>Takes a report; false when the instance was forgotten meanwhile and the report belongs to a new one.</summary>
    public bool TryRecord(MetricReport report, long now)
    {
        lock (_gate)
        {
            if (_isForgotten)
            {
                return false;
            }

            // A clock that is set back does not take series apart.
            now = Math.Max(now, _seenAt);
            var others = OthersWithin(now);
            _reports.AsSpan(0, _reports.Length - 1).CopyTo(_reports.AsSpan(1));
            _reports[0] = now;
            Interlocked.Exchange(ref _seenAt, now);
            Details = Details.After(report);
            MakeRoom(report.Interfaces.Count, now);
            foreach (var row in report.Interfaces)
            {
                if (!_interfaces.TryGetValue(row!.Name!, out var known))
                {
                    known = _interfaces[row.Name!] = new(row.Name!, capacity);
                }

                // A name that stands twice in one report is one interface too.
                known.Record(row.Measures, now, known.SeenAt == now ? 1 : others);
            }

            Interfaces = _interfaces.Count;
            return true;
        }
    }

    /// <summary>No report is taken any more.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _isForgotten = true;
        }
    }

    /// <summary>Drops interfaces that were not reported since then.</summary>
    public void DropBefore(long time)
    {
        lock (_gate)
        {
            foreach (var (name, row) in _interfaces)
            {
                if (row.SeenAt < time)
                {
                    _interfaces.Remove(name);
                }
            }

            Interfaces = _interfaces.Count;
        }
    }

    /// <summary>Calls <paramref name="visit"/> for what was reported of each interface lately.</summary>
    public void Visit(long now, Action<InterfaceMetrics> visit)
    {
        lock (_gate)
        {
            foreach (var row in _interfaces.Values)
            {
                if (row.SeenAt > now - Visible)
                {
                    visit(row);
                }
            }
        }
    }

    /// <summary>Calls <paramref name="visit"/> for each interface that has a series.</summary>
    public void VisitSeries(Action<InterfaceMetrics> visit)
    {
        lock (_gate)
        {
            foreach (var row in _interfaces.Values)
            {
                visit(row);
            }
        }
    }

    /// <summary>
    /// How far back, in milliseconds, a report may lie to be another publisher's for the same interval; 0 when there is no other. One Spring
    /// framework has two publishers in a process, which upload at different moments of the same ten seconds and each know half.
    /// </summary>
    private long OthersWithin(long now)
    {
        // Five in an interval are one publisher that hurries (Go's, every two seconds). When the report before the last is older than an interval
        // and a half there is one publisher, and it does not hurry.
        var hurries = _reports[3] > now - (Interval * 9 / 10);
        var isAlone = _reports[1] > 0 && _reports[1] < now - (Interval * 3 / 2);
        return hurries || isAlone ? 0 : Interval;
    }

    // A publisher that makes up new names all the time must not fill the memory with them.
    private void MakeRoom(int arriving, long now)
    {
        if (_interfaces.Count + arriving <= MetricReport.MaxInterfaces * 2)
        {
            return;
        }

        DropBefore(now - Visible);
        var surplus = _interfaces.Count + arriving - (MetricReport.MaxInterfaces * 2);
        foreach (var oldest in _interfaces.Values.OrderBy(static i => i.SeenAt).Take(surplus).ToList())
        {
            _interfaces.Remove(oldest.Name);
        }
    }
}
