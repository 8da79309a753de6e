using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>A server that acknowledges spans while they wait to be written.</summary>
public sealed class QueuedHttpTests : TraceService
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Tracing:Acknowledge", "queued")];

    [Fact]
    public async Task A_server_that_is_stopped_has_written_all_that_it_acknowledged_and_says_that_nothing_was_lost()
    {
        await Parallel.ForAsync(1, 200, Cancellation, async (i, _) => await SendAsync(Of("cart", Span((byte)i, 1))));
        using (var metrics = await App.Anonymous.GetAsync("/metrics", Cancellation))
        {
            Assert.Contains("\nstagedoor_tracing_lost_total 0\n", await metrics.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        }

        await App.RestartAsync();

        Assert.Equal(199, (await QueryAsync($"ats/traces?{Window}&application=cart&limit=1000")).GetProperty("responseInfo").GetProperty("count").GetInt32());
    }
}
