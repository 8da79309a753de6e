using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;
using Stagedoor.Tracing.Zipkin;
using Xunit;

namespace Stagedoor.Tracing.Tests.Zipkin;

#pragma warning disable CA5394 // Nobody has to guess what is tried.
public sealed class ZipkinJsonWriterTests
{
    private static readonly SpanLimits s_limits = new();

    [Fact]
    public void What_Zipkin_has_no_place_for_becomes_tags()
    {
        var span = Message.Span().Number(6, 3).Blob(4, Message.Id(8, 9))
            .Inner(9, Message.Pair("n", new Message().Number(3, 7))).Inner(9, Message.Pair("b", new Message().Number(2, 1))).Inner(9, Message.Pair("d", new Message().Fixed64(4, BitConverter.DoubleToUInt64Bits(1.5))))
            .Inner(9, Message.Pair("list", new Message().Inner(5, new Message().Inner(1, new Message().Text(1, "x"))))).Inner(9, Message.Pair("bytes", new Message().Blob(7, [1]))).Inner(9, Message.Pair("error", "old"))
            .Inner(9, Message.Pair("server.address", "db.local")).Inner(9, Message.Pair("server.port", new Message().Number(3, 5432)))
            .Inner(11, new Message().Fixed64(1, 2999).Text(2, "e").Inner(3, Message.Pair("k", "v")).Inner(3, Message.Pair("d", new Message().Fixed64(4, BitConverter.DoubleToUInt64Bits(2)))))
            .Inner(11, new Message().Fixed64(1, 2000).Text(2, "plain"))
            .Inner(15, new Message().Number(3, 2).Text(2, "why"));
        var batch = OtlpProtobuf.Read(Message.Request(span), s_limits);
        batch.Attributes.Add(new() { Key = batch.Add("host.name"u8), Kind = ValueKind.Text, Text = batch.Add("h"u8) });
        batch.Attributes.Insert(0, batch.Attributes[^1]);
        batch.Resources[0] = batch.Resources[0] with { Attributes = new(0, 2) };
        batch.Spans[0] = batch.Spans[0] with { Attributes = batch.Spans[0].Attributes with { First = batch.Spans[0].Attributes.First + 1 } };
        batch.Events[0] = batch.Events[0] with { Attributes = batch.Events[0].Attributes with { First = batch.Events[0].Attributes.First + 1 } };

        Assert.Equal(
            """
            [{"traceId":"0000000000000001","parentId":"0000000000000009","id":"0000000000000002","kind":"CLIENT","name":"GET /","timestamp":1,"duration":2,"localEndpoint":{"serviceName":"cart"},
            "remoteEndpoint":{"serviceName":"db.local","port":5432},"annotations":[{"timestamp":2,"value":"\"e\": {\"k\":\"v\",\"d\":2.0}"},{"timestamp":2,"value":"plain"}],
            "tags":{"n":"7","b":"true","d":"1.5","list":"[\"x\"]","bytes":"AQ==","server.address":"db.local","server.port":"5432","otel.status_code":"ERROR","error":"why","host.name":"h",
            "otel.scope.name":"library","otel.scope.version":"1.2"}}]
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(Write(batch)));
    }

    [Theory]
    [InlineData("Server", "http.route=/a", "")]
    [InlineData("Server", "client.address=10.0.0.9", """{"ipv4":"10.0.0.9"}""")]
    [InlineData("Server", "server.address=own.host", "")]
    [InlineData("Client", "service.peer.name=a,peer.service=b", """{"serviceName":"a"}""")]
    [InlineData("Client", "peer.service=b,server.address=c", """{"serviceName":"b"}""")]
    [InlineData("Client", "net.peer.name=d", """{"serviceName":"d"}""")]
    [InlineData("Client", "server.address=10.0.0.9", """{"ipv4":"10.0.0.9"}""")]
    [InlineData("Client", "net.sock.peer.addr=::1,db.system=redis", """{"ipv6":"::1"}""")]
    [InlineData("Client", "db.name=shop,db.system=mysql", """{"serviceName":"shop"}""")]
    [InlineData("Client", "db.system.name=redis", """{"serviceName":"redis"}""")]
    [InlineData("Producer", "messaging.system=kafka", """{"serviceName":"kafka"}""")]
    public void The_other_side_is_named_by_what_says_it_first(string kind, string attributes, string endpoint)
    {
        var span = attributes.Split(',').Aggregate(Message.Span().Number(6, (ulong)Enum.Parse<SpanKind>(kind)), static (s, a) => s.Inner(9, Message.Pair(a.Split('=')[0], a.Split('=')[1])));
        var written = JsonNode.Parse(Write(OtlpProtobuf.Read(Message.Request(span), s_limits)))![0]!["remoteEndpoint"];

        Assert.Equal(endpoint, written?.ToJsonString() ?? "");
    }

    [Theory]
    [InlineData(1, null, null)]
    [InlineData(0, "GET", "OK")]
    public void What_was_not_sent_is_not_written(int missing, string? name, string? status)
    {
        var span = Message.Span().Text(5, name ?? "").Inner(15, new Message().Number(3, missing == 0 ? 1UL : 0)).Fixed64(8, 1000);
        var written = JsonNode.Parse(Write(OtlpProtobuf.Read(Message.Request(span), s_limits)))![0]!;

        Assert.Equal((name, status, 1), ((string?)written["name"], (string?)written["tags"]!["otel.status_code"], (int)written["duration"]!));
        Assert.Null(written["kind"]);
        Assert.Null(written["tags"]!["error"]);
    }

    [Fact]
    public void All_that_the_format_knows_comes_back() => AssertSame(ZipkinJson.Read(Encoding.UTF8.GetBytes(ZipkinJsonTests.Whole), s_limits));

    /// <summary>What is written reads as what it was written of.</summary>
    [Fact]
    public void Any_spans_come_back()
    {
        var random = new Random(13);
        for (var i = 0; i < 3000; i++)
        {
            var list = new JsonArray(Span(random), Span(random), Span(random));
            AssertSame(ZipkinJson.Read(Encoding.UTF8.GetBytes(list.ToJsonString()), s_limits));
        }
    }

    private static void AssertSame(SpanBatch batch) => Assert.Equal(SpanText.Of(batch, isOrdered: false), SpanText.Of(ZipkinJson.Read(Write(batch), s_limits), isOrdered: false));

    private static byte[] Write(SpanBatch batch)
    {
        var output = new ArrayBufferWriter<byte>();
        ZipkinJsonWriter.Write(output, batch);
        return output.WrittenSpan.ToArray();
    }

    private static JsonObject Span(Random random)
    {
        var span = new JsonObject { ["traceId"] = Hex(random, random.Next(1, 17)), ["id"] = Hex(random, 8), ["timestamp"] = random.NextInt64(1, 1L << 52) };
        Maybe(random, span, "parentId", () => Hex(random, 8));
        Maybe(random, span, "kind", () => new[] { "CLIENT", "SERVER", "PRODUCER", "CONSUMER" }[random.Next(4)]);
        Maybe(random, span, "name", () => Text(random));
        Maybe(random, span, "duration", () => random.Next());
        Maybe(random, span, "localEndpoint", () => Endpoint(random));
        Maybe(random, span, "remoteEndpoint", () => Endpoint(random));
        Maybe(random, span, "debug", () => random.Next(2) == 0);
        Maybe(random, span, "shared", () => random.Next(2) == 0);
        Maybe(random, span, "tags", () =>
        {
            var tags = new JsonObject();
            for (var n = random.Next(5); n > 0; n--)
            {
                tags[new[] { "k" + Text(random), "error", "peer.service", "otel.status_description", "network.peer.address" }[random.Next(5)]] = random.Next(5) == 0 ? "false" : Text(random);
            }

            Maybe(random, tags, "otel.status_code", () => random.Next(2) == 0 ? "OK" : "ERROR");
            return tags;
        });
        Maybe(random, span, "annotations", () => new JsonArray(Annotation(random), Annotation(random)));
        return span;
    }

    private static JsonObject Annotation(Random random) => new()
    {
        ["timestamp"] = random.NextInt64(1, 1L << 52),
        ["value"] = random.Next(3) switch
        {
            0 => "v" + Text(random),
            1 => "\"" + Text(random) + "\": {" + Text(random) + "}",
            _ => $"{JsonValue.Create(Text(random)).ToJsonString()}: {new JsonObject { ["k" + Text(random)] = random.Next(), ["d" + Text(random)] = random.NextDouble() * 10, ["w"] = 3.0, ["t"] = Text(random), ["b"] = true, ["l"] = new JsonArray(1, "x", null) }.ToJsonString()}",
        },
    };

    private static JsonObject Endpoint(Random random)
    {
        var endpoint = new JsonObject();
        Maybe(random, endpoint, "serviceName", () => Text(random));
        Maybe(random, endpoint, "ipv4", () => $"10.0.0.{random.Next(256)}");
        Maybe(random, endpoint, "ipv6", () => $"2001:db8::{random.Next(1, 0xFFFF):x}");
        Maybe(random, endpoint, "port", () => random.Next(1, 65536));
        return endpoint;
    }

    private static void Maybe(Random random, JsonObject to, string name, Func<JsonNode?> value)
    {
        if (random.Next(3) > 0)
        {
            to[name] = value();
        }
    }

    private static string Hex(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        bytes[^1] |= 1;
        return Convert.ToHexStringLower(bytes);
    }

    private static string Text(Random random) => string.Concat(Enumerable.Range(0, random.Next(4)).Select(_ => new[] { "a", "\"", "\\", "组", "\u0001", "\ud83d\ude00", "{", "/" }[random.Next(8)]));
}
