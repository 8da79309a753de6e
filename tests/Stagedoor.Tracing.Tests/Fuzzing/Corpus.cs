using System.Text;
using Stagedoor.Tracing.Tests.Otlp;
using Stagedoor.Tracing.Tests.Zipkin;

namespace Stagedoor.Tracing.Tests.Fuzzing;

/// <summary>A valid body of each format, from which others are made.</summary>
internal static class Corpus
{
    public static byte[] OtlpProtobuf { get; } = Message.Request(
        Message.Span().Number(6, 3).Text(3, "a=b").Blob(4, Message.Id(8, 9)).Number(10, 3).Fixed32(16, 0x301)
            .Inner(9, Message.Pair("http.request.method", "GET")).Inner(9, Message.Pair("db.query.text", new string('s', 300)))
            .Inner(9, Message.Pair("n", new Message().Number(3, 7))).Inner(9, Message.Pair("d", new Message().Fixed64(4, 4609434218613702656))).Inner(9, Message.Pair("b", new Message().Number(2, 1)))
            .Inner(9, Message.Pair("list", new Message().Inner(5, new Message().Inner(1, new Message().Text(1, "x")).Inner(1, new Message().Number(3, 1)))))
            .Inner(9, Message.Pair("map", new Message().Inner(6, new Message().Inner(1, Message.Pair("k", "v"))))).Inner(9, Message.Pair("raw", new Message().Blob(7, [1, 2, 3])))
            .Inner(11, new Message().Fixed64(1, 1500).Text(2, "exception").Inner(3, Message.Pair("exception.stacktrace", "at x")).Number(4, 1))
            .Inner(13, new Message().Blob(1, Message.Id(16, 5)).Blob(2, Message.Id(8, 6)).Text(3, "c=d").Inner(4, Message.Pair("l", "m")).Fixed32(6, 0x100))
            .Inner(15, new Message().Text(2, "broken").Number(3, 2)),
        Message.Span());

    public static byte[] OtlpJson { get; } = """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}],"droppedAttributesCount":1},"schemaUrl":"u","scopeSpans":[{"scope":{"name":"s","version":"1"},"spans":[
        {"traceId":"4BE1C7D02F9A43568D17E0C2B5A3F964","spanId":"9A01B2C3D4E5F607","parentSpanId":"1111111111111111","name":"GET \u7ec4","kind":2,"startTimeUnixNano":"1000","endTimeUnixNano":3e3,"flags":769,
        "attributes":[{"key":"i","value":{"intValue":"-7"}},{"key":"d","value":{"doubleValue":"NaN"}},{"key":"b","value":{"bytesValue":"AQI="}},{"key":"a","value":{"arrayValue":{"values":[{"boolValue":true},{}]}}},
        {"key":"m","value":{"kvlistValue":{"values":[{"key":"k","value":{"stringValue":"v"}}]}}}],"events":[{"timeUnixNano":"1500","name":"e","attributes":[]}],
        "links":[{"traceId":"4BE1C7D02F9A43568D17E0C2B5A3F964","spanId":"9A01B2C3D4E5F607"}],"status":{"code":2,"message":"broken"},"unknown":[{"x":[null]}]}]}]}]}
        """u8.ToArray();

    public static byte[] ZipkinJson { get; } = Encoding.UTF8.GetBytes(ZipkinJsonTests.Whole);

    public static byte[] ZipkinV1Json { get; } = """
        [{"traceId":"a","id":"b","parentId":"c","name":"get","timestamp":100,"duration":50,"debug":true,
          "annotations":[{"timestamp":100,"value":"cs","endpoint":{"serviceName":"web","ipv4":"10.0.0.1","port":80}},{"timestamp":110,"value":"sr","endpoint":{"serviceName":"cart","ipv6":"::1"}},
            {"timestamp":140,"value":"ss","endpoint":{"serviceName":"cart"}},{"timestamp":150,"value":"cr","endpoint":{"serviceName":"web"}},{"timestamp":120,"value":"retry"}],
          "binaryAnnotations":[{"key":"http.path","value":"/a"},{"key":"flag","value":true,"type":"BOOL"},{"key":"i","value":"8","type":"I32"},{"key":"d","value":1.5,"type":"DOUBLE"},
            {"key":"b","value":"AQI=","type":"BYTES"},{"key":"sa","value":true,"type":"BOOL","endpoint":{"serviceName":"db"}}]}]
        """u8.ToArray();

    public static byte[] ZipkinProtobuf { get; } = new Message()
        .Inner(1, new Message().Blob(1, Message.Id(16, 1)).Blob(2, Message.Id(8, 3)).Blob(3, Message.Id(8, 2)).Number(4, 2).Text(5, "get").Fixed64(6, 7).Number(7, 50)
            .Inner(8, new Message().Text(1, "s").Blob(2, [1, 2, 3, 4]).Number(4, 80)).Inner(9, new Message().Text(1, "t").Blob(3, new byte[16]))
            .Inner(10, new Message().Fixed64(1, 1).Text(2, "\"e\": {\"k\":[1]}")).Inner(11, new Message().Text(1, "error").Text(2, "v")).Number(12, 1).Number(13, 1))
        .Inner(1, new Message().Blob(1, Message.Id(8, 1)).Blob(3, Message.Id(8, 2)).Fixed64(6, 7)).Bytes;

    public static byte[] Thrift { get; } = ThriftMessage.ListOf(
        new ThriftMessage().Int64(1, 10).Text(3, "get").Int64(4, 11).Int64(5, 12)
            .List(6, new ThriftMessage().Int64(1, 100).Text(2, "cs").Struct(3, Endpoint()).Stop(), new ThriftMessage().Int64(1, 150).Text(2, "cr").Struct(3, Endpoint()).Stop())
            .List(8, new ThriftMessage().Text(1, "http.path").Text(2, "/a").Int32(3, 6).Struct(4, Endpoint()).Stop(), new ThriftMessage().Text(1, "n").Blob(2, [0, 0, 0, 7]).Int32(3, 3).Stop())
            .Bool(9, true).Int64(10, 100).Int64(11, 50).Int64(12, 1).Stop(),
        new ThriftMessage().Int64(1, 10).Int64(4, 13).Stop());

    public static IReadOnlyList<byte[]> All { get; } = [OtlpProtobuf, OtlpJson, ZipkinJson, ZipkinV1Json, ZipkinProtobuf, Thrift];

    private static ThriftMessage Endpoint() => new ThriftMessage().Int32(1, 0x0A000001).Int16(2, 80).Text(3, "web").Blob(4, new byte[16]).Stop();
}
