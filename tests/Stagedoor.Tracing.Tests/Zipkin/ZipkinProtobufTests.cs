using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;
using Stagedoor.Tracing.Zipkin;
using Xunit;

namespace Stagedoor.Tracing.Tests.Zipkin;

public sealed class ZipkinProtobufTests
{
    private static readonly SpanLimits s_limits = new();

    [Fact]
    public void It_says_the_same_as_the_other_encoding()
    {
        var local = new Message().Number(4, 8080).Blob(2, [10, 0, 0, 1]).Text(1, "Cart").Blob(3, [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        var remote = new Message().Text(1, "db").Number(4, 5432).Blob(3, [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        var span = new Message()
            .Inner(11, new Message().Text(1, "http.path").Text(2, "/a组")).Number(12, 1).Inner(11, new Message().Text(2, "\"x").Text(1, "peer"))
            .Blob(1, Convert.FromHexString("4be1c7d02f9a43568d17e0c2b5a3f964")).Blob(2, [0x1F]).Blob(3, Convert.FromHexString("9a01b2c3d4e5f607")).Number(4, 1)
            .Inner(10, new Message().Fixed64(1, 1772438400120001).Text(2, "ws")).Text(5, "get /").Fixed64(6, 1772438400120000).Number(7, 18250)
            .Inner(10, new Message().Text(2, "\"retry\": {\"n\":2,\"why\":\"busy\",\"wait\":1.5,\"last\":false,\"of\":[1,\"x\",{\"k\":true}]}").Fixed64(1, 1772438400120002))
            .Inner(8, local).Inner(9, remote).Number(13, 1).Number(99, 5)
            .Inner(11, new Message().Text(1, "error").Text(2, "broken")).Inner(11, new Message().Text(1, "retries").Text(2, "3")).Inner(11, new Message().Text(1, "cached").Text(2, "true"));
        var small = new Message().Blob(1, Message.Id(8, 1)).Blob(3, Message.Id(8, 2)).Fixed64(6, 7).Number(7, 0).Inner(8, local);

        Assert.Equal(
            SpanText.Of(ZipkinJson.Read(System.Text.Encoding.UTF8.GetBytes(ZipkinJsonTests.Whole), s_limits)),
            SpanText.Of(ZipkinProtobuf.Read(List(span, small), s_limits)));
    }

    [Theory]
    [InlineData(0, "Internal")]
    [InlineData(1, "Client")]
    [InlineData(2, "Server")]
    [InlineData(3, "Producer")]
    [InlineData(4, "Consumer")]
    [InlineData(5, "Internal")]
    public void Kinds_have_numbers_of_their_own(ulong number, string kind) => Assert.Equal(kind, ZipkinProtobuf.Read(List(Span().Number(4, number)), s_limits).Spans[0].Kind.ToString());

    [Fact]
    public void What_is_no_span_is_rejected_with_the_reason_told()
    {
        var batch = ZipkinProtobuf.Read(
            List(Span().Blob(1, []), Span().Blob(1, new byte[17]), Span().Blob(3, []), Span().Blob(3, new byte[9]), Span().Blob(2, new byte[9]), Span().Fixed64(6, 0), Span()),
            s_limits);

        Assert.Equal("rejected 6 of 7 spans: invalid_trace_id=2, invalid_span_id=2, invalid_parent_id=1, missing_time=1", batch.DescribeRejections());
    }

    [Fact]
    public void What_can_be_mended_is()
    {
        var batch = ZipkinProtobuf.Read(List(Span().Inner(8, new Message().Blob(2, [1, 2, 3]).Number(4, 70_000)).Inner(11, new Message().Text(1, "k").Blob(2, [0xFF])).Blob(2, Message.Id(8, 2))), s_limits);

        Assert.Equal(SpanWarnings.NoName | SpanWarnings.NoDuration | SpanWarnings.InvalidText | SpanWarnings.OwnParent, batch.Spans[0].Warnings);
        Assert.Equal(["k=\ufffd"], SpanText.Of(batch, batch.Spans[0].Attributes));
    }

    [Fact]
    public void Nothing_is_a_list_too() => Assert.Empty(ZipkinProtobuf.Read(Array.Empty<byte>(), s_limits).Spans);

    [Theory]
    [InlineData("0A05")]
    [InlineData("0A020A05")]
    [InlineData("08")]
    public void What_is_no_list_is_told(string hex) => Assert.Throws<MalformedSpansException>(() => ZipkinProtobuf.Read(Convert.FromHexString(hex), s_limits));

    [Fact]
    public void Another_format_is_told_which_one_is_expected() =>
        Assert.Equal("Expected a list of Zipkin v2 spans in protobuf", Assert.Throws<MalformedSpansException>(static () => ZipkinProtobuf.Read(" [{}]"u8.ToArray(), s_limits)).Message);

    /// <summary>Whatever bytes come, they are spans or are told to be none.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused() => Mutations.TryBinary(
        List(Span().Inner(8, new Message().Text(1, "s").Blob(2, [1, 2, 3, 4])).Inner(10, new Message().Fixed64(1, 1).Text(2, "\"e\": {\"k\":[1]}")), Span().Inner(11, new Message().Text(1, "error").Text(2, "v"))),
        static bytes => ZipkinProtobuf.Read(bytes, s_limits));

    private static Message Span() => new Message().Blob(1, Message.Id(8, 1)).Blob(3, Message.Id(8, 2)).Fixed64(6, 7);

    private static byte[] List(params Message[] spans) => spans.Aggregate(new Message(), static (list, span) => list.Inner(1, span)).Bytes;
}
