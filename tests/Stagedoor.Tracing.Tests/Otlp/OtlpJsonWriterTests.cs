using System.Buffers;
using System.Text;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Xunit;

namespace Stagedoor.Tracing.Tests.Otlp;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
public sealed class OtlpJsonWriterTests
{
    private static readonly SpanLimits s_limits = new();

    [Fact]
    public void A_span_is_written_as_readers_expect_it()
    {
        var span = Message.Span().Number(6, 2).Blob(4, Message.Id(8, 9)).Inner(9, Message.Pair("n", new Message().Number(3, 1UL << 60))).Inner(9, Message.Pair("t", "组\"")).Inner(15, new Message().Number(3, 2).Text(2, "why"));

        Assert.Equal(
            """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"scope":{"name":"library","version":"1.2"},"spans":[
            {"traceId":"00000000000000000000000000000001","spanId":"0000000000000002","parentSpanId":"0000000000000009","name":"GET /","kind":2,"startTimeUnixNano":"1000","endTimeUnixNano":"3000",
            "attributes":[{"key":"n","value":{"intValue":"1152921504606846976"}},{"key":"t","value":{"stringValue":"组\""}}],"status":{"message":"why","code":2}}]}]}]}
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(Write(OtlpProtobuf.Read(Message.Request(span), s_limits))));
    }

    [Fact]
    public void No_spans_are_an_empty_list() => Assert.Equal("""{"resourceSpans":[]}""", Encoding.UTF8.GetString(Write(new(Array.Empty<byte>()))));

    [Fact]
    public void Spans_of_one_resource_and_scope_stand_together()
    {
        var batch = OtlpProtobuf.Read(Message.Request(Message.Span(), Message.Span(), Message.Span()), s_limits);
        batch.Scopes.Add(new() { Resource = 0, Name = batch.Add("other"u8) });
        batch.Resources.Add(default);
        batch.Scopes.Add(new() { Resource = 1 });
        for (var (i, scopes) = (0, new[] { 2, 1, 2, 0, 1, 0 }); i < scopes.Length; i++)
        {
            var span = batch.Spans[i % 3];
            batch.Spans.Add(span with { Scope = scopes[i], SpanId = (ulong)i + 100 });
        }

        batch.Spans.RemoveRange(0, 3);
        var read = OtlpJson.Parse(Write(batch), s_limits);

        Assert.Equal([100UL, 102, 101, 104, 103, 105], read.Spans.Select(static s => s.SpanId));
        Assert.Equal((2, 3), (read.Resources.Count, read.Scopes.Count));
    }

    /// <summary>What is written reads as what it was written of.</summary>
    [Fact]
    public void Any_spans_come_back()
    {
        var random = new Random(11);
        for (var i = 0; i < 3000; i++)
        {
            var batch = OtlpProtobuf.Read(new Message().Inner(1, ResourceSpans(random)).Inner(1, ResourceSpans(random)).Bytes, s_limits);

            Assert.Equal(SpanText.Of(batch), SpanText.Of(OtlpJson.Parse(Write(batch), s_limits)));
        }
    }

    internal static byte[] Write(SpanBatch batch)
    {
        var output = new ArrayBufferWriter<byte>();
        OtlpJsonWriter.Write(output, batch);
        return output.WrittenSpan.ToArray();
    }

    private static Message ResourceSpans(Random random)
    {
        var resource = new Message().Inner(1, Attributes(random, new Message(), 1).Number(2, (ulong)random.Next(3))).Text(3, Text(random));
        for (var scopes = random.Next(1, 3); scopes > 0; scopes--)
        {
            var scope = new Message().Inner(1, Attributes(random, new Message().Text(1, Text(random)).Text(2, Text(random)), 3)).Text(3, Text(random));
            for (var spans = random.Next(1, 3); spans > 0; spans--)
            {
                scope.Inner(2, Span(random));
            }

            resource.Inner(2, scope);
        }

        return resource;
    }

    private static Message Span(Random random)
    {
        var start = (ulong)random.NextInt64(1, long.MaxValue);
        var span = new Message().Blob(1, Bytes(random, 16)).Blob(2, Bytes(random, 8)).Text(5, "n" + Text(random)).Number(6, (ulong)random.Next(1, 6)).Fixed64(7, start).Fixed64(8, start + (ulong)random.Next())
            .Text(3, Text(random)).Number(10, (ulong)random.Next(3)).Number(12, (ulong)random.Next(3)).Number(14, (ulong)random.Next(3)).Fixed32(16, (uint)random.Next())
            .Inner(15, new Message().Text(2, Text(random)).Number(3, (ulong)random.Next(3)));
        Attributes(random, span, 9);
        if (random.Next(2) == 0)
        {
            span.Blob(4, Bytes(random, 8)).Inner(11, Attributes(random, new Message().Fixed64(1, (ulong)random.NextInt64()).Text(2, Text(random)).Number(4, 3), 3))
                .Inner(13, Attributes(random, new Message().Blob(1, Bytes(random, 16)).Blob(2, Bytes(random, 8)).Text(3, Text(random)).Fixed32(6, (uint)random.Next()).Number(5, 2), 4));
        }

        return span;
    }

    private static Message Attributes(Random random, Message message, int field)
    {
        for (var n = random.Next(4); n > 0; n--)
        {
            message.Inner(field, new Message().Text(1, "k" + Text(random)).Inner(2, Value(random, 0)));
        }

        return message;
    }

    private static Message Value(Random random, int depth) => random.Next(depth > 3 ? 6 : 8) switch
    {
        0 => new(),
        1 => new Message().Text(1, Text(random)),
        2 => new Message().Number(2, (ulong)random.Next(2)),
        3 => new Message().Number(3, (ulong)random.NextInt64(long.MinValue, long.MaxValue)),
        4 => new Message().Fixed64(4, BitConverter.DoubleToUInt64Bits(random.Next(6) switch { 0 => double.NaN, 1 => double.PositiveInfinity, 2 => double.NegativeInfinity, 3 => -0.0, 4 => random.Next(), _ => random.NextDouble() * 1e300 })),
        5 => new Message().Blob(7, Bytes(random, random.Next(5))),
        6 => new Message().Inner(5, new Message().Inner(1, Value(random, depth + 1)).Inner(1, Value(random, depth + 1))),
        _ => new Message().Inner(6, new Message().Inner(1, new Message().Text(1, Text(random)).Inner(2, Value(random, depth + 1)))),
    };

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => new[] { "a", "\"", "\\", "组", "\u0001", "\ud83d\ude00", "{", "/" }[random.Next(8)]));
}
