using System.Text;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Xunit;

namespace Stagedoor.Tracing.Tests.Otlp;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
public sealed class OtlpJsonTests
{
    private const string Whole = """
        {"unknown":[{}],"resourceSpans":[{"scopeSpans":[{"spans":[{
          "attributes":[
            {"value":{"stringValue":"a\"\u7EC4"},"key":"text"},{"key":"bool","value":{"boolValue":true}},{"key":"int","value":{"intValue":"-7"}},
            {"key":"int2","value":{"intValue":8}},{"key":"double","value":{"doubleValue":1.5}},{"key":"nan","value":{"doubleValue":"NaN"}},
            {"key":"bytes","value":{"bytesValue":"-_8"}},{"key":"empty"},
            {"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"},{"kvlistValue":{"values":[{"key":"k","value":{"intValue":"1"}},{"key":"b","value":{"boolValue":false}}]}},{"doubleValue":2}]}}}],
          "traceId":"000000000000000000000000000000FF","spanId":"00000000000000a1","parentSpanId":"00000000000000A2","traceState":"v=1","flags":769,
          "name":"GET /","kind":2,"startTimeUnixNano":"1000","endTimeUnixNano":3e3,"droppedAttributesCount":1,"droppedEventsCount":"2","droppedLinksCount":3,
          "status":{"code":2,"message":"broken"},
          "events":[{"name":"e","timeUnixNano":"2000","attributes":[{"key":"k","value":{"stringValue":"v"}}],"droppedAttributesCount":4}],
          "links":[{"traceId":"00000000000000000000000000000007","spanId":"0000000000000008","traceState":"s","flags":257,"attributes":[]}],
          "snake_case":1,"schemaUrl":null}],
          "scope":{"name":"library","version":"1.2","attributes":[{"key":"s","value":{"stringValue":"t"}}]},"schemaUrl":"u"}],
          "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}],"droppedAttributesCount":5}}]}
        """;

    private static readonly SpanLimits s_limits = new();

    [Fact]
    public void It_says_the_same_as_the_other_encoding()
    {
        var list = new Message()
            .Inner(1, new Message().Text(1, "x"))
            .Inner(1, new Message().Inner(6, new Message().Inner(1, Message.Pair("k", new Message().Number(3, 1))).Inner(1, Message.Pair("b", new Message().Number(2, 0)))))
            .Inner(1, new Message().Fixed64(4, BitConverter.DoubleToUInt64Bits(2)));
        var span = new Message()
            .Blob(1, Message.Id(16, 0xFF)).Blob(2, Message.Id(8, 0xA1)).Blob(4, Message.Id(8, 0xA2)).Text(3, "v=1").Fixed32(16, 769).Text(5, "GET /").Number(6, 2)
            .Fixed64(7, 1000).Fixed64(8, 3000).Number(10, 1).Number(12, 2).Number(14, 3).Inner(15, new Message().Number(3, 2).Text(2, "broken"))
            .Inner(9, Message.Pair("text", "a\"组")).Inner(9, Message.Pair("bool", new Message().Number(2, 1))).Inner(9, Message.Pair("int", new Message().Number(3, unchecked((ulong)-7L))))
            .Inner(9, Message.Pair("int2", new Message().Number(3, 8))).Inner(9, Message.Pair("double", new Message().Fixed64(4, BitConverter.DoubleToUInt64Bits(1.5))))
            .Inner(9, Message.Pair("nan", new Message().Fixed64(4, BitConverter.DoubleToUInt64Bits(double.NaN)))).Inner(9, Message.Pair("bytes", new Message().Blob(7, [0xFB, 0xFF])))
            .Inner(9, new Message().Text(1, "empty")).Inner(9, Message.Pair("list", new Message().Inner(5, list)))
            .Inner(11, new Message().Fixed64(1, 2000).Text(2, "e").Inner(3, Message.Pair("k", "v")).Number(4, 4))
            .Inner(13, new Message().Blob(1, Message.Id(16, 7)).Blob(2, Message.Id(8, 8)).Text(3, "s").Fixed32(6, 257));
        var scope = new Message().Inner(1, new Message().Text(1, "library").Text(2, "1.2").Inner(3, Message.Pair("s", "t"))).Inner(2, span).Text(3, "u");
        var request = new Message().Inner(1, new Message().Inner(1, new Message().Inner(1, Message.Pair("service.name", "cart")).Number(2, 5)).Inner(2, scope));

        Assert.Equal(SpanText.Of(OtlpProtobuf.Read(request.Bytes, s_limits)), SpanText.Of(OtlpJson.Parse(Encoding.UTF8.GetBytes(Whole), s_limits)));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"resourceSpans":null}""")]
    [InlineData("""{"resourceSpans":[]}""")]
    [InlineData("""{"resource_spans":[{"scope_spans":1}]}""")]
    public void Nothing_is_a_request_too(string json) => Assert.Empty(OtlpJson.Parse(Encoding.UTF8.GetBytes(json), s_limits).Spans);

    [Fact]
    public void Of_two_members_of_one_name_the_last_counts()
    {
        var batch = OtlpJson.Parse(Encoding.UTF8.GetBytes(Whole.Replace("\"kind\":2", "\"kind\":9,\"name\":\"last\"", StringComparison.Ordinal)), s_limits);

        Assert.Equal((SpanKind.Internal, "last"), (batch.Spans[0].Kind, batch.TextOf(batch.Spans[0].Name)));
    }

    [Fact]
    public void An_id_that_is_none_rejects_its_span_alone()
    {
        var batch = OtlpJson.Parse(Encoding.UTF8.GetBytes(Whole.Replace("00000000000000a1", "AAAAAAAAAAAAAKE=", StringComparison.Ordinal)), s_limits);

        Assert.Equal("rejected 1 of 1 spans: invalid_span_id=1", batch.DescribeRejections());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{} // comment")]
    [InlineData("""{"resourceSpans":{}}""")]
    [InlineData("""{"resourceSpans":[1]}""")]
    [InlineData("""{"resourceSpans":[{}],}""")]
    public void What_is_no_request_is_told(string json) => Assert.Throws<MalformedSpansException>(() => OtlpJson.Parse(Encoding.UTF8.GetBytes(json), s_limits));

    [Theory]
    [InlineData("\"kind\":2", "\"kind\":\"SPAN_KIND_SERVER\"")]
    [InlineData("\"kind\":2", "\"kind\":1.5")]
    [InlineData("\"1000\"", "\"-1\"")]
    [InlineData("\"1000\"", "1e40")]
    [InlineData("\"name\":\"GET /\"", "\"name\":7")]
    [InlineData("\"boolValue\":true", "\"boolValue\":1")]
    [InlineData("\"-_8\"", "\"*\"")]
    [InlineData("\"intValue\":\"-7\"", "\"intValue\":\"x\"")]
    [InlineData("\"events\":[", "\"events\":[[],")]
    public void A_value_of_another_kind_is_told(string from, string to)
    {
        Assert.Contains(from, Whole, StringComparison.Ordinal);
        Assert.Throws<MalformedSpansException>(() => OtlpJson.Parse(Encoding.UTF8.GetBytes(Whole.Replace(from, to, StringComparison.Ordinal)), s_limits));
    }

    [Theory]
    [InlineData("""shop \ud83d""", "shop \uFFFD")]
    [InlineData("""\ude00 \ud83d\ude00 \ud83dx\n\u0041\\""", "\uFFFD 😀 \uFFFDx\nA\\")]
    [InlineData("""\ud83d\u0041\ud83d\ud83d\ude00""", "\uFFFDA\uFFFD😀")]
    public void Half_a_character_is_mended_and_costs_no_other_span(string sent, string kept)
    {
        var batch = OtlpJson.Parse(Encoding.UTF8.GetBytes(Whole.Replace("\"name\":\"GET /\"", $"\"name\":\"{sent}\"", StringComparison.Ordinal)), s_limits);

        Assert.Equal(kept, batch.TextOf(batch.Spans[0].Name));
    }

    [Theory]
    [InlineData("1e20", 1e20)]
    [InlineData("1.7976931348623157e308", double.MaxValue)]
    [InlineData("-100000000000000000000", -1e20)]
    [InlineData("9223372036854775808", 9.2233720368547758E18)]
    public void A_whole_number_of_JavaScript_that_is_too_large_is_a_double(string sent, double kept)
    {
        var batch = OtlpJson.Parse(Encoding.UTF8.GetBytes(Whole.Replace("\"intValue\":\"-7\"", $"\"intValue\":{sent}", StringComparison.Ordinal)), s_limits);

        Assert.Contains(batch.Attributes, a => a.Kind is ValueKind.Double && BitConverter.Int64BitsToDouble(a.Number).Equals(kept));
    }

    /// <summary>Whatever bytes come, they are spans or are told to be none.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var whole = Encoding.UTF8.GetBytes(Whole);
        var random = new Random(4);
        const string Characters = "{}[]\",:\\0123456789.eE-+nulltruefals \u00ff";
        for (var i = 0; i < 60_000; i++)
        {
            var bytes = (byte[])whole.Clone();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)Characters[random.Next(Characters.Length)];
            }

            try
            {
                _ = SpanText.Of(OtlpJson.Parse(random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes, s_limits));
            }
            catch (MalformedSpansException)
            {
                // That is the other answer.
            }
        }
    }
}
