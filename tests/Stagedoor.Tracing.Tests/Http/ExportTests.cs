using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Stagedoor.Tracing.Ingest;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>OTLP over HTTP: each row of what may be answered, as protobuf and as JSON.</summary>
public sealed class ExportTests : TraceService
{
    private const string Key = "an-ingest-key-for-tests";

    protected override IEnumerable<(string Key, string Value)> Settings =>
        [("Tracing:Keys:0:Key", Key), ("Tracing:Keys:0:MonitorGroup", "keyed"), ("Tracing:MaxBytes", "1048576"), ("Tracing:MaxPackedBytes", "65536")];

    [Theory]
    [InlineData(OtlpAnswer.Protobuf, "")]
    [InlineData(OtlpAnswer.Json, "{}")]
    public async Task An_empty_request_is_taken(string mediaType, string expected)
    {
        using var response = await ExportAsync(mediaType is OtlpAnswer.Json ? "{}"u8.ToArray() : [], mediaType);

        Assert.Equal((HttpStatusCode.OK, expected, mediaType), (response.StatusCode, await TextOf(response), response.Content.Headers.ContentType?.MediaType));
    }

    [Theory]
    [InlineData("\"startTimeUnixNano\":\"0\",\"endTimeUnixNano\":\"END\"")]
    [InlineData("\"endTimeUnixNano\":\"END\"")]
    [InlineData("\"startTimeUnixNano\":\"END\"")]
    public async Task What_is_taken_is_found_though_a_time_of_it_is_missing(string times)
    {
        var json = $$"""
            {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"4be1c7d02f9a43568d17e0c2b5a3f964","spanId":"9a01b2c3d4e5f607","name":"x",{{times.Replace("END", (Now - 1000).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)}}}]}]}]}
            """;
        using var response = await ExportAsync(Encoding.UTF8.GetBytes(json), OtlpAnswer.Json);

        Assert.Equal("{}", await TextOf(response));
        Assert.Single(await NamesAsync("ats/spans?traceId=4be1c7d02f9a43568d17e0c2b5a3f964"));
    }

    [Fact]
    public async Task A_span_that_began_before_what_is_kept_is_rejected_though_it_has_just_ended()
    {
        using var response = await ExportAsync(Of("cart", Span(1, 1), Span(2, 1, secondsAgo: 8 * 86_400, micros: 8L * 86_400_000_000)), OtlpAnswer.Protobuf);

        Assert.Contains("too_old=1", await TextOf(response), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spans_come_as_JSON_too()
    {
        var json = $$$"""
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"spans":[
            {"traceId":"4BE1C7D02F9A43568D17E0C2B5A3F964","spanId":"9A01B2C3D4E5F607","name":"x","kind":2,"startTimeUnixNano":{{{Now - 2000}}},"endTimeUnixNano":"{{{Now - 1000}}}"}]}]}]}
            """;
        using var response = await ExportAsync(Encoding.UTF8.GetBytes(json), "application/json; charset=utf-8");

        Assert.Equal("{}", await TextOf(response));
        Assert.Contains("\"4be1c7d02f9a43568d17e0c2b5a3f964\"", (await NamesAsync("ats/spans?traceId=4be1c7d02f9a43568d17e0c2b5a3f964"))[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("zstd")]
    public async Task Packed_requests_are_unpacked(string encoding)
    {
        using var response = await ExportAsync(Pack(encoding, Of("cart", Span(1, 1))), encoding: encoding);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["cart"], await NamesAsync("ats/applications"));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(60)]
    public async Task What_is_cut_off_is_refused_and_nothing_of_it_is_kept(int missing)
    {
        var packed = Pack("gzip", Of("cart", Span(1, 1)));
        using var response = await ExportAsync(packed[..^missing], encoding: "gzip");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(8, (await response.Content.ReadAsByteArrayAsync(Cancellation))[0]);
        await QueryAsync("ats/applications", HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData(OtlpAnswer.Protobuf)]
    [InlineData(OtlpAnswer.Json)]
    public async Task A_refusal_is_a_status_in_the_format_of_the_request(string mediaType)
    {
        using var malformed = await ExportAsync([0xFF, 0xFF], mediaType);
        using var unknown = await ExportAsync([], mediaType, "br");
        using var stranger = await ExportAsync([], mediaType, headers: ("Authorization", "Bearer nobody-knows-this-key"));

        Assert.Equal((HttpStatusCode.BadRequest, 3), (malformed.StatusCode, await CodeOf(malformed)));
        Assert.Equal((HttpStatusCode.UnsupportedMediaType, 12), (unknown.StatusCode, await CodeOf(unknown)));
        Assert.Contains("zstd", await TextOf(unknown), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.Unauthorized, 16), (stranger.StatusCode, await CodeOf(stranger)));
        Assert.All([malformed, unknown, stranger], r => Assert.Equal(mediaType, r.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Bombs_and_long_requests_are_too_large()
    {
        using var bomb = await ExportAsync(Pack("gzip", new byte[8 << 20]), encoding: "gzip");
        using var plain = await ExportAsync(new byte[(1 << 20) + 1]);
        using var packed = await ExportAsync(Pack("gzip", Noise(100_000)), encoding: "gzip");

        foreach (var response in (HttpResponseMessage[])[bomb, plain, packed])
        {
            Assert.Equal((HttpStatusCode.RequestEntityTooLarge, 8), (response.StatusCode, await CodeOf(response)));
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("")]
    public async Task Other_media_types_are_refused(string mediaType)
    {
        using var response = await ExportAsync([], mediaType);

        Assert.Equal((HttpStatusCode.UnsupportedMediaType, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task Spans_that_are_none_are_told_and_the_others_kept()
    {
        using var response = await ExportAsync(Of("cart", [Span(0, 1), .. Enumerable.Range(1, 9).Select(i => Span((byte)i, 1))]));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("rejected 1 of 10 spans: invalid_trace_id=1", await TextOf(response), StringComparison.Ordinal);
        Assert.Equal(9, (await QueryAsync($"ats/traces?{Window}&application=cart")).GetProperty("responseInfo").GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_batch_that_is_sent_again_counts_once()
    {
        var batch = Of("cart", Span(1, 1));
        await SendAsync(batch);
        await SendAsync(batch);

        Assert.Single(await NamesAsync("ats/spans?traceId=0000000000000001"));
        Assert.Equal(1, (await QueryAsync($"atps/transactions?{Window}")).GetProperty("responseInfo").GetProperty("transactions")[0].GetProperty("calls").GetInt32());
    }

    [Theory]
    [InlineData("Authorization", $"Bearer {Key}")]
    [InlineData("Authentication", Key)]
    [InlineData("x-otlp-api-key", Key)]
    public async Task A_key_says_whose_spans_they_are(string header, string value)
    {
        using var response = await ExportAsync(Of("cart", Span(1, 1)), headers: [("X-Forwarded-For", "192.0.2.1"), (header, value)]);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(["keyed"], await NamesAsync("atps/monitorgroups"));
    }

    [Fact]
    public async Task The_same_bytes_of_two_senders_are_two_requests()
    {
        var batch = Of("cart", Span(1, 1));
        await SendAsync(batch);
        using var keyed = await ExportAsync(batch, headers: ("Authentication", Key));

        Assert.Equal(HttpStatusCode.OK, keyed.StatusCode);
        Assert.Equal(["default", "keyed"], await NamesAsync("atps/monitorgroups"));
    }

    [Fact]
    public async Task A_key_may_stand_in_the_path()
    {
        using var known = await ExportAsync(Of("cart", Span(1, 1)), path: $"/k/{Key}/v1/traces", headers: ("X-Forwarded-For", "192.0.2.1"));
        using var unknown = await ExportAsync(Of("cart", Span(2, 1)), path: "/k/other/v1/traces");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (known.StatusCode, unknown.StatusCode));
    }

    [Fact]
    public async Task Who_is_not_on_this_machine_needs_a_key()
    {
        using var relayed = await ExportAsync(Of("cart", Span(1, 1)), headers: ("X-Forwarded-For", "192.0.2.1"));

        Assert.Equal(HttpStatusCode.Unauthorized, relayed.StatusCode);
    }

    [Fact]
    public async Task A_credential_of_the_gateway_is_a_key_for_its_project()
    {
        using var signed = await ExportAsync(Of("cart", Span(1, 1)), client: App.Admin, headers: ("X-Forwarded-For", "192.0.2.1"));

        Assert.Equal(HttpStatusCode.OK, signed.StatusCode);
        Assert.Equal(["cart"], await NamesAsync("ats/applications"));
    }

    private static byte[] Noise(int length)
    {
        var noise = new byte[length];
        System.Security.Cryptography.RandomNumberGenerator.Fill(noise);
        return noise;
    }

    private static async Task<int> CodeOf(HttpResponseMessage response)
    {
        var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
        return response.Content.Headers.ContentType?.MediaType is OtlpAnswer.Json
            ? JsonElement.Parse(body).GetProperty("code").GetInt32()
            : body[0] == 8 ? body[1] : BinaryPrimitives.ReadInt16BigEndian(body);
    }

    private static byte[] Pack(string encoding, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            "deflate" => new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true),
            _ => new ZstdSharp.CompressionStream(packed, leaveOpen: true),
        })
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }
}
