using System.Net;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>What is asked while what is kept cannot be read.</summary>
public sealed class StoreFaultTests : TraceService
{
    [Fact]
    [Provokes("SVCSTG.ATPS.500001")]
    public async Task Without_the_table_of_measures_there_is_no_topology()
    {
        await SendAsync(Of("cart", Span(1, 1)));
        using (App.Sabotage("tracing").Unreadable("measures"))
        {
            using var response = await App.Admin.GetAsync($"/v1/{Project}/atps/topology?{Window}", Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.ATPS.500001");
        }

        Assert.NotEmpty((await QueryAsync($"atps/topology?{Window}")).GetProperty("responseInfo").GetProperty("nodes").EnumerateArray());
    }

    [Fact]
    [Provokes("SVCSTG.ATS.500001")]
    public async Task A_trace_in_a_damaged_part_is_not_denied_and_the_others_are_answered()
    {
        await SendAsync(Of("cart", Span(1, 1)));
        var traces = Path.Combine(App.DataDirectory, "traces");
        await Eventually.TrueAsync("a block in a file", App.Clock, TimeSpan.FromMinutes(1), () => Task.FromResult(Directory.GetFiles(traces, "spans-*.seg").Any(static f => new FileInfo(f).Length > 0)));
        await using (var file = new FileStream(Directory.GetFiles(traces, "spans-*.seg").Single(), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.Position = 70;
            await file.WriteAsync("damage"u8.ToArray(), Cancellation);
        }

        await SendAsync(Of("cart", Span(2, 1)));
        using var response = await App.Admin.GetAsync($"/v1/{Project}/ats/spans?traceId={new string('0', 30)}01", Cancellation);

        await response.ShouldFailAsync(500, "SVCSTG.ATS.500001");
        Assert.Equal(1, (await QueryAsync($"ats/spans?traceId={new string('0', 30)}02")).GetProperty("responseInfo").GetArrayLength());
        using var ready = await App.Anonymous.GetAsync("/readyz", Cancellation);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Contains("has a damaged part", await ready.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }
}
