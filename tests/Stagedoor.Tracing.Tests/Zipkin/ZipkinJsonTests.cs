using System.Text;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Zipkin;
using Xunit;

namespace Stagedoor.Tracing.Tests.Zipkin;

public sealed class ZipkinJsonTests
{
    /// <summary>With all that the format knows.</summary>
    internal const string Whole = """
        [{"traceId":"4BE1c7d02f9a43568d17e0c2b5a3f964","id":"9a01b2c3d4e5f607","parentId":"1f","kind":"CLIENT","name":"get /","timestamp":1772438400120000,"duration":18250,
          "tags":{"http.path":"/a\u7EC4","peer":"\u0022x","error":"broken","retries":3,"cached":true,"nothing":null},"debug":true,"shared":true,"unknown":[{"a":1}],
          "annotations":[{"timestamp":1772438400120001,"value":"ws"},{"value":"\"retry\": {\"n\":2,\"why\":\"busy\",\"wait\":1.5,\"last\":false,\"of\":[1,\"x\",{\"k\":true}]}","timestamp":1772438400120002}],
          "localEndpoint":{"serviceName":"Cart","ipv4":"10.0.0.1","ipv6":"2001:db8::1","port":8080},"remoteEndpoint":{"serviceName":"db","ipv6":"2001:db8::2","port":5432}},
         {"traceId":"1","id":"2","timestamp":7,"duration":0,"localEndpoint":{"serviceName":"Cart","ipv4":"10.0.0.1","ipv6":"2001:db8::1","port":8080}}]
        """;

    private static readonly SpanLimits s_limits = new();

    [Fact]
    public void Half_a_character_is_no_kind() =>
        Assert.Equal(SpanKind.Internal, Assert.Single(Read("""[{"traceId":"1","id":"2","timestamp":7,"kind":"\ud800"}]""").Spans).Kind);

    [Fact]
    public void Everything_that_the_format_knows_of_a_span_is_read()
    {
        var batch = Read(Whole);

        Assert.Equal(2, batch.Spans.Count);
        var span = batch.Spans[0];
        Assert.Equal(
            (UInt128.Parse("4be1c7d02f9a43568d17e0c2b5a3f964", System.Globalization.NumberStyles.HexNumber, null), 0x9a01b2c3d4e5f607UL, 0x1FUL),
            (span.TraceId, span.SpanId, span.ParentId));
        Assert.Equal((1772438400120000000UL, 1772438400138250000UL), (span.Start, span.End));
        Assert.Equal((SpanKind.Client, SpanStatus.Error, SpanWarnings.None), (span.Kind, span.Status, span.Warnings));
        Assert.Equal(ZipkinFlags.Debug | ZipkinFlags.Shared, span.Flags);
        Assert.Equal(("get /", "broken"), (batch.TextOf(span.Name), batch.TextOf(span.StatusMessage)));
        Assert.Equal(
            ["peer.service=db", "network.peer.address=2001:db8::2", "network.peer.port=Int 5432", "http.path=/a组", "peer=\"x", "retries=3", "cached=true"],
            SpanText.Of(batch, span.Attributes));
        var scope = Assert.Single(batch.Scopes);
        Assert.Equal(
            ["service.name=Cart", "network.local.address=10.0.0.1", "zipkin.local.ipv6=2001:db8::1", "network.local.port=Int 8080"],
            SpanText.Of(batch, batch.Resources[scope.Resource].Attributes));
        Assert.Equal(2, span.Events.Count);
        Assert.Equal((1772438400120001000UL, "ws", 0), (batch.Events[0].Time, batch.TextOf(batch.Events[0].Name), batch.Events[0].Attributes.Count));
        Assert.Equal((1772438400120002000UL, "retry"), (batch.Events[1].Time, batch.TextOf(batch.Events[1].Name)));
        Assert.Equal(["n=Int 2", "why=busy", "wait=Double 1.5", "last=Bool 0"], SpanText.Of(batch, batch.Events[1].Attributes)[..4]);
        Assert.Equal("""[1,"x",{"k":true}]""", Encoding.UTF8.GetString(NestedValue.ToJson(batch[batch.Find(batch.Events[1].Attributes, "of"u8)!.Value.Text], ValueKind.Array)));
        Assert.Equal((7000UL, 8000UL, SpanWarnings.NoName), (batch.Spans[1].Start, batch.Spans[1].End, batch.Spans[1].Warnings));
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("00000000000000010000000000000002", "10000000000000002")]
    [InlineData("0000000000000000000000000000000A", "A")]
    [InlineData("abcdefABCDEF0123", "abcdefABCDEF0123")]
    [InlineData("12345678123456789", "12345678123456789")]
    public void The_id_of_a_trace_is_filled_up_from_the_left(string sent, string read) =>
        Assert.Equal(UInt128.Parse(read, System.Globalization.NumberStyles.HexNumber, null), Read($$"""[{"traceId":"{{sent}}","id":"1","timestamp":1}]""").Spans[0].TraceId);

    [Theory]
    [InlineData("""{"id":"1","timestamp":1}""", "invalid_trace_id")]
    [InlineData("""{"traceId":"00000000000000000000000000000000","id":"1","timestamp":1}""", "invalid_trace_id")]
    [InlineData("""{"traceId":"","id":"1","timestamp":1}""", "invalid_trace_id")]
    [InlineData("""{"traceId":"123456781234567812345678123456781","id":"1","timestamp":1}""", "invalid_trace_id")]
    [InlineData("""{"traceId":"1g","id":"1","timestamp":1}""", "invalid_trace_id")]
    [InlineData("""{"traceId":"1","timestamp":1}""", "invalid_span_id")]
    [InlineData("""{"traceId":"1","id":"0","timestamp":1}""", "invalid_span_id")]
    [InlineData("""{"traceId":"1","id":"12345678123456781","timestamp":1}""", "invalid_span_id")]
    [InlineData("""{"traceId":"1","id":"1","parentId":"-1","timestamp":1}""", "invalid_parent_id")]
    [InlineData("""{"traceId":"1","id":"1"}""", "missing_time")]
    [InlineData("""{"traceId":"1","id":"1","timestamp":0,"duration":5}""", "missing_time")]
    [InlineData("""{"traceId":"1","id":"1","timestamp":-5,"duration":5}""", "missing_time")]
    public void A_span_without_what_it_needs_is_rejected_and_the_others_are_not(string span, string reason)
    {
        var batch = Read($$"""[{{span}},{"traceId":"1","id":"1","timestamp":1,"tags":{"k":"v"} }]""");

        Assert.Equal($"rejected 1 of 2 spans: {reason}=1", batch.DescribeRejections());
        Assert.Single(batch.Spans);
        Assert.Single(batch.Attributes);
    }

    [Theory]
    [InlineData("""{"traceId":"1","id":"1"}""")]
    [InlineData("""{"traceId":"1","id":"1","timestamp":0,"duration":5}""")]
    public void A_span_that_does_not_say_when_it_was_was_when_it_came(string sent)
    {
        var span = Read($"[{sent}]", new() { ReceivedAt = 7_000_000, Oldest = 5_000_000 }).Spans.Single();

        Assert.Equal((7_000_000UL, 7_000_000UL), (span.Start, span.End));
        Assert.Equal(SpanWarnings.NoStart | SpanWarnings.NoDuration, span.Warnings & (SpanWarnings.NoStart | SpanWarnings.NoDuration));
    }

    [Fact]
    public void What_is_too_old_too_new_or_too_much_is_rejected_with_all_of_it()
    {
        var limits = new SpanLimits { Oldest = 5_000_000, Newest = 9_000_000, Spans = 1 };
        var span = """{"traceId":"1","id":"1","timestamp":7000,"duration":1,"tags":{"k":"v"},"annotations":[{"timestamp":1,"value":"e"}],"localEndpoint":{"serviceName":"s"}}""";
        var old = span.Replace("7000", "4998", StringComparison.Ordinal);
        var future = span.Replace("7000", "9000", StringComparison.Ordinal);
        var far = span.Replace("7000", "18446744073709551615", StringComparison.Ordinal);
        var batch = Read($"[{old},{future},{far},{span},{span}]", limits);

        Assert.Equal("rejected 4 of 5 spans: too_old=1, too_new=2, too_many_spans=1", batch.DescribeRejections());
        Assert.Equal((2, 1), (batch.Attributes.Count, batch.Events.Count));
    }

    [Fact]
    public void What_can_be_mended_is()
    {
        var batch = Read("""
            [{"traceId":"1","id":"1","parentId":"1","name":"a","timestamp":5},
             {"traceId":"1","id":"1","parentId":"0","name":null,"timestamp":5,"duration":-1,"kind":null,"tags":null,"annotations":null,"localEndpoint":null,"debug":null},
             {"traceId":"1","id":"1","parentId":"","name":"a","timestamp":"5","duration":2.0,"kind":"OTHER","shared":false,"localEndpoint":{},"remoteEndpoint":{"ipv4":"host","ipv6":"1.2.3.4","port":70000}}]
            """);

        Assert.Equal([SpanWarnings.OwnParent | SpanWarnings.NoDuration, SpanWarnings.NoName, SpanWarnings.None], batch.Spans.Select(static s => s.Warnings));
        Assert.Equal([0UL, 0UL, 0UL], batch.Spans.Select(static s => s.ParentId));
        Assert.Equal([5000UL, 6000UL, 7000UL], batch.Spans.Select(static s => s.End));
        Assert.All(batch.Spans, static s => Assert.Equal((SpanKind.Internal, 0U), (s.Kind, s.Flags)));
        Assert.Empty(batch.Attributes);
        Assert.Single(batch.Resources);
    }

    [Fact]
    public void What_is_too_much_is_cut_and_counted()
    {
        var limits = new SpanLimits { Members = 2, Text = 10, Name = 6, Key = 5 };
        var batch = Read(
            """
            [{"traceId":"1","id":"1","name":"1234组组","timestamp":5,"duration":1,"tags":{"123456":"long","text":"组组组组","k":"v","third":"x"},
              "annotations":[{"timestamp":1,"value":"12345678901"},{"timestamp":1},{"value":"x"},{"timestamp":2,"value":"b"},{"timestamp":3,"value":"c"}]}]
            """,
            limits);

        var span = batch.Spans[0];
        Assert.Equal("123…", batch.TextOf(span.Name));
        Assert.Equal(["text=组组…", "k=v"], SpanText.Of(batch, span.Attributes));
        Assert.Equal((2U, 3U, SpanWarnings.Cut), (span.DroppedAttributes, span.DroppedEvents, span.Warnings));
        Assert.Equal(["1234567…", "b"], batch.Events.Select(e => batch.TextOf(e.Name)));
    }

    [Theory]
    [InlineData("{}", "Unset", "", "")]
    [InlineData("""{"error":"why"}""", "Error", "why", "")]
    [InlineData("""{"error":""}""", "Error", "", "")]
    [InlineData("""{"error":"false"}""", "Unset", "", "error=false")]
    [InlineData("""{"error":"why","otel.status_code":"OK"}""", "Ok", "", "error=why")]
    [InlineData("""{"otel.status_code":"OK","otel.status_description":"fine","a":"b"}""", "Ok", "fine", "a=b")]
    [InlineData("""{"error":"why","otel.status_code":"UNSET"}""", "Unset", "", "error=why,otel.status_code=UNSET")]
    [InlineData("""{"otel.status_description":"why","otel.status_code":"ERROR"}""", "Error", "why", "")]
    [InlineData("""{"otel.status_description":"more","error":"why"}""", "Error", "why", "otel.status_description=more")]
    [InlineData("""{"error":"false","otel.status_code":"ERROR"}""", "Error", "false", "")]
    [InlineData("""{"otel.status_code":"odd"}""", "Unset", "", "otel.status_code=odd")]
    public void Tags_say_whether_it_went_well(string tags, string status, string message, string rest)
    {
        var batch = Read($$"""[{"traceId":"1","id":"1","timestamp":1,"tags":{{tags}} }]""");

        var span = batch.Spans[0];
        Assert.Equal((status, message, rest), (span.Status.ToString(), batch.TextOf(span.StatusMessage), string.Join(',', SpanText.Of(batch, span.Attributes))));
    }

    [Fact]
    public void A_tag_counts_more_than_the_endpoint_that_says_the_same() =>
        Assert.Equal(
            ["peer.service=tag"],
            SpanText.Of(
                Read("""[{"traceId":"1","id":"1","timestamp":1,"remoteEndpoint":{"serviceName":"endpoint"},"tags":{"peer.service":"tag"}}]"""),
                new Slice(0, 1)));

    [Theory]
    [InlineData("""\"e\": {\"k\":\"v\"}""", "e", "k=v")]
    [InlineData("""\"e\":{}""", "e", "")]
    [InlineData("""\"a\\\"b\":   {\"k\":1e3,\"n\":null}""", "a\"b", "k=Double 1000,n=Empty 0")]
    [InlineData("""\"e\": {\"k\":1,\"k\":2}""", "e", "k=Int 2")]
    [InlineData("""\"e\": {\"k\":}""", "\"e\": {\"k\":}", "")]
    [InlineData("""\"e\": {} {}""", "\"e\": {} {}", "")]
    [InlineData("""\"e\" {}""", "\"e\" {}", "")]
    [InlineData("""\"e\\x\": {}""", "\"e\\x\": {}", "")]
    [InlineData("""\"e\": [1]""", "\"e\": [1]", "")]
    [InlineData("plain", "plain", "")]
    public void An_annotation_that_is_an_encoded_event_is_decoded(string value, string name, string attributes)
    {
        var batch = Read($$"""[{"traceId":"1","id":"1","timestamp":1,"annotations":[{"timestamp":2,"value":"{{value}}"}],"tags":{"a":"b"} }]""");

        var happened = Assert.Single(batch.Events);
        Assert.Equal((name, attributes), (batch.TextOf(happened.Name), string.Join(',', SpanText.Of(batch, happened.Attributes))));
        Assert.Equal(["a=b"], SpanText.Of(batch, batch.Spans[0].Attributes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData(" [ ] ")]
    public void Nothing_is_a_list_too(string json) => Assert.Empty(Read(json).Spans);

    [Theory]
    [InlineData("{}", "an array of spans is expected (byte 0)")]
    [InlineData("[1]", "an object is expected (byte 1)")]
    [InlineData("[{}", "(byte ")]
    [InlineData("[{}],", "(byte ")]
    [InlineData("[{},]", "(byte ")]
    [InlineData("[] // comment", "(byte ")]
    [InlineData("""[{"traceId":1}]""", "an id of hexadecimal digits is expected (byte 12)")]
    [InlineData("""[{"timestamp":1.5}]""", "a whole number is expected (byte 14)")]
    [InlineData("""[{"timestamp":1e40}]""", "a whole number is expected (byte 14)")]
    [InlineData("""[{"tags":[]}]""", "an object is expected (byte 9)")]
    [InlineData("""[{"tags":{"a":{}}}]""", "a text is expected (byte 14)")]
    [InlineData("""[{"annotations":{}}]""", "an array is expected (byte 16)")]
    [InlineData("""[{"kind":2}]""", "a text is expected (byte 9)")]
    [InlineData("""[{"shared":1}]""", "true or false is expected (byte 11)")]
    [InlineData("""[{"localEndpoint":7}]""", "an object is expected (byte 18)")]
    public void What_is_no_list_is_told_with_its_place(string json, string problem)
    {
        var e = Assert.Throws<MalformedSpansException>(() => Read(json));

        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
        Assert.False(e.IsOtherFormat);
    }

    [Fact]
    public void Where_it_is_not_UTF8_is_told() =>
        Assert.Equal("the document is not UTF-8 (byte 4)", Assert.Throws<MalformedSpansException>(static () => ZipkinJson.Read((byte[])[.. "[组"u8, 0xFF], s_limits)).Message);

    [Theory]
    [InlineData("""[{"traceId":"1","id":"1","annotations":[],"binaryAnnotations":[]}]""")]
    [InlineData("""[{"traceId":"1","id":"1","annotations":[{"timestamp":1,"value":"sr","endpoint":{}}]}]""")]
    [InlineData("\u000c\0\0\0\u0001")]
    [InlineData("\n\u0003\n\u0001a")]
    public void Another_format_is_told_which_one_is_expected(string body)
    {
        var e = Assert.Throws<MalformedSpansException>(() => Read(body));

        Assert.Equal("Expected a JSON list of Zipkin v2 spans", e.Message);
        Assert.True(e.IsOtherFormat);
    }

    /// <summary>Whatever bytes come, they are spans or are told to be none.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused() => Mutations.TryText(Whole, static bytes => ZipkinJson.Read(bytes, s_limits));

    [Fact]
    public void What_only_looks_like_an_event_is_not_tried_for_ever()
    {
        var spans = Enumerable.Repeat("""{"traceId":"1","id":"1","timestamp":1,"annotations":[{"timestamp":2,"value":"\"e\": {x}"}]}""", 1000);
        var batch = Read($$"""[{{string.Join(',', spans)}},{"traceId":"1","id":"1","timestamp":1,"annotations":[{"timestamp":2,"value":"\"e\": {}"} ] } ]""");

        Assert.Equal("\"e\": {}", batch.TextOf(batch.Events[^1].Name));
    }

    private static SpanBatch Read(string json, SpanLimits? limits = null) => ZipkinJson.Read(Encoding.UTF8.GetBytes(json), limits ?? s_limits);
}
