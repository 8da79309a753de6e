using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Series;
using Xunit;

namespace Stagedoor.Monitoring.Tests;

/// <summary>What is kept of reports, and for how long.</summary>
public sealed class MetricStoreTests
{
    // The beginning of a minute.
    private static readonly DateTimeOffset s_start = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);
    private readonly FakeTimeProvider _clock = new(s_start);

    [Theory]
    [InlineData(59_999, 1)]
    [InlineData(60_000, 0)]
    public void An_instance_that_was_silent_for_a_minute_is_hidden(long silence, int visible)
    {
        var store = Store();
        Record(store, "host-1");

        _clock.Advance(TimeSpan.FromMilliseconds(silence));

        Assert.Equal(visible, store.Visible(Tenant.Default).Count());
        Assert.Equal(1, store.Count);
    }

    [Theory]
    [InlineData(300_000, 1)]
    [InlineData(300_001, 0)]
    public void A_series_is_dropped_after_the_retention_time(long silence, int left)
    {
        var store = Store(retention: 5);
        Record(store, "host-1");

        _clock.Advance(TimeSpan.FromMilliseconds(silence));
        store.DropOld();

        Assert.Equal(left, store.Count);
    }

    [Fact]
    public void Beyond_the_ceiling_the_one_that_was_silent_longest_is_forgotten()
    {
        var store = Store(maxInstances: 2);
        foreach (var instance in (string[])["a", "b", "a", "c"])
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1_000));
            Record(store, instance);
        }

        Assert.Equal(["a", "c"], store.Visible(Tenant.Default).Select(static i => i.Key.Instance).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void At_the_ceiling_nothing_is_forgotten()
    {
        var store = Store(maxInstances: 2);
        Record(store, "a");
        Record(store, "b");
        Record(store, "a");

        Assert.Equal(2, store.Count);
    }

    [Fact]
    public void Very_many_interfaces_make_others_forgotten_too()
    {
        var store = Store(maxInstances: 100);

        for (var i = 0; i < 5; i++)
        {
            Record(store, $"host-{i}", [.. Enumerable.Range(0, 2_000).Select(static n => Row($"Provider.a.{n}"))]);
        }

        // 4000 and 20 for each of 100 instances.
        Assert.Equal(3, store.Count);
    }

    [Fact]
    public void New_names_all_the_time_do_not_fill_the_memory()
    {
        var store = Store();
        for (var round = 0; round < 10; round++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1_000));
            Record(store, "host-1", [.. Enumerable.Range(0, 1_000).Select(n => Row($"Provider.{round}.{n}"))]);
        }

        var instance = Assert.Single(store.All());
        Assert.Equal(4_000, instance.Interfaces);
        var names = new List<string>();
        instance.VisitSeries(row => names.Add(row.Name));
        Assert.Contains("Provider.9.999", names);
        Assert.DoesNotContain("Provider.5.0", names);
    }

    [Fact]
    public void Two_processes_of_one_host_are_two_instances()
    {
        var store = Store();
        foreach (var id in (string[])["x", "y"])
        {
            var report = Report("host-1");
            (report.ServiceId, report.InstanceId) = ("s", id);
            store.Record(Tenant.Default, report);
        }

        Assert.Equal(2, store.Count);
    }

    [Fact]
    public void A_slow_publisher_alone_is_not_merged_with_itself()
    {
        var store = Store();
        Record(store, "host-1", Row("Provider.a", failure: 3));
        _clock.Advance(TimeSpan.FromMilliseconds(10_000));
        Record(store, "host-1", Row("Provider.a", failure: 3));

        // A hair early, as timers are.
        _clock.Advance(TimeSpan.FromMilliseconds(9_990));
        Record(store, "host-1", Row("Provider.a", failure: 0));

        Assert.Equal(0, Now(store, "Provider.a").Failure);
    }

    [Fact]
    public void A_hurried_publisher_is_not_merged_with_itself()
    {
        var store = Store();
        for (var i = 0; i < 5; i++)
        {
            Record(store, "host-1", Row("Provider.a", failure: 3));
            _clock.Advance(TimeSpan.FromMilliseconds(2_000));
        }

        Record(store, "host-1", Row("Provider.a", failure: 0));

        Assert.Equal(0, Now(store, "Provider.a").Failure);
    }

    [Fact]
    public void Two_publishers_stay_merged_and_neither_keeps_a_number_for_ever()
    {
        var store = Store();
        for (var i = 0; i < 4; i++)
        {
            Record(store, "host-1", Row("Provider.a", qps: 5, failure: i < 2 ? 3 : 0));
            _clock.Advance(TimeSpan.FromMilliseconds(300));
            Record(store, "host-1", Row("Provider.a", shortCircuited: 7));
            Assert.Equal((5, i < 2 ? 3 : 0, 7), (Now(store, "Provider.a").Qps, Now(store, "Provider.a").Failure, Now(store, "Provider.a").ShortCircuited));
            _clock.Advance(TimeSpan.FromMilliseconds(9_700));
        }
    }

    [Fact]
    public void A_name_that_stands_twice_is_one_row()
    {
        var store = Store();

        Record(store, "host-1", Row("Provider.a", qps: 5), Row("Provider.a", failure: 1));

        Assert.Equal((5, 1), (Now(store, "Provider.a").Qps, Now(store, "Provider.a").Failure));
        Assert.Equal(1, Assert.Single(store.All()).Interfaces);
    }

    [Fact]
    public void What_a_report_leaves_out_stays_as_it_was()
    {
        var store = Store();
        var report = Report("host-1");
        (report.Cpu, report.Thread) = (50, 7);
        store.Record(Tenant.Default, report);

        Record(store, "host-1");

        var details = Assert.Single(store.All()).Details;
        Assert.Equal((50, 7), (details.Cpu, details.Thread));
    }

    [Fact]
    public void A_clock_that_is_set_back_loses_nothing()
    {
        var store = Store();
        _clock.Advance(TimeSpan.FromMilliseconds(100_000));
        Record(store, "host-1", Row("Provider.a", qps: 1));

        _clock.AdjustTime(s_start);
        Record(store, "host-1", Row("Provider.a", qps: 2));

        Assert.Equal(2, Now(store, "Provider.a").Qps);
        Assert.Single(store.Visible(Tenant.Default));
    }

    [Fact]
    public async Task Reports_of_many_threads_are_all_taken()
    {
        var store = Store(maxInstances: 50);

        await Parallel.ForAsync(0, 4_000, TestContext.Current.CancellationToken, (i, _) =>
        {
            Record(store, $"host-{i % 100}", Row("Provider.a"));
            return ValueTask.CompletedTask;
        });

        Assert.Equal(50, store.Count);
        Assert.Equal(50, store.Visible(Tenant.Default).Count());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(32)]
    [InlineData(100)]
    public void A_ring_keeps_as_many_slots_as_it_has_room_for(int capacity)
    {
        var ring = new BucketRing(capacity);
        for (var slot = 1_000; slot < 1_300; slot++)
        {
            ring.Put(new(slot, slot, 1, 0, 0, 0, false));
        }

        for (var slot = 1_300 - capacity; slot < 1_300; slot++)
        {
            Assert.Equal(slot, ring.Find(slot).Qps);
        }

        Assert.Equal(default, ring.Find(1_299 - capacity));
        Assert.Equal(default, ring.Find(1_300));
    }

    [Fact]
    public void A_slot_takes_the_last_report_in_it()
    {
        var ring = new BucketRing(10);
        ring.Put(new(1_000, 1, 1, 0, 0, 0, false));
        ring.Put(new(1_000, 2, 1, 0, 0, 0, false));

        Assert.Equal(2, ring.Find(1_000).Qps);
    }

    internal static MetricReport Report(string instance, params InterfaceReport[] rows)
    {
        var report = new MetricReport { Name = "order", AppId = "shop", Version = "1.0.0", Instance = instance };
        report.Interfaces.AddRange(rows);
        return report;
    }

    internal static InterfaceReport Row(string name, double qps = 0, double failure = 0, double shortCircuited = 0) =>
        new() { Name = name, Measures = new() { Qps = qps, Failure = failure, ShortCircuited = shortCircuited } };

    private static void Record(MetricStore store, string instance, params InterfaceReport[] rows) => store.Record(Tenant.Default, Report(instance, rows));

    private static Measures Now(MetricStore store, string name)
    {
        Measures? now = null;
        Assert.Single(store.All()).VisitSeries(row => now = row.Name == name ? row.Now : now);
        return now!;
    }

    private MetricStore Store(int retention = 5, int maxInstances = 10_000) =>
        new(Options.Create(new MetricsOptions { RetentionMinutes = retention, MaxInstances = maxInstances }), _clock);
}
