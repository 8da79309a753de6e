using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Arrival;
using Xunit;

namespace Stagedoor.Gateway.Tests.Arrival;

public sealed class B3HeadersTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Short = "8448eb211c80319c";
    private const string Span = "b7ad6b7169203331";

    [Theory]
    [InlineData($"{Trace}-{Span}", Trace, ActivityTraceFlags.None)]
    [InlineData($"{Trace}-{Span}-0", Trace, ActivityTraceFlags.None)]
    [InlineData($"{Trace}-{Span}-1", Trace, ActivityTraceFlags.Recorded)]
    [InlineData($"{Trace}-{Span}-d", Trace, ActivityTraceFlags.Recorded)]
    [InlineData($"{Trace}-{Span}-1-05e3ac9a4f6e3b90", Trace, ActivityTraceFlags.Recorded)]
    [InlineData($"{Short}-{Span}-1", $"0000000000000000{Short}", ActivityTraceFlags.Recorded)]
    public void A_single_header_is_the_callers_span(string header, string trace, ActivityTraceFlags flags)
    {
        Assert.True(B3Headers.TryParse(new HeaderDictionary { ["b3"] = header }, out var context));

        Assert.Equal((trace, Span, flags), (context.TraceId.ToHexString(), context.SpanId.ToHexString(), context.TraceFlags));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("d")]
    [InlineData(Trace)]
    [InlineData($"{Trace}-")]
    [InlineData($"{Trace}-{Span}-")]
    [InlineData($"{Trace}-{Span}-2")]
    [InlineData($"{Trace}-{Span}-11")]
    [InlineData($"{Trace}-{Span}-1-")]
    [InlineData($"{Trace}-{Span}-1-05e3")]
    [InlineData($"{Trace}-{Span}_1")]
    [InlineData($"00000000000000000000000000000000-{Span}-1")]
    [InlineData($"{Trace}-0000000000000000-1")]
    [InlineData($"0AF7651916CD43DD8448EB211C80319C-{Span}-1")]
    [InlineData($"0{Short}-{Span}-1")]
    public void A_single_header_that_is_none_is_as_if_it_were_not_there(string header)
    {
        Assert.False(B3Headers.TryParse(new HeaderDictionary { ["b3"] = header }, out _));
        Assert.True(B3Headers.TryParse(new HeaderDictionary { ["b3"] = header, ["X-B3-TraceId"] = Short, ["X-B3-SpanId"] = Span }, out var context));
        Assert.Equal($"0000000000000000{Short}", context.TraceId.ToHexString());
    }

    [Theory]
    [InlineData(null, null, ActivityTraceFlags.None)]
    [InlineData("0", null, ActivityTraceFlags.None)]
    [InlineData("1", null, ActivityTraceFlags.Recorded)]
    [InlineData("true", null, ActivityTraceFlags.Recorded)]
    [InlineData("false", null, ActivityTraceFlags.None)]
    [InlineData(null, "1", ActivityTraceFlags.Recorded)]
    [InlineData("0", "1", ActivityTraceFlags.Recorded)]
    [InlineData("1", "0", ActivityTraceFlags.Recorded)]
    public void Several_headers_are_the_callers_span(string? sampled, string? debug, ActivityTraceFlags flags)
    {
        var headers = new HeaderDictionary { ["X-B3-TraceId"] = Trace, ["X-B3-SpanId"] = Span, ["X-B3-ParentSpanId"] = "05e3ac9a4f6e3b90", ["X-B3-Sampled"] = sampled, ["X-B3-Flags"] = debug };

        Assert.True(B3Headers.TryParse(headers, out var context));

        Assert.Equal((Trace, Span, flags), (context.TraceId.ToHexString(), context.SpanId.ToHexString(), context.TraceFlags));
    }

    [Fact]
    public void The_single_header_counts_before_the_others()
    {
        Assert.True(B3Headers.TryParse(new HeaderDictionary { ["b3"] = $"{Trace}-{Span}-0", ["X-B3-TraceId"] = Short, ["X-B3-SpanId"] = Span, ["X-B3-Sampled"] = "1" }, out var context));

        Assert.Equal((Trace, ActivityTraceFlags.None), (context.TraceId.ToHexString(), context.TraceFlags));
    }

    [Theory]
    [InlineData(null, Span, null)]
    [InlineData(Trace, null, null)]
    [InlineData("zz", Span, null)]
    [InlineData(Trace, "zz", null)]
    [InlineData(Trace, Span, "yes")]
    [InlineData($"{Trace},{Trace}", Span, null)]
    public void Anything_else_begins_a_new_trace(string? trace, string? span, string? sampled) =>
        Assert.False(B3Headers.TryParse(new HeaderDictionary { ["X-B3-TraceId"] = trace, ["X-B3-SpanId"] = span, ["X-B3-Sampled"] = sampled }, out _));

    [Fact]
    public void A_header_that_stands_twice_is_none() =>
        Assert.False(B3Headers.TryParse(new HeaderDictionary { ["b3"] = new([$"{Trace}-{Span}", $"{Trace}-{Span}"]) }, out _));
}
