using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>What every engine of spans does.</summary>
public abstract class TraceStoreContract : IAsyncLifetime
{
    internal abstract TraceStand Stand { get; }

    private ITraceStore Store => Stand.Store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await Stand.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Stand.DisposeAsync();
    }

    [Fact]
    public async Task A_span_is_read_as_it_was_sent()
    {
        var request = Traffic.Request(
        [
            new(7, 1) { Kind = SpanKind.Server, IsRich = true, Name = "odd\0name" },
            new(7, 2) { ParentId = 1, IsFailed = true, Tags = [("k\0", "v\0\ufffd")] },
            new(7, 3) { ParentId = 99, Kind = SpanKind.Client, Identity = new("g\0", "billing", "b-1", "c", "n", "e") },
            new(8, 4) { ParentId = 1 },
        ]);
        var sent = Traffic.Describe(request.Spans).Where(static s => s.StartsWith(new string('0', 31) + '7', StringComparison.Ordinal)).ToArray();

        await Store.AppendAsync(request, Cancellation);

        Assert.Equal(sent, await ReadAsync(7));
        await Stand.ReopenAsync();
        Assert.Equal(sent, await ReadAsync(7));
        await Stand.SealAsync();
        Assert.Equal(sent, await ReadAsync(7));
        await Stand.ReopenAsync();
        Assert.Equal(sent, await ReadAsync(7));
        Assert.Equal("odd\0name", (await Store.SearchAsync(new() { Project = Traffic.Project, Operation = "odd\0name" }, Cancellation)).Rows.Single().Name);
        Assert.Empty(Store.Facts.Problems);
    }

    [Fact]
    public async Task A_trace_of_another_project_or_id_is_not_found()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1)]), Cancellation);
        await Stand.SealAsync();
        await Store.AppendAsync(Traffic.Request([new(7, 2)]), Cancellation);

        Assert.Null(await Store.FindTraceAsync("other", 7, Cancellation));
        Assert.Null(await Store.FindTraceAsync(Traffic.Project, 8, Cancellation));
    }

    [Fact]
    public async Task A_trace_across_midnight_and_the_head_is_whole()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1) { Start = Traffic.Midnight - 1 }, new(7, 2) { Start = Traffic.Midnight }]), Cancellation);
        await Stand.SealAsync();
        await Store.AppendAsync(Traffic.Request([new(7, 3) { Start = Traffic.Midnight + 1 }]), Cancellation);

        var trace = await Store.FindTraceAsync(Traffic.Project, 7, Cancellation);

        Assert.Equal([1UL, 2UL, 3UL], trace!.Spans.Batch.Spans.Select(static s => s.SpanId).Order());
        Assert.Equal(Traffic.Noon, trace.LastReceivedAt);
    }

    [Fact]
    public async Task An_outline_has_all_spans_and_no_attributes()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1) { IsRich = true, IsFailed = true, Kind = SpanKind.Server }, new(8, 9)]), Cancellation);
        await Stand.SealAsync();
        await Store.PinAsync(Traffic.Project, 7, Cancellation);
        await Store.AppendAsync(Traffic.Request([new(7, 2) { ParentId = 1, Name = "later", Identity = new("g", "billing", "b", "c", "n", "") }]), Cancellation);

        var spans = (await Store.FindOutlineAsync(Traffic.Project, 7, Cancellation))!.Spans;

        Assert.Equal(
            [(1UL, 0UL, "orders", "cart", true), (2UL, 1UL, "later", "billing", false)],
            spans.Batch.Spans.Select((s, i) => (s.SpanId, s.ParentId, spans.Batch.TextOf(s.Name), spans.IdentityOf(in s).Service, spans.Facts[i].IsFailed)).Distinct().Order());
        Assert.Null(await Store.FindOutlineAsync(Traffic.Project, 10, Cancellation));
        await Store.UnpinAsync(Traffic.Project, 7, Cancellation);
        spans = (await Store.FindOutlineAsync(Traffic.Project, 7, Cancellation))!.Spans;
        Assert.Equal(2, spans.Batch.Spans.Count);
        Assert.Empty(spans.Batch.Attributes);
        Assert.Empty(spans.Batch.Events);
        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);
        Assert.Null(await Store.FindOutlineAsync(Traffic.Project, 7, Cancellation));
    }

    [Fact]
    public async Task Identical_spans_are_one_and_others_with_the_same_id_are_not()
    {
        var same = new Sent(7, 1) { IsRich = true };
        await Store.AppendAsync(Traffic.Request([same, same, same with { Name = "other" }, new(7, 2) { ParentId = 1 }]), Cancellation);
        await Store.AppendAsync(Traffic.Request([same, new(7, 2) { ParentId = 1 }]), Cancellation);

        Assert.Equal(3, (await ReadAsync(7)).Length);
        await Stand.SealAsync();
        Assert.Equal(3, (await ReadAsync(7)).Length);
        await Store.AppendAsync(Traffic.Request([same]), Cancellation);
        await Stand.SealAsync();
        Assert.Equal(3, (await ReadAsync(7)).Length);
    }

    [Fact]
    public async Task A_repeated_request_is_told_also_after_a_restart_and_not_after_ten_minutes()
    {
        SpanAppend Sent(int minutes) => Traffic.Request([new(7, 1)], digest: Traffic.DigestOf(1), at: Traffic.Noon.AddMinutes(minutes));

        Assert.Equal(AppendOutcome.Kept, await Store.AppendAsync(Sent(0), Cancellation));
        Assert.Equal(AppendOutcome.Repeated, await Store.AppendAsync(Sent(1), Cancellation));
        await Stand.ReopenAsync();
        Assert.Equal(AppendOutcome.Repeated, await Store.AppendAsync(Sent(2), Cancellation));
        Assert.Equal(AppendOutcome.Kept, await Store.AppendAsync(Sent(10), Cancellation));
    }

    [Fact]
    public async Task Names_are_those_of_what_is_kept_until_their_day_goes()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1) { Kind = SpanKind.Server }, new(7, 2) { Name = "query", Identity = new("g", "billing", "b", "c", "n", "") }]), Cancellation);
        await Stand.SealAsync();
        await Store.AppendAsync(Traffic.Request([new(8, 1) { Start = Traffic.Midnight + (90_000 * Traffic.Second), Identity = new("g", "later", "b", "c", "n", "") }]), Cancellation);

        Assert.Equal(["billing", "cart", "later"], await Store.ServicesAsync(Traffic.Project, Cancellation));
        Assert.Equal([new("shop", "cart", "orders", SpanKind.Server, "GET_/orders")], await Store.OperationsAsync(Traffic.Project, "cart", Cancellation));
        Assert.Equal(3, (await Store.OperationsAsync(Traffic.Project, null, Cancellation)).Count);
        Assert.Empty(await Store.ServicesAsync("other", Cancellation));

        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);

        Assert.Equal(["later"], await Store.ServicesAsync(Traffic.Project, Cancellation));
    }

    [Fact]
    public async Task A_closed_store_refuses()
    {
        await Store.DisposeAsync();

        var refused = await Assert.ThrowsAsync<Stagedoor.Storage.StorageException>(() => Store.AppendAsync(Traffic.Request([new(1, 1)]), Cancellation));

        Assert.Equal(Stagedoor.Storage.StorageFault.Unavailable, refused.Fault);
    }

    [Fact]
    public async Task Dropped_days_are_gone_at_once()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1)]), Cancellation);
        await Stand.SealAsync();
        await Store.AppendAsync(Traffic.Request([new(7, 2), new(7, 3) { Start = Traffic.Midnight + (90_000 * Traffic.Second) }]), Cancellation);

        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);

        Assert.Single(await ReadAsync(7));
        await Stand.SealAsync();
        Assert.Single(await ReadAsync(7));

        // What comes for a day that is gone is as gone.
        Assert.Equal(AppendOutcome.Kept, await Store.AppendAsync(Traffic.Request([new(7, 4)]), Cancellation));
        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);
        Assert.Single(await ReadAsync(7));
        Assert.Single((await Store.SearchAsync(new() { Project = Traffic.Project }, Cancellation)).Rows);
    }

    [Fact]
    public async Task Small_blocks_become_one_that_has_all_of_them()
    {
        var sent = new List<SpanAppend>();
        for (var i = 0; i < 6; i++)
        {
            sent.Add(Traffic.Request([new(7, (ulong)i + 1) { ParentId = (ulong)i, IsRich = i == 2 }, new((UInt128)(100 + i), 1) { Kind = SpanKind.Server }]));
            await Store.AppendAsync(sent[i], Cancellation);
            await Stand.SealAsync();
        }

        Assert.InRange(Store.Facts.Blocks, 1, 3);
        Assert.Equal(12, Store.Facts.SpansStored);
        string[] expected = [.. Traffic.Describe(sent).Where(static s => s.StartsWith(new string('0', 31) + '7', StringComparison.Ordinal))];
        Assert.Equal(expected, await ReadAsync(7));
        await Stand.ReopenAsync();
        Assert.Equal(expected, await ReadAsync(7));
        Assert.Equal(7, (await Store.SearchAsync(new() { Project = Traffic.Project }, Cancellation)).Rows.Count);
    }

    [Fact]
    public async Task A_pinned_trace_outlives_its_days_with_what_came_later()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1), new(8, 1)]), Cancellation);
        Assert.Equal(PinOutcome.Pinned, await Store.PinAsync(Traffic.Project, 7, Cancellation));
        Assert.Equal(PinOutcome.Pinned, await Store.PinAsync(Traffic.Project, 7, Cancellation));
        await Store.AppendAsync(Traffic.Request([new(7, 2) { ParentId = 1, IsRich = true }]), Cancellation);
        var whole = await ReadAsync(7);

        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);

        Assert.Equal(whole, await ReadAsync(7));
        Assert.Equal(2, whole.Length);
        Assert.Empty(await ReadAsync(8));
        await Stand.ReopenAsync();
        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);
        Assert.Equal(whole, await ReadAsync(7));
        Assert.True(await Store.UnpinAsync(Traffic.Project, 7, Cancellation));
        Assert.False(await Store.UnpinAsync(Traffic.Project, 7, Cancellation));
        Assert.Empty(await ReadAsync(7));
    }

    [Fact]
    public async Task A_trace_that_is_let_go_stays_until_its_day_goes()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1)]), Cancellation);
        await Store.PinAsync(Traffic.Project, 7, Cancellation);
        await Store.UnpinAsync(Traffic.Project, 7, Cancellation);

        Assert.Single(await ReadAsync(7));
        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);
        Assert.Empty(await ReadAsync(7));
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_pinned_and_no_more_than_may_be()
    {
        await Store.AppendAsync(Traffic.Request(Enumerable.Range(1, 5).Select(static i => new Sent((UInt128)i, 1))), Cancellation);

        Assert.Equal(PinOutcome.Absent, await Store.PinAsync(Traffic.Project, 99, Cancellation));
        Assert.Equal(PinOutcome.Absent, await Store.PinAsync("other", 1, Cancellation));
        var outcomes = await Task.WhenAll(Enumerable.Range(1, 5).Select(i => Store.PinAsync(Traffic.Project, (UInt128)i, Cancellation)));
        Assert.Equal(TraceStand.MaxPins, outcomes.Count(static o => o is PinOutcome.Pinned));
        Assert.Equal(5 - TraceStand.MaxPins, outcomes.Count(static o => o is PinOutcome.Full));

        // What one project keeps is not in another's way.
        await Store.AppendAsync(Traffic.Request([new(1, 1)]) with { Project = "other" }, Cancellation);
        Assert.Equal(PinOutcome.Pinned, await Store.PinAsync("other", 1, Cancellation));
    }

    [Theory]
    [InlineData(0, 0.5, "2,3,4")]
    [InlineData(1, 0.5, "4")]
    [InlineData(0, 0.01, "4")]
    [InlineData(0, 0.06, "2,3,4")]
    [InlineData(0, 0.04, "3,4")]
    public async Task The_oldest_days_go_when_they_take_too_much_or_the_disk_is_nearly_full_and_today_stays(long mostBytes, double free, string days)
    {
        for (var day = 2; day <= 4; day++)
        {
            Stand.Clock.Now = Traffic.Noon.AddDays(day - 2);
            await Store.AppendAsync(Traffic.Request([new((UInt128)day, 1) { Start = Traffic.Midnight + ((ulong)(day - 2) * 86_400 * Traffic.Second) }], at: Stand.Clock.Now), Cancellation);
            await Stand.SealAsync();
        }

        // Each day that goes frees a tenth of the disk.
        var options = new TracingOptions { MaxStoredBytes = mostBytes };
        var retention = new SpanRetention(Store, new Disk(Store, free), Options.Create(options), Stand.Clock, NullLogger<SpanRetention>.Instance);
        await retention.ApplyAsync(Cancellation);

        var kept = new List<int>();
        for (var day = 2; day <= 4; day++)
        {
            if ((await ReadAsync((UInt128)day)).Length > 0)
            {
                kept.Add(day);
            }
        }

        Assert.Equal(days, string.Join(',', kept));
    }

    private sealed class Disk(ITraceStore store, double free) : SpanRoom(null)
    {
        public override double Free() => free < 0.02 ? free : free + (0.1 * (store.Facts.OldestDay!.Value.Day - 2));
    }

    private async Task<string[]> ReadAsync(UInt128 traceId) =>
        Traffic.Describe((await Store.FindTraceAsync(Traffic.Project, traceId, Cancellation))?.Spans ?? new(new([])));
}
