using Stagedoor.Storage;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

#pragma warning disable CA5394 // Nobody has to guess what is tried.

public sealed class DamageTests : IAsyncDisposable
{
    private const int Traces = 30;
    private const string Segment = "spans-20260302.seg";

    private readonly StoreUnderTest _stand = new(static o => o with { BlockSpans = 1000, MergeBlocks = 100, LogBytes = 4 << 10 });
    private readonly Dictionary<UInt128, string[]> _sent = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _stand.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_flipped_bit_costs_a_part_is_told_and_never_gives_what_was_not_sent(int seed)
    {
        var random = new Random(seed);
        await FillAsync(seal: true);
        for (var i = 0; i < 100; i++)
        {
            var files = _stand.Files.AfterPowerLoss(random);
            var bytes = files[Segment];
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));

            await _stand.Store.DisposeAsync();
            await using var store = FileTraceStore.Open(_stand.Options, files, _stand.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

            var missing = await CountMissingAsync(store);
            Assert.InRange(missing, 0, Traces / 3);
            Assert.True(missing == 0 || store.Facts.Problems.Count > 0);
            Assert.NotNull(await store.FindTraceAsync(Traffic.Project, 1000, Cancellation));
            await store.SearchAsync(new() { Project = Traffic.Project }, Cancellation);
            await store.SearchAsync(new() { Project = Traffic.Project, EntryOnly = true }, Cancellation);
            await store.AppendAsync(Traffic.Request([new(5000, 1)]), Cancellation);
        }
    }

    [Fact]
    public async Task A_segment_that_is_cut_off_loses_what_was_behind_and_is_told()
    {
        var random = new Random(4);
        await FillAsync(seal: true);
        await _stand.Store.DisposeAsync();
        for (var i = 0; i < 60; i++)
        {
            var files = _stand.Files.AfterPowerLoss(random);
            files.Truncate(Segment, random.Next(files[Segment].Length));

            await using var store = FileTraceStore.Open(_stand.Options, files, _stand.Clock, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);

            await CountMissingAsync(store);
            Assert.NotNull(await store.FindTraceAsync(Traffic.Project, 1000, Cancellation));
        }
    }

    [Fact]
    public async Task A_damaged_page_is_not_denied()
    {
        await FillAsync(seal: true);

        // The first page begins behind the header; its body is in it whole.
        _stand.Files[Segment][200] ^= 1;
        var damaged = 0;
        for (var id = 1; id <= Traces; id++)
        {
            try
            {
                Assert.NotNull(await _stand.Store.FindTraceAsync(Traffic.Project, (UInt128)id, Cancellation));
            }
            catch (StorageException e) when (e.Fault is StorageFault.Corrupt)
            {
                damaged++;
            }
        }

        Assert.Equal(Traces / 3, damaged);
        Assert.Single(_stand.Store.Facts.Problems);
        Assert.True((await _stand.Store.SearchAsync(new() { Project = Traffic.Project, Limit = 1000 }, Cancellation)).IsPartial);
    }

    [Fact]
    public async Task A_log_cut_in_its_last_record_loses_that_alone()
    {
        await FillAsync(seal: false);
        await _stand.Store.DisposeAsync();
        var name = LastLog();
        var bytes = _stand.Files[name];
        _stand.Files.Truncate(name, Array.FindLastIndex(bytes, static b => b != 0) - 3);

        await _stand.ReopenAsync();

        Assert.Equal(1, await CountMissingAsync(_stand.Store));
        Assert.Empty(_stand.Store.Facts.Problems);
    }

    [Fact]
    public async Task Damage_in_an_earlier_file_of_the_log_is_told_and_the_file_set_aside()
    {
        await FillAsync(seal: false);
        await _stand.Store.DisposeAsync();
        var name = Path.GetFileName(_stand.Files.Names.First(static n => n.EndsWith("ingest-2.log", StringComparison.Ordinal)));
        _stand.Files[name][100] ^= 1;

        await _stand.ReopenAsync();

        Assert.Equal(1, await CountMissingAsync(_stand.Store));
        Assert.Contains("ingest-2.log is damaged", Assert.Single(_stand.Store.Facts.Problems), StringComparison.Ordinal);
        await _stand.SealAsync();
        Assert.Contains(_stand.Files.Names, static n => n.EndsWith("ingest-2.log.damaged", StringComparison.Ordinal));
    }

    private string LastLog() => _stand.Files.Names.Select(Path.GetFileName)
        .Where(static n => n!.StartsWith("ingest-", StringComparison.Ordinal)).MaxBy(static n => int.Parse(n!["ingest-".Length..^".log".Length], System.Globalization.CultureInfo.InvariantCulture))!;

    // In three blocks, and one span in another day.
    private async Task FillAsync(bool seal)
    {
        await _stand.Store.AppendAsync(Traffic.Request([new(1000, 1) { Start = Traffic.Midnight - 5 }]), Cancellation);
        for (var id = 1; id <= Traces; id++)
        {
            var request = Traffic.Request(Enumerable.Range(1, 5).Select(n => new Sent((UInt128)id, (ulong)n) { ParentId = (ulong)n - 1, IsRich = n == 3, Kind = (Spans.SpanKind)n, Name = $"op{n * id}" }));
            _sent[(UInt128)id] = Traffic.Describe(request.Spans);
            await _stand.Store.AppendAsync(request, Cancellation);
            if (seal && id % (Traces / 3) == 0)
            {
                await _stand.SealAsync();
            }
        }
    }

    private async Task<int> CountMissingAsync(FileTraceStore store)
    {
        var missing = 0;
        foreach (var (id, spans) in _sent)
        {
            try
            {
                if (await store.FindTraceAsync(Traffic.Project, id, Cancellation) is { } trace)
                {
                    Assert.Equal(spans, Traffic.Describe(trace.Spans));
                }
                else
                {
                    missing++;
                }
            }
            catch (StorageException e) when (e.Fault is StorageFault.Corrupt)
            {
                missing++;
            }
        }

        return missing;
    }
}
