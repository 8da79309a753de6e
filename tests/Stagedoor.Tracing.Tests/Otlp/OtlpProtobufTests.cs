using System.Text;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Xunit;

namespace Stagedoor.Tracing.Tests.Otlp;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
public sealed class OtlpProtobufTests
{
    private static readonly SpanLimits s_limits = new();

    [Fact]
    public void Everything_that_the_format_knows_of_a_span_is_read()
    {
        var span = Message.Span()
            .Text(3, "vendor=1")
            .Blob(4, Message.Id(8, 9))
            .Number(6, 2)
            .Inner(9, Message.Pair("text", "组织"))
            .Inner(11, new Message().Fixed64(1, 2000).Text(2, "exception").Inner(3, Message.Pair("exception.type", "E")).Number(4, 5))
            .Inner(9, Message.Pair("bool", new Message().Number(2, 1)))
            .Inner(13, new Message().Blob(1, Message.Id(16, 7)).Blob(2, Message.Id(8, 8)).Text(3, "s").Inner(4, Message.Pair("k", "v")).Fixed32(6, 0x101))
            .Inner(9, Message.Pair("int", new Message().Number(3, unchecked((ulong)-7L))))
            .Inner(9, Message.Pair("double", new Message().Fixed64(4, BitConverter.DoubleToUInt64Bits(1.5))))
            .Inner(9, Message.Pair("list", new Message().Inner(5, new Message().Inner(1, new Message().Text(1, "a")))))
            .Inner(9, Message.Pair("bytes", new Message().Blob(7, [1, 2])))
            .Number(10, 3).Number(12, 4).Number(14, 5)
            .Inner(15, new Message().Text(2, "broken").Number(3, 2))
            .Fixed32(16, 0x301);
        var batch = OtlpProtobuf.Read(Message.Request(span), s_limits);

        var read = Assert.Single(batch.Spans);
        Assert.Equal(((UInt128)1, 2UL, 9UL, 1000UL, 3000UL), (read.TraceId, read.SpanId, read.ParentId, read.Start, read.End));
        Assert.Equal(("GET /", "vendor=1", "broken"), (batch.TextOf(read.Name), batch.TextOf(read.TraceState), batch.TextOf(read.StatusMessage)));
        Assert.Equal((SpanKind.Server, SpanStatus.Error, 0x301U, SpanWarnings.None), (read.Kind, read.Status, read.Flags, read.Warnings));
        Assert.Equal((3U, 4U, 5U), (read.DroppedAttributes, read.DroppedEvents, read.DroppedLinks));
        Assert.Equal(
            ["text", "bool", "int", "double", "list", "bytes"],
            batch[read.Attributes].ToArray().Select(a => batch.TextOf(a.Key)));
        Assert.Equal(
            [ValueKind.Text, ValueKind.Bool, ValueKind.Int, ValueKind.Double, ValueKind.Array, ValueKind.Bytes],
            batch[read.Attributes].ToArray().Select(static a => a.Kind));
        Assert.Equal("组织", batch.TextOf(batch.Find(read.Attributes, "text"u8)!.Value.Text));
        Assert.Equal(-7, batch.Find(read.Attributes, "int"u8)!.Value.Number);
        Assert.Equal(1.5, BitConverter.Int64BitsToDouble(batch.Find(read.Attributes, "double"u8)!.Value.Number));
        Assert.Null(batch.Find(read.Attributes, "exception.type"u8));
        var happened = Assert.Single(batch.Events);
        Assert.Equal((2000UL, "exception", 5U, "E"), (happened.Time, batch.TextOf(happened.Name), happened.DroppedAttributes, batch.TextOf(batch.Find(happened.Attributes, "exception.type"u8)!.Value.Text)));
        var link = Assert.Single(batch.Links);
        Assert.Equal(((UInt128)7, 8UL, 0x101U, "s", 1), (link.TraceId, link.SpanId, link.Flags, batch.TextOf(link.TraceState), link.Attributes.Count));
        var scope = batch.Scopes[read.Scope];
        Assert.Equal(("library", "1.2"), (batch.TextOf(scope.Name), batch.TextOf(scope.Version)));
        Assert.Equal("cart", batch.TextOf(batch.Find(batch.Resources[scope.Resource].Attributes, "service.name"u8)!.Value.Text));
    }

    [Fact]
    public void Fields_come_in_any_order_and_unknown_ones_are_left_out()
    {
        var unknown = new Message().Number(99, 1).Fixed64(98, 1).Fixed32(97, 1).Text(96, "x").Tag(95, 3).Number(1, 1).Tag(94, 3).Tag(94, 4).Tag(95, 4);
        var scope = new Message().Inner(2, Message.Span().Raw(unknown.Bytes)).Inner(1, new Message().Text(1, "late"));
        var resource = new Message()
            .Inner(2, scope)
            .Inner(1, new Message().Inner(1, Message.Pair("service.name", "cart")))
            .Raw(unknown.Bytes)
            .Inner(1, new Message().Inner(1, Message.Pair("host.name", "h")).Inner(1, Message.Pair("service.name", "later")));
        var batch = OtlpProtobuf.Read(new Message().Raw(unknown.Bytes).Inner(1, resource).Bytes, s_limits);

        var read = Assert.Single(batch.Spans);
        Assert.Equal("late", batch.TextOf(batch.Scopes[read.Scope].Name));
        var attributes = Assert.Single(batch.Resources).Attributes;
        Assert.Equal(2, attributes.Count);
        Assert.Equal("later", batch.TextOf(batch.Find(attributes, "service.name"u8)!.Value.Text));
    }

    [Fact]
    public void An_empty_request_is_one() => Assert.Empty(OtlpProtobuf.Read(Array.Empty<byte>(), s_limits).Spans);

    [Fact]
    public void A_part_of_an_array_is_a_request_and_what_is_made_stands_behind_it()
    {
        var request = Message.Request(Message.Span().Text(5, ""));
        byte[] padded = [.. request, .. new byte[100]];
        var batch = OtlpProtobuf.Read(new ArraySegment<byte>(padded, 0, request.Length), s_limits);
        var behind = OtlpProtobuf.Read(new ArraySegment<byte>([1, 2, .. request], 2, request.Length), s_limits);

        Assert.Equal(("unknown", "unknown"), (batch.TextOf(batch.Spans[0].Name), behind.TextOf(behind.Spans[0].Name)));
        Assert.Equal("unknown"u8.ToArray(), padded[request.Length..(request.Length + 7)]);
    }

    [Fact]
    public void Flags_that_OTLP_does_not_have_are_left_out() =>
        Assert.Equal(0x3FFFFF01U, OtlpProtobuf.Read(Message.Request(Message.Span().Fixed32(16, 0xFFFFFF01)), s_limits).Spans[0].Flags);

    [Fact]
    public void What_is_no_span_is_rejected_with_all_of_it_and_the_reason_told()
    {
        var limits = new SpanLimits { Oldest = 500, Newest = 5000, Spans = 1 };
        var attribute = Message.Pair("k", "v");
        var batch = OtlpProtobuf.Read(
            Message.Request(
                Message.Span().Blob(1, Message.Id(15, 1)).Inner(9, attribute).Inner(11, new Message().Inner(3, attribute)),
                Message.Span().Blob(1, new byte[16]),
                Message.Span().Blob(2, new byte[8]),
                Message.Span().Blob(4, [1]),
                Message.Span().Fixed64(7, 0).Fixed64(8, 0),
                Message.Span().Fixed64(7, 0).Fixed64(8, 499),
                Message.Span().Fixed64(8, 5001),
                Message.Span(),
                Message.Span()),
            limits);

        Assert.Equal(
            "rejected 8 of 9 spans: invalid_trace_id=2, invalid_span_id=1, invalid_parent_id=1, missing_time=1, too_old=1, too_new=1, too_many_spans=1",
            batch.DescribeRejections());
        Assert.Single(batch.Spans);
        Assert.Empty(batch.Events);
        Assert.Single(batch.Attributes);
    }

    [Fact]
    public void What_can_be_mended_is()
    {
        var batch = OtlpProtobuf.Read(
            Message.Request(
                new Message().Blob(1, Message.Id(16, 1)).Blob(2, Message.Id(8, 2)).Fixed64(7, 9).Fixed64(8, 3),
                Message.Span().Blob(4, Message.Id(8, 2)),
                Message.Span().Blob(4, new byte[8]).Blob(5, [.. "a"u8, 0xFF, .. "b"u8]),
                Message.Span().Inner(13, new Message().Blob(1, new byte[16]).Blob(2, Message.Id(8, 1)).Inner(4, Message.Pair("k", "v")))),
            s_limits);

        Assert.Equal(
            [SpanWarnings.NoName | SpanWarnings.NegativeDuration, SpanWarnings.OwnParent, SpanWarnings.InvalidText, SpanWarnings.EmptyLink],
            batch.Spans.Select(static s => s.Warnings));
        Assert.Equal(("unknown", 10UL), (batch.TextOf(batch.Spans[0].Name), batch.Spans[0].End));
        Assert.Equal(0UL, batch.Spans[1].ParentId);
        Assert.Equal("a\ufffdb", batch.TextOf(batch.Spans[2].Name));
        Assert.Empty(batch.Links);
        Assert.Single(batch.Attributes);
    }

    [Fact]
    public void What_is_too_much_is_cut_and_counted()
    {
        var limits = new SpanLimits { Members = 2, Text = 10, LongText = 40, Name = 6, Key = 5, Depth = 2 };
        var deep = new Message().Inner(5, new Message().Inner(1, new Message().Inner(6, new Message().Inner(1, Message.Pair("x", new Message().Inner(5, new Message()))))));
        var batch = OtlpProtobuf.Read(
            Message.Request(
                Message.Span().Text(5, "1234组组").Inner(9, Message.Pair("123456", "long key")).Inner(9, Message.Pair("text", "组组组组")).Inner(9, Message.Pair("deep", deep)).Inner(9, Message.Pair("third", "x"))
                    .Inner(11, new Message()).Inner(11, new Message()).Inner(11, new Message()),
                Message.Span().Inner(9, Message.Pair("text", "first")).Inner(9, Message.Pair("text", "last"))),
            limits);

        var span = batch.Spans[0];
        Assert.Equal("123…", batch.TextOf(span.Name));
        Assert.Equal(["组组…", """[{"x":[]}]"""], batch[span.Attributes].ToArray().Select(a => batch.TextOf(a.Text)));
        Assert.Equal((2U, 1U, SpanWarnings.Cut), (span.DroppedAttributes, span.DroppedEvents, span.Warnings));
        Assert.Equal("last", batch.TextOf(Assert.Single(batch[batch.Spans[1].Attributes].ToArray()).Text));
        Assert.True(batch.Cuts >= 5);
    }

    [Fact]
    public void A_statement_may_be_longer_than_another_text()
    {
        var statement = new string('s', 9000);
        var batch = OtlpProtobuf.Read(Message.Request(Message.Span().Inner(9, Message.Pair("db.query.text", statement)).Inner(9, Message.Pair("other", statement))), s_limits);

        Assert.Equal([9000, 8192], batch[batch.Spans[0].Attributes].ToArray().Select(static a => a.Text.Length));
    }

    [Theory]
    [InlineData("08")]
    [InlineData("0AFF")]
    [InlineData("0A0212")]
    [InlineData("00")]
    [InlineData("0B")]
    [InlineData("0C")]
    [InlineData("0E")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("0AFFFFFFFFFFFFFFFFFF01")]
    public void What_is_no_such_message_is_told(string hex) =>
        Assert.Throws<MalformedSpansException>(() => OtlpProtobuf.Read(Convert.FromHexString(hex), s_limits));

    [Fact]
    public void A_span_that_is_cut_off_is_told() =>
        Assert.Throws<MalformedSpansException>(() => OtlpProtobuf.Read(Message.Request(Message.Span().Raw([0x4A, 0x05])), s_limits));

    [Fact]
    public void Values_that_lie_too_deep_in_each_other_are_told_before_the_stack_ends()
    {
        var value = new Message().Text(1, "x");
        for (var i = 0; i < 2000; i++)
        {
            value = new Message().Inner(5, new Message().Inner(1, value));
        }

        Assert.Throws<MalformedSpansException>(() => OtlpProtobuf.Read(Message.Request(Message.Span().Inner(9, Message.Pair("deep", value))), s_limits));
    }

    /// <summary>Whatever bytes come, they are spans or are told to be none: nothing else is thrown, and nothing goes on for ever.</summary>
    [Fact]
    public void Any_bytes_are_read_or_refused()
    {
        var whole = Message.Request(
            Message.Span()
                .Inner(9, Message.Pair("list", new Message().Inner(5, new Message().Inner(1, new Message().Inner(6, new Message().Inner(1, Message.Pair("k", "v"))))))),
            Message.Span().Inner(11, new Message().Fixed64(1, 1).Text(2, "e").Inner(3, Message.Pair("k", "v"))).Inner(13, new Message().Blob(1, Message.Id(16, 1)).Blob(2, Message.Id(8, 1))),
            Message.Span().Inner(15, new Message().Text(2, "m").Number(3, 2)).Fixed32(16, 1));
        for (var length = 0; length < whole.Length; length++)
        {
            Try(whole[..length]);
        }

        var random = new Random(3);
        for (var i = 0; i < 300_000; i++)
        {
            var bytes = (byte[])whole.Clone();
            for (var n = random.Next(1, 5); n > 0; n--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            Try(random.Next(3) == 0 ? bytes[random.Next(bytes.Length)..] : bytes);
        }
    }

    private static void Try(byte[] bytes)
    {
        try
        {
            var batch = OtlpProtobuf.Read(bytes, s_limits);
            foreach (var span in batch.Spans)
            {
                Assert.True(span.End >= span.Start && batch[span.Name].Length > 0);
                foreach (var attribute in batch[span.Attributes])
                {
                    Assert.True(batch[attribute.Key].Length <= s_limits.Key * 3 && Encoding.UTF8.GetCharCount(batch[attribute.Text]) >= 0);
                }
            }
        }
        catch (MalformedSpansException)
        {
            // That is the other answer.
        }
    }
}
