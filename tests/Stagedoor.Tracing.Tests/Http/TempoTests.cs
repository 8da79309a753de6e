using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>A trace as Tempo answers it, asked as Grafana's data source asks.</summary>
public sealed class TempoTests : TraceService
{
    [Fact]
    public async Task Grafana_asks_for_protobuf()
    {
        await SendAsync(Of(
            "cart",
            Span(7, 1).Inner(9, Message.Pair("n", new Message().Number(3, 5))).Inner(9, Message.Pair("list", new Message().Inner(5, new Message().Inner(1, new Message().Text(1, "a"))))).Fixed32(16, 0x301)
                .Inner(11, new Message().Fixed64(1, Now).Text(2, "retry")).Inner(13, new Message().Blob(1, Message.Id(16, 9)).Blob(2, Message.Id(8, 3))).Inner(15, new Message().Text(2, "no").Number(3, 2))));
        using var json = await App.Anonymous.GetAsync("/api/v3/traces/7", Cancellation);
        var expected = JsonElement.Parse(await TextOf(json)).GetProperty("result").GetRawText();

        var first = await BytesAsync("/tempo/api/traces/7?start=1&end=2");
        var second = await BytesAsync("/tempo/api/v2/traces/7?start=1&end=2");

        Assert.Equal(expected, AsJson(first));
        var envelope = new ProtobufReader(second, 0, second.Length);
        Assert.True(envelope.Next(1));
        var trace = envelope.ReadBytes();
        Assert.Equal(first, second.AsSpan(trace.Offset, trace.Length).ToArray());
        Assert.False(envelope.Next(1));
    }

    [Fact]
    public async Task Others_are_answered_in_JSON()
    {
        await SendAsync(Of("cart", Span(7, 1)));
        using var first = await App.Anonymous.GetAsync("/tempo/api/traces/7", Cancellation);
        using var second = await App.Anonymous.GetAsync("/tempo/api/v2/traces/7", Cancellation);

        Assert.Equal(1, JsonElement.Parse(await TextOf(first)).GetProperty("batches").GetArrayLength());
        Assert.Equal(1, JsonElement.Parse(await TextOf(second)).GetProperty("trace").GetProperty("resourceSpans").GetArrayLength());
    }

    [Theory]
    [InlineData("/tempo/api/echo", 200, "echo")]
    [InlineData("/tempo/api/v2/traces/8", 404, "trace not found")]
    [InlineData("/tempo/api/traces/8", 404, "trace not found")]
    [InlineData("/tempo/api/traces/zz", 400, "invalid trace id 'zz'")]
    public async Task What_is_no_trace_is_a_line_of_text(string path, int status, string text)
    {
        using var response = await App.Anonymous.GetAsync(path, Cancellation);

        Assert.Equal((status, "text/plain"), ((int)response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.StartsWith(text, await TextOf(response), StringComparison.Ordinal);
    }

    private static string AsJson(byte[] trace)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        OtlpJsonWriter.Write(buffer, OtlpProtobuf.Read(trace, new SpanLimits()));
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private async Task<byte[]> BytesAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/protobuf"));
        using var response = await App.Anonymous.SendAsync(request, Cancellation);
        Assert.Equal((HttpStatusCode.OK, "application/protobuf"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        return await response.Content.ReadAsByteArrayAsync(Cancellation);
    }
}
