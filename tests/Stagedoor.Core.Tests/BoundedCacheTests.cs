using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Stagedoor.Core.Tests;

public sealed class BoundedCacheTests
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly CacheGeneration _generation;

    public BoundedCacheTests() => _generation = new(_clock);

    [Fact]
    public void It_takes_no_more_than_its_capacity()
    {
        var cache = new BoundedCache<int, string>(_generation, 1000, s_age, static (_, value) => value.Length);
        for (var i = 0; i < 500; i++)
        {
            cache.Keep(i % 50, new string('x', i));
            Assert.InRange(cache.Size, 0, 1000);
        }

        Assert.True(cache.Size > 0);
        cache.Keep(1, new string('x', 1001));
        Assert.Null(cache.Find(1));
    }

    [Fact]
    public void Without_a_measure_it_counts()
    {
        var cache = new BoundedCache<int, string>(_generation, 3, s_age);
        for (var i = 0; i < 10; i++)
        {
            cache.Keep(i, "x");
        }

        Assert.Equal((3, 3L), (cache.Count, cache.Size));
    }

    [Fact]
    public void What_is_asked_for_again_is_not_displaced_by_what_comes_once()
    {
        var cache = new BoundedCache<int, string>(_generation, 100, s_age);
        var mine = Enumerable.Range(0, 50).ToList();
        mine.ForEach(key => cache.Keep(key, "mine"));

        for (var stranger = 1000; stranger < 10_000; stranger++)
        {
            if (stranger % 25 == 0)
            {
                Assert.All(mine, key => Assert.NotNull(cache.Find(key)));
            }

            cache.Keep(stranger, "stranger");
        }
    }

    [Fact]
    public void What_is_read_anew_is_still_in_use()
    {
        var cache = new BoundedCache<int, string>(_generation, 2, s_age);
        cache.Keep(1, "old");
        Assert.NotNull(cache.Find(1));

        cache.Keep(1, "new");
        cache.Keep(2, "stranger");
        cache.Keep(3, "stranger");

        Assert.Equal("new", cache.Find(1));
    }

    [Fact]
    public void What_is_over_goes_before_what_is_in_use()
    {
        var cache = new BoundedCache<int, string>(_generation, 2, s_age);
        cache.Keep(1, "old");
        Assert.NotNull(cache.Find(1));
        _clock.Advance(s_age);
        cache.Keep(2, "young");

        cache.Keep(3, "younger");

        Assert.Equal((null, "young", "younger"), (cache.Find(1), cache.Find(2), cache.Find(3)));
    }

    [Theory]
    [InlineData(999, true)]
    [InlineData(1000, false)]
    public void An_entry_counts_for_as_long_as_it_may(int milliseconds, bool counts)
    {
        var cache = new BoundedCache<string, string>(_generation, 10, s_age);
        cache.Keep("key", "value");

        _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

        Assert.Equal(counts, cache.Find("key") is not null);
        cache.Sweep();
        Assert.Equal(counts ? 1 : 0, cache.Count);
    }

    [Fact]
    public void What_was_read_before_the_generation_ended_does_not_count()
    {
        var cache = new BoundedCache<string, string>(_generation, 10, Timeout.InfiniteTimeSpan);
        cache.Keep("before", "value");
        var reading = cache.Begin();

        _generation.End();
        cache.Keep("between", "value", reading);
        cache.Keep("after", "value");

        Assert.Equal((null, null, "value"), (cache.Find("before"), cache.Find("between"), cache.Find("after")));
    }

    [Fact]
    public void A_part_of_a_text_is_found()
    {
        var cache = new BoundedCache<string, string>(_generation, 10, s_age, keys: StringComparer.Ordinal);
        cache.Keep("key", "value");

        Assert.Equal("value", cache.Find("a key".AsSpan(2)));
    }

    [Fact]
    public void What_goes_by_itself_is_told_and_what_is_taken_out_is_not()
    {
        var dropped = new List<string>();
        var cache = new BoundedCache<int, string>(_generation, 2, s_age, dropped: dropped.Add);
        cache.Keep(1, "replaced");
        cache.Keep(1, "taken");
        Assert.Equal("taken", cache.Take(1));
        Assert.Null(cache.Take(1));
        cache.Keep(2, "forgotten");
        cache.Forget(2);
        cache.Keep(3, "displaced");
        cache.Keep(4, "too old");
        cache.Keep(5, "swept");
        _clock.Advance(s_age);
        Assert.Null(cache.Take(4));
        cache.Sweep();

        Assert.Equal(["replaced", "forgotten", "displaced", "too old", "swept"], dropped);
        Assert.Equal((0, 0L), (cache.Count, cache.Size));
    }

    [Fact]
    public async Task Many_at_once_leave_it_in_order()
    {
        var dropped = 0L;
        var cache = new BoundedCache<int, string>(_generation, 500, s_age, static (key, _) => 1 + (key % 7), dropped: _ => Interlocked.Increment(ref dropped));
        var (kept, taken) = (0L, 0L);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(
            () =>
            {
                for (var i = 0; i < 20_000; i++)
                {
                    var key = ((seed * 53) + (i * 31)) % 400;
                    switch (((i / 3) + seed) % 8)
                    {
                        case 0:
                            cache.Forget(key);
                            break;
                        case 1:
                            Interlocked.Add(ref taken, cache.Take(key) is null ? 0 : 1);
                            break;
                        case 2 or 3 or 4:
                            cache.Keep(key, "value");
                            Interlocked.Increment(ref kept);
                            break;
                        default:
                            cache.Find(key);
                            break;
                    }
                }
            },
            TestContext.Current.CancellationToken)));

        Assert.InRange(cache.Size, 1, 500);
        for (var key = 0; key < 400; key++)
        {
            cache.Forget(key);
        }

        Assert.Equal((0, 0L), (cache.Count, cache.Size));
        Assert.Equal(kept, taken + dropped);
    }
}
