using System.Net;
using Stagedoor.Tracing.Ingest;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Traces that may have a thousand spans.</summary>
public sealed class TraceSizeTests : TraceService
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Tracing:MaxSpansPerTrace", "1000")];

    [Fact]
    public async Task What_is_too_much_for_a_trace_is_rejected_across_requests_and_other_traces_are_not()
    {
        await SendAsync(Of("cart", [.. Spans(1, 1, 600)]));
        await SendAsync(Of("cart", [.. Spans(1, 601, 400)]));

        using var over = await ExportAsync(Of("cart", [.. Spans(1, 1001, 5), Span(2, 1)]), OtlpAnswer.Protobuf);

        Assert.Equal(HttpStatusCode.OK, over.StatusCode);
        var text = await TextOf(over);
        Assert.Contains("trace_too_large=5; Tracing:MaxSpansPerTrace", text, StringComparison.Ordinal);
        Assert.Contains("rejected 5 of 6 spans", text, StringComparison.Ordinal);
        Assert.Equal(1000, (await QueryAsync($"ats/traces/{new string('0', 30)}01")).GetProperty("responseInfo").GetProperty("spanCount").GetInt32());
        Assert.Equal(1, (await QueryAsync($"ats/spans?traceId={new string('0', 30)}02")).GetProperty("responseInfo").GetArrayLength());
    }

    [Fact]
    public async Task One_request_with_too_much_is_kept_up_to_there()
    {
        using var over = await ExportAsync(Of("cart", [.. Spans(1, 1, 1001)]));

        Assert.Contains("trace_too_large=1;", await TextOf(over), StringComparison.Ordinal);
        using var more = await ExportAsync(Of("cart", [.. Spans(1, 2000, 1)]));
        Assert.Contains("trace_too_large=1;", await TextOf(more), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_comes_again_takes_no_room_of_its_trace()
    {
        var same = Of("cart", [.. Spans(1, 1, 400)]);
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(same);
        }

        await SendAsync(Of("cart", [.. Spans(1, 401, 600)]));
    }

    private IEnumerable<Otlp.Message> Spans(byte trace, int first, int count) => Enumerable.Range(first, count).Select(n => new Otlp.Message()
        .Blob(1, Otlp.Message.Id(16, trace)).Blob(2, [0, 0, 0, 0, 0, 0, (byte)(n >> 8), (byte)n]).Text(5, "step").Number(6, 2).Fixed64(7, Now - 1_000_000).Fixed64(8, Now));
}
