using System.Collections.Concurrent;
using Stagedoor.Storage;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

#pragma warning disable CA5394 // Nobody has to guess what is tried.

/// <summary>The power goes at any step: parts of what was not flushed are there afterwards, others are not.</summary>
public sealed class CrashTests
{
    private const int Lives = 3;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<int> Rounds => [.. Enumerable.Range(1, 30)];

    [Theory]
    [MemberData(nameof(Rounds))]
    public async Task What_four_senders_had_acknowledged_is_there_once_whenever_the_power_goes(int round)
    {
        var random = new Random(round);
        var sent = new ConcurrentDictionary<UInt128, (string[] Spans, bool IsKept)>();
        await using var stand = new StoreUnderTest(static o => o with { BlockSpans = 60, LogBytes = 16 << 10, MergeBlocks = 3 });
        for (var life = 0; life < Lives; life++)
        {
            stand.Files.KilledAt = stand.Files.Steps + random.Next(1, 120);
            await Task.WhenAll(Enumerable.Range(0, 4).Select(sender => SendAsync(stand, sent, (UInt128)((life * 10) + sender + 1) << 64)));
            await stand.Store.DisposeAsync();
            await ReopenAsync(stand, random);
            await CheckAsync(stand, sent);
        }

        await stand.SealAsync();
        await CheckAsync(stand, sent);
    }

    // One after the other, so that each step of writing, of making blocks, of merging and of dropping is the one at which it ends.
    [Fact]
    public async Task What_was_acknowledged_is_there_once_at_whichever_step_the_power_goes()
    {
        for (var step = 1; ; step++)
        {
            var random = new Random(step);
            var sent = new ConcurrentDictionary<UInt128, (string[] Spans, bool IsKept)>();
            await using var stand = new StoreUnderTest(static o => o with { BlockSpans = 20, MergeBlocks = 3, LogBytes = 8 << 10 });
            stand.Files.KilledAt = stand.Files.Steps + step;
            var isDropped = false;
            try
            {
                for (var i = 1; i <= 4; i++)
                {
                    await AppendAsync(stand, sent, Numbered((UInt128)(i * 10)));
                    await AppendAsync(stand, sent, Numbered((UInt128)((i * 10) + 1)));
                    await stand.SealAsync();
                }

                isDropped = true;
                await stand.Store.DropBeforeAsync(new(2026, 3, 2), Cancellation);
                await AppendAsync(stand, sent, Numbered(99));
            }
            catch (StorageException)
            {
                // It was killed.
            }

            var wasKilled = stand.Files.IsKilled;
            await stand.Store.DisposeAsync();
            await ReopenAsync(stand, random);
            if (isDropped)
            {
                await stand.Store.DropBeforeAsync(new(2026, 3, 2), Cancellation);
                foreach (var (id, (spans, isKept)) in sent)
                {
                    sent[id] = ([.. spans.Where(static s => !s.Contains($" {Traffic.Midnight - Traffic.Second} ", StringComparison.Ordinal))], isKept);
                }

                // What the log brought back of that day goes with it.
                await stand.SealAsync();
            }

            await CheckAsync(stand, sent);
            if (!wasKilled)
            {
                Assert.True(step > 40, "There are fewer steps than there should be.");
                return;
            }
        }
    }

    private static async Task SendAsync(StoreUnderTest stand, ConcurrentDictionary<UInt128, (string[] Spans, bool IsKept)> sent, UInt128 first)
    {
        try
        {
            for (var i = 1; i < 1000; i++)
            {
                await AppendAsync(stand, sent, Numbered(first + (UInt128)i));
                if (i % 7 == 0)
                {
                    await stand.Store.UpkeepAsync(Cancellation);
                }
            }
        }
        catch (StorageException)
        {
            // It was killed.
        }
    }

    private static async Task AppendAsync(StoreUnderTest stand, ConcurrentDictionary<UInt128, (string[] Spans, bool IsKept)> sent, SpanAppend request)
    {
        var id = request.Spans.Batch.Spans[0].TraceId;
        var spans = Traffic.Describe(request.Spans);
        sent[id] = (spans, false);
        await stand.Store.AppendAsync(request, Cancellation);
        sent[id] = (spans, true);
    }

    // Its last span is of the day before.
    private static SpanAppend Numbered(UInt128 id) => Traffic.Request(
    [
        .. Enumerable.Range(1, 5).Select(n => new Sent(id, (ulong)n) { ParentId = (ulong)n - 1, Name = $"op{n}" }),
        new(id, 6) { ParentId = 1, Start = Traffic.Midnight - Traffic.Second },
    ]);

    // It may happen while it starts, too.
    private static async Task ReopenAsync(StoreUnderTest stand, Random random)
    {
        var files = stand.Files.AfterPowerLoss(random);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            files.KilledAt = random.Next(1, 12);
            try
            {
                await stand.ReopenAsync(files);
                files.KilledAt = int.MaxValue;
                return;
            }
            catch (StorageException)
            {
                files = files.AfterPowerLoss(random);
            }
        }

        await stand.ReopenAsync(files);
    }

    private static async Task CheckAsync(StoreUnderTest stand, ConcurrentDictionary<UInt128, (string[] Spans, bool IsKept)> sent)
    {
        Assert.True(stand.Store.Facts.Problems.Count == 0, string.Join('\n', stand.Store.Facts.Problems));
        var found = 0;
        foreach (var (id, (spans, isKept)) in sent)
        {
            var trace = await stand.Store.FindTraceAsync(Traffic.Project, id, Cancellation);

            // What was not acknowledged is there as a whole, or not.
            if (isKept || trace is not null)
            {
                Assert.Equal(spans, Traffic.Describe(trace!.Spans));
                found += spans.Length;
            }
        }

        Assert.Equal(found, stand.Store.Facts.SpansStored);
    }
}
