using System.Text;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Zipkin;
using Xunit;

namespace Stagedoor.Tracing.Tests.Zipkin;

public sealed class ZipkinV1Tests
{
    private const string Web = """{"serviceName":"web","ipv4":"10.0.0.1","port":80}""";
    private const string Cart = """{"serviceName":"cart","ipv4":"10.0.0.2","port":8080}""";

    private static readonly SpanLimits s_limits = new();

    [Fact]
    public void A_client_with_its_tags_and_events()
    {
        var batch = Read($$"""
            [{"traceId":"a","id":"b","parentId":"c","name":"get","timestamp":100,"duration":50,"debug":true,
              "annotations":[{"timestamp":100,"value":"cs","endpoint":{{Web}} },{"timestamp":120,"value":"retry","endpoint":{{Web}} },{"timestamp":150,"value":"cr","endpoint":{{Web}} }],
              "binaryAnnotations":[
                {"key":"http.path","value":"/a","endpoint":{{Web}} },{"key":"flag","value":true,"type":"BOOL","endpoint":{{Web}} },{"key":"n","value":7},{"key":"i","value":"8","type":"I32"},
                {"key":"d","value":1.5,"type":"DOUBLE"},{"key":"b","value":"AQI=","type":"BYTES"},{"key":"s","value":"t","type":"STRING"},{"key":"lc","value":"","endpoint":{{Web}} },
                {"key":"sa","value":true,"type":"BOOL","endpoint":{{Cart}} }]}]
            """);

        var span = Assert.Single(batch.Spans);
        Assert.Equal(((UInt128)0xa, 0xbUL, 0xcUL, 100_000UL, 150_000UL), (span.TraceId, span.SpanId, span.ParentId, span.Start, span.End));
        Assert.Equal((SpanKind.Client, SpanWarnings.None, ZipkinFlags.Debug, "get"), (span.Kind, span.Warnings, span.Flags, batch.TextOf(span.Name)));
        Assert.Equal(["service.name=web", "network.local.address=10.0.0.1", "network.local.port=Int 80"], SpanText.Of(batch, ResourceOf(batch, span)));
        Assert.Equal(
            ["peer.service=cart", "network.peer.address=10.0.0.2", "network.peer.port=Int 8080", "http.path=/a", "flag=Bool 1", "n=Int 7", "i=Int 8", "d=Double 1.5", "b=Bytes 0102", "s=t"],
            SpanText.Of(batch, span.Attributes));
        Assert.Equal([(120_000UL, "retry")], batch.Events.Select(e => (e.Time, batch.TextOf(e.Name))));
    }

    [Fact]
    public void What_both_sides_say_becomes_two_halves()
    {
        var batch = Read($$"""
            [{"traceId":"a","id":"b","parentId":"c","name":"get","timestamp":100,"duration":50,
              "annotations":[{"timestamp":100,"value":"cs","endpoint":{{Web}} },{"timestamp":110,"value":"sr","endpoint":{{Cart}} },{"timestamp":140,"value":"ss","endpoint":{{Cart}} },
                {"timestamp":150,"value":"cr","endpoint":{{Web}} },{"timestamp":115,"value":"there","endpoint":{{Cart}} },{"timestamp":145,"value":"here","endpoint":{{Web}} },{"timestamp":146,"value":"nobody"}],
              "binaryAnnotations":[{"key":"of","value":"server","endpoint":{{Cart}} },{"key":"of","value":"client","endpoint":{{Web}} },
                {"key":"ca","value":true,"endpoint":{{Web}} },{"key":"sa","value":true,"endpoint":{{Cart}} }]}]
            """);

        Assert.Equal([SpanKind.Client, SpanKind.Server], batch.Spans.Select(static s => s.Kind));
        Assert.Equal([(100_000UL, 150_000UL), (110_000UL, 140_000UL)], batch.Spans.Select(static s => (s.Start, s.End)));
        Assert.Equal([(0xbUL, 0xcUL, 0U), (0xbUL, 0xcUL, ZipkinFlags.Shared)], batch.Spans.Select(static s => (s.SpanId, s.ParentId, s.Flags)));
        Assert.Equal(["service.name=web", "service.name=cart"], batch.Spans.Select(s => SpanText.Of(batch, ResourceOf(batch, s))[0]));
        Assert.Equal(["peer.service=cart", "network.peer.address=10.0.0.2", "network.peer.port=Int 8080", "of=client"], SpanText.Of(batch, batch.Spans[0].Attributes));
        Assert.Equal(["peer.service=web", "network.peer.address=10.0.0.1", "network.peer.port=Int 80", "of=server"], SpanText.Of(batch, batch.Spans[1].Attributes));
        Assert.Equal(["here", "nobody"], EventsOf(batch, batch.Spans[0]));
        Assert.Equal(["there"], EventsOf(batch, batch.Spans[1]));
    }

    [Theory]
    [InlineData("sr ss", "100", "50", "Server", 100, 150, "")]
    [InlineData("sr ss", "null", "null", "Server", 10, 20, "Shared")]
    [InlineData("sr ss", "100", "null", "Server", 100, 110, "Shared")]
    [InlineData("sr", "null", "null", "Server", 10, 10, "Shared NoDuration")]
    [InlineData("sr", "10", "null", "Server", 10, 10, "NoDuration")]
    [InlineData("ss", "null", "null", "Server", 10, 10, "NoDuration")]
    [InlineData("cs cr", "null", "null", "Client", 10, 20, "")]
    [InlineData("cr cs", "null", "null", "Client", 20, 20, "NegativeDuration")]
    [InlineData("cs", "null", "null", "Client", 10, 10, "NoDuration")]
    [InlineData("cs x", "null", "null", "Client", 10, 20, "")]
    [InlineData("ms", "null", "null", "Producer", 10, 10, "NoDuration")]
    [InlineData("ms ws", "null", "null", "Producer", 10, 20, "")]
    [InlineData("wr mr", "null", "null", "Consumer", 10, 20, "")]
    [InlineData("mr", "5", "7", "Consumer", 5, 12, "")]
    [InlineData("x y", "null", "null", "Internal", 10, 20, "")]
    [InlineData("x", "null", "0", "Internal", 10, 10, "NoDuration")]
    public void Annotations_say_what_a_span_is_and_when_it_was(string values, string timestamp, string duration, string kind, int start, int end, string notes)
    {
        var annotations = values.Split(' ').Select((value, i) => $$"""{"timestamp":{{(i + 1) * 10}},"value":"{{value}}","endpoint":{{Web}} }""");
        var batch = Read($$"""[{"traceId":"a","id":"b","name":"n","timestamp":{{timestamp}},"duration":{{duration}},"annotations":[{{string.Join(',', annotations)}}]}]""");

        var span = Assert.Single(batch.Spans);
        var negative = span.Warnings.HasFlag(SpanWarnings.NegativeDuration) ? 1UL : 0;
        Assert.Equal((kind, (ulong)start * 1000, ((ulong)end * 1000) + negative), (span.Kind.ToString(), span.Start, span.End));
        Assert.Equal(notes, string.Join(' ', new[] { span.Flags == ZipkinFlags.Shared ? "Shared" : "", span.Warnings == SpanWarnings.None ? "" : span.Warnings.ToString() }.Where(static n => n.Length > 0)));
    }

    [Theory]
    [InlineData("sa", "Internal", "web", "cart")]
    [InlineData("ca", "Server", "web", "cart")]
    public void An_address_alone_says_who_is_on_the_other_side(string key, string kind, string local, string remote)
    {
        var batch = Read($$"""[{"traceId":"a","id":"b","timestamp":1,"duration":1,"binaryAnnotations":[{"key":"{{key}}","value":true,"endpoint":{{Cart}} },{"key":"lc","value":"","endpoint":{{Web}} }]}]""");

        var span = Assert.Single(batch.Spans);
        Assert.Equal(
            (kind, "service.name=" + local, "peer.service=" + remote),
            (span.Kind.ToString(), SpanText.Of(batch, ResourceOf(batch, span))[0], SpanText.Of(batch, span.Attributes)[0]));
        Assert.Equal(3, span.Attributes.Count);
    }

    [Fact]
    public void A_server_that_names_its_caller_after_itself_keeps_the_address_alone()
    {
        var caller = Cart.Replace("8080", "5555", StringComparison.Ordinal);
        var batch = Read($$"""[{"traceId":"a","id":"b","timestamp":1,"duration":1,"annotations":[{"timestamp":1,"value":"sr","endpoint":{{Cart}} }],"binaryAnnotations":[{"key":"ca","value":true,"endpoint":{{caller}} }]}]""");

        Assert.Equal(["network.peer.address=10.0.0.2", "network.peer.port=Int 5555"], SpanText.Of(batch, batch.Spans[0].Attributes));
    }

    [Fact]
    public void What_says_what_a_span_is_counts_behind_what_is_too_much()
    {
        var many = string.Join(',', Enumerable.Range(1, 200).Select(static i => $$"""{"timestamp":{{i}},"value":"e{{i}}"}"""));
        var batch = Read($$"""[{"traceId":"a","id":"b","annotations":[{{many}},{"timestamp":300,"value":"cs","endpoint":{{Web}} }]}]""", new SpanLimits { Members = 3 });

        var span = Assert.Single(batch.Spans);
        Assert.Equal((SpanKind.Client, 3, 197U), (span.Kind, span.Events.Count, span.DroppedEvents));
    }

    [Theory]
    [InlineData("""[{"traceId":"a","id":"b","localEndpoint":{}}]""")]
    [InlineData("""[{"traceId":"a","id":"b","remoteEndpoint":{}}]""")]
    [InlineData("""[{"traceId":"a","id":"b","tags":{}}]""")]
    [InlineData("\u000c\0\0\0\u0001")]
    public void Another_format_is_told_which_one_is_expected(string body) =>
        Assert.Equal("Expected a JSON list of Zipkin v1 spans", Assert.Throws<MalformedSpansException>(() => Read(body)).Message);

    [Theory]
    [InlineData("{}")]
    [InlineData("""[{"annotations":{}}]""")]
    [InlineData("""[{"annotations":[1]}]""")]
    [InlineData("""[{"binaryAnnotations":[{"key":"k","value":{}}]}]""")]
    [InlineData("""[{"binaryAnnotations":[{"key":"k","value":"x","type":"I32"}]}]""")]
    public void What_is_no_list_is_told(string json) => Assert.False(Assert.Throws<MalformedSpansException>(() => Read(json)).IsOtherFormat);

    [Fact]
    public void Thrift_says_the_same()
    {
        var web = new ThriftMessage().Int32(1, 0x0A000001).Int16(2, 80).Text(3, "web").Stop();
        var cart = new ThriftMessage().Int32(1, 0x0A000002).Int16(2, 8080).Text(3, "cart").Stop();
        var span = new ThriftMessage().Int64(1, 0xa).Text(3, "get").Int64(4, 0xb).Int64(5, 0xc)
            .List(6, Annotation(100, "cs", web), Annotation(110, "sr", cart), Annotation(120, "retry", web), Annotation(140, "ss", cart), Annotation(150, "cr", web))
            .List(
                8,
                Binary("http.path", "/a"u8.ToArray(), 6, web), Binary("flag", [1], 0, web), Binary("n", [0, 7], 2), Binary("i", [0, 0, 0, 8], 3), Binary("l", [0, 0, 0, 0, 0, 0, 0, 9], 4),
                Binary("d", [0x3F, 0xF8, 0, 0, 0, 0, 0, 0], 5), Binary("b", [1, 2], 1), Binary("of", "server"u8.ToArray(), 6, cart), Binary("sa", [1], 0, cart), Binary("ca", [1], 0, web))
            .Bool(9, true).Int64(10, 100).Int64(11, 50).Int64(12, 0).Stop();
        var json = $$"""
            [{"traceId":"a","id":"b","parentId":"c","name":"get","timestamp":100,"duration":50,"debug":true,
              "annotations":[{"timestamp":100,"value":"cs","endpoint":{{Web}} },{"timestamp":110,"value":"sr","endpoint":{{Cart}} },{"timestamp":120,"value":"retry","endpoint":{{Web}} },
                {"timestamp":140,"value":"ss","endpoint":{{Cart}} },{"timestamp":150,"value":"cr","endpoint":{{Web}} }],
              "binaryAnnotations":[{"key":"http.path","value":"/a","endpoint":{{Web}} },{"key":"flag","value":true,"endpoint":{{Web}} },{"key":"n","value":7},{"key":"i","value":8},{"key":"l","value":9},
                {"key":"d","value":1.5},{"key":"b","value":"AQI=","type":"BYTES"},{"key":"of","value":"server","endpoint":{{Cart}} },
                {"key":"sa","value":true,"endpoint":{{Cart}} },{"key":"ca","value":true,"endpoint":{{Web}} }]}]
            """;

        Assert.Equal(SpanText.Of(Read(json)), SpanText.Of(ZipkinThrift.Read(ThriftMessage.ListOf(span), s_limits)));
    }

    [Fact]
    public void The_high_half_of_a_trace_s_id_is_taken_and_unknown_fields_are_left_out()
    {
        var unknown = new ThriftMessage().Text(90, "x").Int16(91, 1).List(92, new ThriftMessage().Bool(1, true).Stop()).Int32(1, 5);
        var span = unknown.Int64(12, 1).Int64(1, 2).Int64(4, -1).Int64(10, 5).Stop();

        var read = Assert.Single(ZipkinThrift.Read(ThriftMessage.ListOf(span), s_limits).Spans);
        Assert.Equal(((UInt128.One << 64) + 2, ulong.MaxValue), (read.TraceId, read.SpanId));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0C00000000")]
    public void Nothing_is_a_list_too(string hex) => Assert.Empty(ZipkinThrift.Read(Convert.FromHexString(hex), s_limits).Spans);

    [Theory]
    [InlineData("0C")]
    [InlineData("0CFFFFFFFF")]
    [InlineData("0C7FFFFFFF00")]
    [InlineData("0C00000001")]
    [InlineData("0C00000001 0A0001 0000")]
    [InlineData("0C00000001 0B0003 FFFFFFFF")]
    [InlineData("0C00000001 0B0003 7FFFFFFF")]
    [InlineData("0C00000001 0F0006 0B00000001 00")]
    [InlineData("0C00000001 010063 00")]
    [InlineData("0C00000000 00")]
    public void What_is_no_Thrift_list_is_told(string hex) =>
        Assert.False(Assert.Throws<MalformedSpansException>(() => ZipkinThrift.Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), s_limits)).IsOtherFormat);

    [Fact]
    public void Lists_that_lie_too_deep_in_each_other_are_told_before_the_stack_ends()
    {
        byte[] deep = [0x0C, 0, 0, 0, 1, 0x0F, 0, 99, .. Enumerable.Repeat<byte[]>([0x0F, 0, 0, 0, 1], 100_000).SelectMany(static b => b)];

        Assert.Throws<MalformedSpansException>(() => ZipkinThrift.Read(deep, s_limits));
    }

    [Fact]
    public void JSON_is_told_that_Thrift_is_expected() =>
        Assert.Equal("Expected a list of Zipkin v1 spans in Thrift's binary protocol", Assert.Throws<MalformedSpansException>(static () => ZipkinThrift.Read("[]"u8.ToArray(), s_limits)).Message);

    /// <summary>Whatever bytes come, they are spans or are told to be none.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var web = new ThriftMessage().Int32(1, 0x0A000001).Int16(2, 80).Text(3, "web").Stop();
        var span = new ThriftMessage().Int64(1, 0xa).Text(3, "get").Int64(4, 0xb).List(6, Annotation(100, "cs", web), Annotation(150, "sr", web)).List(8, Binary("n", [0, 7], 2, web), Binary("sa", [1], 0, web)).Stop();
        Mutations.TryBinary(ThriftMessage.ListOf(span, span), static bytes => ZipkinThrift.Read(bytes, s_limits));
        Mutations.TryText(
            $$"""
            [{"traceId":"a","id":"b","name":"get","debug":true,"annotations":[{"timestamp":100,"value":"cs","endpoint":{{Web}} },{"timestamp":110,"value":"sr","endpoint":{{Cart}} },{"timestamp":120,"value":"x"}],
              "binaryAnnotations":[{"key":"n","value":7,"type":"I64"},{"key":"b","value":"AQI=","type":"BYTES"},{"key":"sa","value":true,"endpoint":{{Cart}} }]}]
            """,
            static bytes => ZipkinV1Json.Read(bytes, s_limits));
    }

    private static ThriftMessage Annotation(long time, string value, ThriftMessage endpoint) => new ThriftMessage().Int64(1, time).Text(2, value).Struct(3, endpoint).Stop();

    private static ThriftMessage Binary(string key, byte[] value, int type, ThriftMessage? endpoint = null)
    {
        var annotation = new ThriftMessage().Text(1, key).Blob(2, value).Int32(3, type);
        return (endpoint is null ? annotation : annotation.Struct(4, endpoint)).Stop();
    }

    private static Slice ResourceOf(SpanBatch batch, SpanData span) => batch.Resources[batch.Scopes[span.Scope].Resource].Attributes;

    private static string[] EventsOf(SpanBatch batch, SpanData span) => [.. batch.Events.Skip(span.Events.First).Take(span.Events.Count).Select(e => batch.TextOf(e.Name))];

    private static SpanBatch Read(string json, SpanLimits? limits = null) => ZipkinV1Json.Read(Encoding.UTF8.GetBytes(json), limits ?? s_limits);
}
