using System.Globalization;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;
using Stagedoor.Tracing.Store.Shared;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>What a search for tags reads of a block.</summary>
public sealed class TagFilterTests
{
    private const int Traces = 40;
    private const int Rare = 17;

    // A block of three traces as it was written before there were filters.
    private const string Earlier =
        "U0RTRwEAAACbAgAAAAAAAAEAAAAAAAAAAQAAAAAAAAADAAAAAAAAAJPYYolKi/Icr8YpJIsILoADAAEAAAAAAAAAAAAAAAAAAAABwPeVzQaA4N6h+4fBzBgIBCkAAwAAAAAAAAAAAAAAAAAAAAHA95XNBoDg3qH7h8HMGAgENAACAAAAAAAAAAAAAAAAAAAAAcD3lc0GgODe"
        + "ofuHwcwYCAQYAQAAAAAAAAADAAAAAAAAAAIAAAAAAAAAAMCEPQDAhD0AwIQ9dSi1L/0gdf0CAGJFFByAS3PzQAAiJasdcP7VkbCR7ZEQu2sgBlh0IiSliDtRH/p9ptZxW9ziI63ii2AmyK4j/A0dCqNRWCVgJoc7UR/6BfYNCqbWwEZyNLHlArAXiQMAv4p7mDrrDJMJYyi1L/0g"
        + "Y/UCANJFFRtgbdproJLp964j0c4WRQSNbGXLDQLiy9RhUwqRO0rHUkG4hN82whaAIz1lNI6BbfhyWHooaEDKNuGkLz0MOJ97WGID0dz05Pckg6soilVrMQV7cQcBAHPDhAJ6KLUv/SB6hQIA5AMBIDAxMjM0NTY3ODlhYmNkZWYBAARzaG9wBGNhcnQGY2FydC0xB2RlZmF1bHQAAm9y"
        + "ZGVycwILR0VUXy8BAAUAQnkA5vCP4vgVYhhk2gETKLUv/SATmQAAAQABAAH/n6HehPi+s+cB0AcAAO5G4W4raDcB/H+P9ARQ84Q9/dCkUsDH4wEAAAAAAAAAAC8BAAAAAAAAQauqLcRunOmXAQAAAAAAAGcVG1ZFJif48QEAAAAAAABHh4vVWwop6w4CAAAAAAAA0WjCSMgWJJEDgODe"
        + "ofuHwcwYgODeofuHwcwYwIQ9AwAAATAAOFL7EQXVn+VlAAAAREdTRA==";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("user", "rare", false)]
    [InlineData("user", "rare", true)]
    [InlineData("order", "4711", false)]
    [InlineData("price", "0.125", false)]
    [InlineData("express", "true", false)]
    [InlineData("event.key", "1", false)]
    [InlineData("error", "true", false)]
    public async Task A_rare_tag_is_found_in_one_page(string key, string value, bool entryOnly)
    {
        var source = new CountedSource(Build());

        var answer = await source.SearchAsync(new() { Project = Traffic.Project, Tags = [new(key, value)], EntryOnly = entryOnly });

        Assert.Equal((UInt128)Rare, Assert.Single(answer.Rows).TraceId);
        Assert.Equal(1, source.PagesRead);
        Assert.True(source.Block.Pages > 30);
    }

    [Theory]
    [InlineData("order")]
    [InlineData("nothing")]
    [InlineData("happened")]
    [InlineData("event.key")]
    public async Task A_rare_key_is_found_in_one_page(string key)
    {
        var source = new CountedSource(Build());

        var answer = await source.SearchAsync(new() { Project = Traffic.Project, Keys = [key] });

        Assert.Equal((UInt128)Rare, Assert.Single(answer.Rows).TraceId);
        Assert.Equal(1, source.PagesRead);
    }

    [Fact]
    public async Task A_long_span_is_found_in_one_page()
    {
        var source = new CountedSource(Build());

        var answer = await source.SearchAsync(new() { Project = Traffic.Project, MinDuration = 7_000_000 });

        Assert.Equal((UInt128)Rare, Assert.Single(answer.Rows).TraceId);
        Assert.Equal(1, source.PagesRead);
        Assert.Empty((await source.SearchAsync(new() { Project = Traffic.Project, MinDuration = 7_000_001 })).Rows);
        Assert.Equal(Traces, (await source.SearchAsync(new() { Project = Traffic.Project, MinDuration = 1_000_000, Limit = 100 })).Rows.Count);
    }

    [Theory]
    [InlineData("user", "none")]
    [InlineData("order", "4712")]
    [InlineData("k8s.pod.name", "cart-2")]
    public async Task What_no_span_has_costs_no_page(string key, string value)
    {
        var source = new CountedSource(Build());

        Assert.Empty((await source.SearchAsync(new() { Project = Traffic.Project, Tags = [new(key, value)] })).Rows);
        Assert.Equal(0, source.PagesRead);
    }

    [Theory]
    [InlineData("k8s.pod.name", "cart-1")]
    [InlineData("scope.key", "x")]
    [InlineData("otel.scope.name", "library")]
    [InlineData("span.kind", "server")]
    public async Task What_all_spans_have_is_found_in_all_pages(string key, string value)
    {
        var source = new CountedSource(Build());

        Assert.Equal(Traces, (await source.SearchAsync(new() { Project = Traffic.Project, Tags = [new(key, value)], Limit = 100 })).Rows.Count);
        Assert.Equal(source.Block.Pages, source.PagesRead);
    }

    [Fact]
    public async Task A_block_without_filter_is_searched_through()
    {
        var source = new CountedSource(Convert.FromBase64String(Earlier));

        Assert.False(source.Block.HasTagFilter);
        Assert.Equal((UInt128)2, Assert.Single((await source.SearchAsync(new() { Project = Traffic.Project, Tags = [new("user", "2")] })).Rows).TraceId);
        Assert.Equal((UInt128)3, Assert.Single((await source.SearchAsync(new() { Project = Traffic.Project, Tags = [new("error", "true")] })).Rows).TraceId);
        source.Block.Verify();
    }

    [Fact]
    public async Task A_damaged_filter_costs_time_and_no_span()
    {
        var bytes = Build();
        var whole = new CountedSource(bytes);
        bytes[whole.Block.PlaceOf(whole.Block.Pages).At + 40] ^= 1;
        var source = new CountedSource(bytes);

        var answer = await source.SearchAsync(new() { Project = Traffic.Project, Tags = [new("user", "rare")] });

        Assert.Single(answer.Rows);
        Assert.False(answer.IsPartial);
        Assert.Equal(source.Block.Pages, source.PagesRead);
        Assert.Single(source.Damage);
    }

    [Fact]
    public void A_filter_that_is_none_is_refused()
    {
        Assert.Throws<InvalidDataException>(static () => TagFilter.Find([], 1, [1]));
        Assert.Throws<InvalidDataException>(static () => TagFilter.Find([TagFilter.Version, 0, 5, 9, 1], 1, [1]));
        Assert.Throws<InvalidDataException>(static () => TagFilter.Find([TagFilter.Version, 0, 5, 0], 2, [1]));
        Assert.Equal([0, 1, 2], TagFilter.Find([TagFilter.Version + 1], 3, [1]));
    }

    [Fact]
    public void A_filter_says_yes_to_what_is_in_it_and_to_little_else()
    {
        var tags = new TagSet();
        for (var i = 0U; i < 3000; i++)
        {
            tags.Add(TagFilter.HashOf(7, i));
            tags.Add(TagFilter.HashOf(7, i));
        }

        var body = new ByteBuffer();
        body.Byte(TagFilter.Version);
        TagFilter.Write(body, new());
        body.Varint(0);
        TagFilter.Write(body, tags);

        Assert.Equal(3000, tags.Count);
        Assert.All(Enumerable.Range(0, 3000), i => Assert.Single(TagFilter.Find(body.Bytes, 1, [TagFilter.HashOf(7, (uint)i)])));
        Assert.InRange(Enumerable.Range(3000, 100_000).Count(i => TagFilter.Find(body.Bytes, 1, [TagFilter.HashOf(7, (uint)i)]).Count > 0), 0, 300);
    }

    private static byte[] Build()
    {
        var requests = Enumerable.Range(1, Traces).Select(static trace =>
        {
            var request = Traffic.Request(Enumerable.Range(1, 200).Select(i => new Sent((UInt128)trace, (ulong)i)
            {
                Kind = i == 1 ? SpanKind.Server : SpanKind.Client,
                IsFailed = trace == Rare && i == 1,
                Duration = trace == Rare && i == 1 ? 7_000_000UL : 1_000_000,
                Tags = [("user", trace == Rare && i == 1 ? "rare" : string.Create(CultureInfo.InvariantCulture, $"{trace}-{i}")), ("path", "/")],
            }));
            if (trace == Rare)
            {
                Add(request.Spans.Batch);
            }

            return request;
        });
        var records = requests.Select(static r => new SpanEncoder().Encode(r)).ToList();
        using var builder = new BlockBuilder();
        return builder.Build(records, [.. records.SelectMany(static (r, i) => r.Spans.Select((_, span) => (i, span)))], 1, 1, []).ToArray();
    }

    private static void Add(SpanBatch batch)
    {
        TextRef Text(string text) => batch.Add(System.Text.Encoding.UTF8.GetBytes(text));
        var span = batch.Spans[0];
        var first = batch.Attributes.Count;
        batch.Attributes.Add(new() { Key = Text("user"), Kind = ValueKind.Text, Text = Text("rare") });
        batch.Attributes.Add(new() { Key = Text("order"), Kind = ValueKind.Int, Number = 4711 });
        batch.Attributes.Add(new() { Key = Text("price"), Kind = ValueKind.Double, Number = BitConverter.DoubleToInt64Bits(0.125) });
        batch.Attributes.Add(new() { Key = Text("express"), Kind = ValueKind.Bool, Number = 1 });
        batch.Attributes.Add(new() { Key = Text("nothing") });
        span.Attributes = new(first, 5);
        batch.Attributes.Add(new() { Key = Text("event.key"), Kind = ValueKind.Int, Number = 1 });
        batch.Events.Add(new() { Time = span.Start, Name = Text("happened"), Attributes = new(first + 5, 1) });
        span.Events = new(batch.Events.Count - 1, 1);
        batch.Spans[0] = span;
    }

    /// <summary>One block, and how many of its pages with spans were read.</summary>
    private sealed class CountedSource(byte[] bytes) : ISearchSource
    {
        private readonly BoundedCache<Block, BlockTexts> _texts = new(new(TimeProvider.System), 1 << 20, TimeSpan.FromDays(1), static (_, texts) => texts.Size);

        public Block Block { get; } = BlockBytes.Open(bytes, 0, BlockHeader.Find(bytes), new());

        public int PagesRead { get; private set; }

        public List<InvalidDataException> Damage { get; } = [];

        public IReadOnlyList<Head> Heads => [];

        public IReadOnlyList<SearchBlock> Blocks => [new(Block.MaxStart, Block.MaxDuration)];

        public Task<SpanSearchAnswer> SearchAsync(SpanSearch search) =>
            new SpanSearcher(search, this, _texts, TimeProvider.System, TimeSpan.FromMinutes(1), static _ => true).SearchAsync(Cancellation);

        public ValueTask<Block> OpenAsync(int number, CancellationToken cancellationToken) => ValueTask.FromResult(Block);

        public ValueTask<Page> ReadPageAsync(int number, Block block, int page, bool isOneOfAll, CancellationToken cancellationToken)
        {
            PagesRead += page < block.Pages ? 1 : 0;
            return ValueTask.FromResult(block.ReadPage(page));
        }

        public ValueTask<List<int>> FindPagesAsync(int number, Block block, ReadOnlyMemory<ulong> tags, ulong minDuration, CancellationToken cancellationToken)
        {
            var found = block.FindPages(tags.Span, minDuration);
            Assert.Equal(TagFilter.Find(block.ReadPage(block.Pages).Body, block.Pages, tags.Span, minDuration), found);
            return ValueTask.FromResult(found);
        }

        public ValueTask<(SpanGroup Spans, bool IsWhole)> ReadTraceAsync(UInt128 traceId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public void TellDamage(int number, InvalidDataException problem) => Damage.Add(problem);
    }
}
