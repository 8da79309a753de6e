using Stagedoor.Tracing.Model;
using Xunit;

namespace Stagedoor.Tracing.Tests.Model;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
public sealed class MeasureTests
{
    [Fact]
    public void Failed_calls_are_as_frustrating_as_slow_ones()
    {
        (long Milliseconds, bool Failed)[] calls = [(50, false), (100, false), (101, false), (400, false), (401, false), (20, true)];
        var apdex = calls.Aggregate(default(Apdex), static (sum, c) => sum.With(c.Milliseconds * 1000, c.Failed, Apdex.ServiceThreshold));

        Assert.Equal(new(2, 2, 6), apdex);
        Assert.Equal((0.5, "yellow"), (apdex.Score, apdex.Color));
    }

    [Theory]
    [InlineData(0, 0, 0, "gray")]
    [InlineData(3, 0, 4, "green")]
    [InlineData(749, 0, 1000, "yellow")]
    [InlineData(0, 6, 10, "yellow")]
    [InlineData(299, 0, 1000, "red")]
    public void The_colour_is_that_of_the_score_before_it_is_rounded(long satisfied, long tolerating, long total, string color) =>
        Assert.Equal(color, new Apdex(satisfied, tolerating, total).Color);

    [Fact]
    public void Percentiles_are_at_most_4_5_percent_off()
    {
        var random = new Random(2);
        for (var round = 0; round < 50; round++)
        {
            var histogram = new LatencyHistogram();
            var latencies = Enumerable.Range(0, random.Next(1, 3000)).Select(_ => (long)Math.Pow(10, random.NextDouble() * 9.5)).Order().ToList();
            var parts = latencies.Chunk(100).Select(static part =>
            {
                var one = new LatencyHistogram();
                Array.ForEach(part, one.Add);
                return one;
            });
            foreach (var part in parts)
            {
                histogram.Add(part);
            }

            Assert.Equal((latencies.Count, latencies[^1]), (histogram.Total, histogram.Max));
            foreach (var quantile in (double[])[0.5, 0.95, 0.99, 1])
            {
                var exact = latencies[Math.Max(1, (int)Math.Ceiling(quantile * latencies.Count)) - 1];
                Assert.InRange(histogram.Percentile(quantile), (exact * 0.955) - 1, (exact * 1.045) + 1);
            }
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(2, 8)]
    [InlineData(1024, 80)]
    [InlineData(1023, 79)]
    [InlineData(long.MaxValue, LatencyHistogram.Buckets - 1)]
    public void Each_bucket_begins_where_the_one_before_ends(long latency, int bucket) => Assert.Equal(bucket, LatencyHistogram.BucketOf(latency));

    [Fact]
    public void Nothing_counted_is_nothing() => Assert.Equal((0L, 0L, 0L), (new LatencyHistogram().Percentile(0.99), new LatencyHistogram().Max, new LatencyHistogram().Total));
}
