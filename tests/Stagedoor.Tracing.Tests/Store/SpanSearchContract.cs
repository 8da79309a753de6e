using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

#pragma warning disable CA5394 // Nobody has to guess what is tried.

/// <summary>What a search of every engine finds.</summary>
public abstract class SpanSearchContract : IAsyncLifetime
{
    internal abstract TraceStand Stand { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await Stand.StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Stand.DisposeAsync();
    }

    // Sorting all spans is slow and plainly right.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task A_search_finds_what_going_through_all_spans_finds(int seed)
    {
        var random = new Random(seed);
        var all = new List<Sent>();
        for (var i = 0; i < 40; i++)
        {
            var request = Enumerable.Range(0, 20).Select(_ => Some(random)).ToList();
            all.AddRange(request);
            await Stand.Store.AppendAsync(Traffic.Request(request), Cancellation);
            if (i == 30)
            {
                await Stand.SealAsync();
            }
        }

        for (var i = 0; i < 60; i++)
        {
            var search = SomeSearch(random);

            var answer = await Stand.Store.SearchAsync(search, Cancellation);

            Assert.Equal(Expected(all, search), answer.Rows.Select(static r => (r.Start, r.TraceId, r.SpanId, r.Name, r.Identity.Service)));
            Assert.False(answer.IsPartial);
        }
    }

    [Theory]
    [InlineData("http.request.method", "GET", 1)]
    [InlineData("http.request.method", "PUT", 0)]
    [InlineData("service.name", "cart", 1)]
    [InlineData("scope.key", "x", 1)]
    [InlineData("error", "true", 1)]
    [InlineData("error", "false", 0)]
    [InlineData("span.kind", "server", 1)]
    [InlineData("otel.status_code", "ERROR", 1)]
    [InlineData("otel.scope.name", "library", 1)]
    [InlineData("otel.scope.version", "1.2", 1)]
    public async Task Tags_are_looked_for_everywhere(string key, string value, int rows)
    {
        await Stand.Store.AppendAsync(Traffic.Request([new(1, 1) { IsFailed = true, Kind = SpanKind.Server }]), Cancellation);
        var search = new SpanSearch { Project = Traffic.Project, Tags = [new(key, value)] };

        Assert.Equal(rows, (await Stand.Store.SearchAsync(search, Cancellation)).Rows.Count);
        await Stand.SealAsync();
        Assert.Equal(rows, (await Stand.Store.SearchAsync(search, Cancellation)).Rows.Count);
        Assert.Equal(rows, (await Stand.Store.SearchAsync(search with { EntryOnly = true }, Cancellation)).Rows.Count);
    }

    [Theory]
    [InlineData("n", "1")]
    [InlineData("user", "7")]
    [InlineData("int", "-9223372036854775808")]
    [InlineData("double", "NaN")]
    [InlineData("bool", "true")]
    public async Task Tags_of_events_and_of_other_types_have_their_text(string key, string value)
    {
        await Stand.Store.AppendAsync(Traffic.Request([new(1, 1) { IsRich = true }, new(1, 3) { Tags = [("user", "7")] }, new(2, 2)]), Cancellation);
        var search = new SpanSearch { Project = Traffic.Project, Tags = [new(key, value)] };

        Assert.Equal((UInt128)1, Assert.Single((await Stand.Store.SearchAsync(search, Cancellation)).Rows).TraceId);
        await Stand.SealAsync();
        Assert.Equal((UInt128)1, Assert.Single((await Stand.Store.SearchAsync(search, Cancellation)).Rows).TraceId);
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("none")]
    [InlineData("n")]
    [InlineData("名")]
    public async Task Keys_are_found_of_attributes_and_events_and_as_names_of_events(string key)
    {
        await Stand.Store.AppendAsync(Traffic.Request([new(1, 1) { IsRich = true }, new(2, 2)]), Cancellation);
        var search = new SpanSearch { Project = Traffic.Project, Keys = [key] };

        Assert.Equal((UInt128)1, Assert.Single((await Stand.Store.SearchAsync(search, Cancellation)).Rows).TraceId);
        await Stand.SealAsync();
        Assert.Equal((UInt128)1, Assert.Single((await Stand.Store.SearchAsync(search, Cancellation)).Rows).TraceId);
        Assert.Empty((await Stand.Store.SearchAsync(search with { Keys = [key, "http.request.method"] }, Cancellation)).Rows);
    }

    [Fact]
    public async Task A_transaction_is_found_with_and_without_its_method()
    {
        await Stand.Store.AppendAsync(Traffic.Request([new(1, 1) { Kind = SpanKind.Server }]), Cancellation);
        await Stand.SealAsync();
        async Task<int> Count(string transaction) =>
            (await Stand.Store.SearchAsync(new() { Project = Traffic.Project, EntryOnly = true, Transaction = transaction }, Cancellation)).Rows.Count;

        Assert.Equal(1, await Count("GET_/orders"));
        Assert.Equal(1, await Count("/orders"));
        Assert.Equal(0, await Count("/order"));
        Assert.Equal(0, await Count("orders"));
    }

    private static Sent Some(Random random) => new((UInt128)random.Next(1, 120), (ulong)random.NextInt64(1, long.MaxValue))
    {
        Start = Traffic.Midnight + (ulong)random.NextInt64(-3600, 3600) * Traffic.Second,
        Duration = (ulong)random.Next(5_000_000),
        Name = "op" + random.Next(4),
        Kind = (SpanKind)random.Next(1, 6),
        IsFailed = random.Next(4) == 0,
        Identity = new("g" + random.Next(2), "service" + random.Next(3), "i" + random.Next(2), "c", "n", ""),
        Tags = [("user", random.Next(5).ToString(System.Globalization.CultureInfo.InvariantCulture))],
    };

    private static SpanSearch SomeSearch(Random random)
    {
        bool Often() => random.Next(2) == 0;
        bool Seldom() => random.Next(5) == 0;
        return new()
        {
            Project = Traffic.Project,
            From = Often() ? 0 : Traffic.Midnight - (1800 * Traffic.Second),
            Until = Often() ? ulong.MaxValue : Traffic.Midnight + (1800 * Traffic.Second),
            Service = Often() ? "service" + random.Next(4) : null,
            Group = Seldom() ? "g1" : null,
            Instance = Seldom() ? "i1" : null,
            Operation = Seldom() ? "op1" : null,
            Kind = Seldom() ? SpanKind.Server : null,
            EntryOnly = Often(),
            FailedOnly = Seldom(),
            MinDuration = Seldom() ? 2_000_000UL : 0,
            MaxDuration = Seldom() ? 3_000_000UL : ulong.MaxValue,
            Tags = Seldom() ? [new("user", "3")] : [],
            Limit = random.Next(1, 60),
            RowIsEarliest = Often(),
        };
    }

    private static IEnumerable<(ulong, UInt128, ulong, string, string)> Expected(List<Sent> all, SpanSearch search) => all
        .Where(s => s.Start >= search.From && s.Start < search.Until
            && (search.Service ?? s.Identity.Service) == s.Identity.Service && (search.Group ?? s.Identity.Group) == s.Identity.Group
            && (search.Instance ?? s.Identity.Instance) == s.Identity.Instance && (search.Operation ?? s.Name) == s.Name && (search.Kind ?? s.Kind) == s.Kind
            && (!search.EntryOnly || s.Kind is SpanKind.Server) && (!search.FailedOnly || s.IsFailed)
            && s.Duration >= search.MinDuration && s.Duration <= search.MaxDuration
            && search.Tags.All(t => s.Tags.Contains((t.Key, t.Value))))
        .GroupBy(static s => s.TraceId)
        .Select(g => search.RowIsEarliest ? g.OrderBy(static s => s.Start).ThenBy(static s => s.SpanId).First() : g.OrderByDescending(static s => s.Start).ThenBy(static s => s.SpanId).First())
        .OrderByDescending(static s => s.Start).ThenBy(static s => s.TraceId)
        .Take(search.Limit)
        .Select(static s => (s.Start, s.TraceId, s.SpanId, s.Name, s.Identity.Service));
}
