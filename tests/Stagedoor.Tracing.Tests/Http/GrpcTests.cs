using System.Buffers.Binary;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Tracing.Ingest;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>OTLP over gRPC, as frames: each row of what may be answered.</summary>
public sealed class GrpcTests : TraceService
{
    private const string Export = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    private const string Health = "/grpc.health.v1.Health/Check";
    private const string Key = "an-ingest-key-for-tests";

    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Tracing:OtlpGrpcListen", "http://127.0.0.1:0"), ("Tracing:Keys:0:Key", Key), ("Tracing:Keys:0:MonitorGroup", "keyed"),
        ("Tracing:MaxBytes", "1048576"), ("Tracing:MaxPackedBytes", "65536"), ("Tracing:MaxBytesInFlight", "4194304"),
    ];

    private string Address => App.Services.GetRequiredService<BoundListeners>().Others.Single(static o => o.Listener == TracingModule.OtlpGrpc).Address;

    [Fact]
    public async Task Spans_are_kept_before_the_answer()
    {
        var answer = await CallAsync(Export, Frame(Of("cart", Span(1, 1))));

        Assert.Equal((0, ""), (answer.Code, Convert.ToHexString(answer.Message)));
        Assert.Equal(["cart"], await NamesAsync("ats/applications"));
    }

    [Fact]
    public async Task An_empty_request_is_taken() => Assert.Equal(0, (await CallAsync(Export, Frame([]))).Code);

    [Fact]
    public async Task Packed_messages_are_unpacked()
    {
        var answer = await CallAsync(Export, Frame(Gzip(Of("cart", Span(1, 1))), isPacked: true), encoding: "gzip");

        Assert.Equal(0, answer.Code);
        Assert.Equal(["cart"], await NamesAsync("ats/applications"));
    }

    [Fact]
    public async Task Spans_that_are_none_are_told_and_the_others_kept()
    {
        var answer = await CallAsync(Export, Frame(Of("cart", [Span(0, 1), .. Enumerable.Range(1, 9).Select(i => Span((byte)i, 1))])));

        Assert.Equal(0, answer.Code);
        Assert.Contains("rejected 1 of 10 spans: invalid_trace_id=1", Encoding.UTF8.GetString(answer.Message), StringComparison.Ordinal);
        Assert.Equal(9, (await QueryAsync($"ats/traces?{Window}&application=cart")).GetProperty("responseInfo").GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(60)]
    public async Task What_is_packed_and_cut_off_is_an_invalid_argument(int missing)
    {
        var answer = await CallAsync(Export, Frame(Gzip(Of("cart", Span(1, 1)))[..^missing], isPacked: true), encoding: "gzip");

        Assert.Equal(3, answer.Code);
        await QueryAsync("ats/applications", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task What_is_no_message_is_an_invalid_argument() => Assert.Equal(3, (await CallAsync(Export, Frame([0xFF, 0xFF]))).Code);

    [Fact]
    public async Task Bombs_and_long_messages_exhaust_resources_and_are_not_to_be_sent_again()
    {
        var bomb = await CallAsync(Export, Frame(Gzip(new byte[8 << 20]), isPacked: true), encoding: "gzip");
        var plain = await CallAsync(Export, Frame(new byte[(1 << 20) + 1]));
        var packed = await CallAsync(Export, Frame(new byte[(1 << 16) + 1], isPacked: true), encoding: "gzip");
        var announced = await CallAsync(Export, [0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3]);

        Assert.All([bomb, plain, packed, announced], static a => Assert.Equal((8, false), (a.Code, a.Details.Length > 0)));
        Assert.Contains("Tracing:MaxBytes", plain.Text, StringComparison.Ordinal);
        Assert.Equal(0, App.Services.GetRequiredService<SpanReception>().Budget.Used);
    }

    [Fact]
    public async Task When_there_is_no_room_it_is_told_when_to_try_again()
    {
        var budget = App.Services.GetRequiredService<SpanReception>().Budget;
        budget.Hold(4 << 20);
        var answer = await CallAsync(Export, Frame(Of("cart", Span(1, 1))));
        budget.Release(4 << 20);

        Assert.Equal((14, "SVCSTG.ATS.503001"), (answer.Code, answer.Error));
        Assert.InRange(RetryDelayOf(answer.Details), 1UL, 5UL);
        Assert.Equal(0, (await CallAsync(Export, Frame(Of("cart", Span(1, 1))))).Code);
        Assert.Equal(0, budget.Used);
    }

    [Theory]
    [InlineData("authorization", $"Bearer {Key}")]
    [InlineData("authentication", Key)]
    [InlineData("x-otlp-api-key", Key)]
    public async Task A_key_says_whose_spans_they_are(string header, string value)
    {
        var answer = await CallAsync(Export, Frame(Of("cart", Span(1, 1))), headers: [("x-forwarded-for", "192.0.2.1"), (header, value)]);

        Assert.Equal(0, answer.Code);
        Assert.Equal(["keyed"], await NamesAsync("atps/monitorgroups"));
    }

    [Fact]
    public async Task Who_is_not_known_is_not_authenticated()
    {
        var stranger = await CallAsync(Export, Frame(Of("cart", Span(1, 1))), headers: ("authorization", "Bearer nobody-knows-this-key"));
        var relayed = await CallAsync(Export, Frame(Of("cart", Span(1, 1))), headers: ("x-forwarded-for", "192.0.2.1"));

        Assert.Equal((16, 16), (stranger.Code, relayed.Code));
        Assert.Contains("Tracing:Keys", stranger.Text, StringComparison.Ordinal);
        Assert.Equal("APIGW.0301", stranger.Error);
    }

    [Fact]
    public async Task Why_a_call_was_refused_is_explained_by_its_request_id()
    {
        var budget = App.Services.GetRequiredService<SpanReception>().Budget;
        budget.Hold(4 << 20);
        var room = await CallAsync(Export, Frame(Of("cart", Span(1, 1))));
        budget.Release(4 << 20);
        foreach (var (answer, code, status, stage, change) in new[]
        {
            (await CallAsync(Export, Frame(Of("cart", Span(1, 1))), headers: ("authorization", "Bearer nobody-knows-this-key")), "APIGW.0301", 401, "authentication", "Tracing:Keys"),
            (await CallAsync(Export, Frame(new byte[(1 << 20) + 1])), "APIGW.0201", 413, "body", ""),
            (await CallAsync(Export, Frame([0xFF, 0xFF])), "SVCSTG_AMS_4000001", 400, "handler", ""),
            (room, "SVCSTG.ATS.503001", 503, "handler", ""),
            (await CallAsync("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", Frame([])), "APIGW.0101", 404, "route", ""),
            (await CallAsync(Export, Frame([1, 2, 3], isPacked: true), encoding: "snappy"), "HTTP.501", 501, "handler", ""),
        })
        {
            using var response = await App.Admin.GetAsync($"/v1/why/{answer.RequestId}", Cancellation);
            var text = await response.Content.ReadAsStringAsync(Cancellation);
            Assert.True(response.StatusCode is HttpStatusCode.OK, $"{code}: {text}");
            var refusal = System.Text.Json.JsonElement.Parse(text).GetProperty("refusals")[0];
            Assert.Equal((code, status, stage), (refusal.GetProperty("code").GetString(), refusal.GetProperty("status").GetInt32(), refusal.GetProperty("refused_by").GetString()));
            Assert.Equal(answer.Text, refusal.GetProperty("message").GetString());
            Assert.Contains(change, refusal.GetProperty("change").GetString()!, StringComparison.Ordinal);
            var facts = refusal.GetProperty("steps").EnumerateArray().Last().GetProperty("facts").EnumerateArray();
            Assert.Contains(facts, f => f.GetProperty("name").GetString() is "status of gRPC" && f.GetProperty("value").GetString() == answer.Code.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        var taken = await CallAsync(Export, Frame(Of("cart", Span(1, 1))));
        using var none = await App.Admin.GetAsync($"/v1/why/{taken.RequestId}", Cancellation);
        Assert.Equal((0, HttpStatusCode.NotFound), (taken.Code, none.StatusCode));
    }

    [Fact]
    public async Task A_token_is_a_key_for_its_project()
    {
        var answer = await CallAsync(Export, Frame(Of("cart", Span(1, 1))), headers: [("x-forwarded-for", "192.0.2.1"), ("x-auth-token", await TokenAsync())]);

        Assert.Equal(0, answer.Code);
        Assert.Equal(["cart"], await NamesAsync("ats/applications"));
    }

    [Fact]
    public async Task Unknown_packings_and_other_services_are_not_implemented()
    {
        var packing = await CallAsync(Export, Frame([1, 2, 3], isPacked: true), encoding: "snappy");
        var none = await CallAsync(Export, Frame([1, 2, 3], isPacked: true));
        var service = await CallAsync("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", Frame([]));
        var method = await CallAsync("/opentelemetry.proto.collector.trace.v1.TraceService/Import", Frame([]));
        var query = await CallAsync($"/v1/{Project}/ats/applications", Frame([]));

        Assert.Equal((12, 13), (packing.Code, none.Code));
        Assert.Contains("gzip", packing.Encodings, StringComparison.Ordinal);
        Assert.Equal((12, 12, 12), (service.Code, method.Code, query.Code));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00 00 00")]
    [InlineData("00 00 00 00 09 01")]
    [InlineData("00 00 00 00 00 01")]
    [InlineData("02 00 00 00 00")]
    public async Task Broken_framing_is_internal(string bytes)
    {
        var answer = await CallAsync(Export, Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));

        Assert.Equal(13, answer.Code);
        Assert.Equal(0, App.Services.GetRequiredService<SpanReception>().Budget.Used);
    }

    [Fact]
    public async Task What_is_no_gRPC_is_refused_by_HTTP()
    {
        using var client = NewClient();
        using var content = new ByteArrayContent([]) { Headers = { ContentType = new("application/json") } };
        using var type = await client.PostAsync(Export, content, Cancellation);
        using var path = await client.GetAsync("/v1/traces", Cancellation);

        Assert.Equal((HttpStatusCode.UnsupportedMediaType, HttpStatusCode.NotFound), (type.StatusCode, path.StatusCode));
    }

    [Fact]
    public async Task It_is_served_at_its_own_port_alone()
    {
        using var content = new ByteArrayContent(Frame([])) { Headers = { ContentType = new("application/grpc") } };
        using var response = await App.Anonymous.PostAsync(Export, content, Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Theory]
    [InlineData("", 0, "0801")]
    [InlineData("opentelemetry.proto.collector.trace.v1.TraceService", 0, "0801")]
    [InlineData("other", 5, "")]
    public async Task Probes_ask_for_health_without_a_key(string service, int code, string message)
    {
        var answer = await CallAsync(Health, Frame(new Message().Text(1, service).Bytes), headers: ("x-forwarded-for", "192.0.2.1"));

        Assert.Equal((code, message), (answer.Code, Convert.ToHexString(answer.Message)));
    }

    [Fact]
    public async Task Many_calls_at_once_that_stand_still_hold_no_more_than_there_is()
    {
        var budget = App.Services.GetRequiredService<SpanReception>().Budget;
        using var client = NewClient(static h => h.EnableMultipleHttp2Connections = true);
        var stalled = Enumerable.Range(0, 300).Select(_ => new StalledBody()).ToList();
        var calls = stalled.ConvertAll(async body =>
        {
            using var request = Request(Export, body, null, []);
            return await AnswerOfAsync(client, request, Cancellation);
        });

        // More than the room has a place for: the first that is refused is told so, while the others still wait.
        Answer first;
        long used;
        try
        {
            first = await await Task.WhenAny(calls).WaitAsync(s_soon, Cancellation);
            used = budget.Used;
        }
        finally
        {
            stalled.ForEach(static b => b.GoOn());
        }

        Assert.Equal(14, first.Code);
        Assert.InRange(used, 0, 5 << 20);
        Assert.All(await Task.WhenAll(calls).WaitAsync(s_soon, Cancellation), static a => Assert.Contains(a.Code, (int[])[3, 14]));
        Assert.Equal(0, budget.Used);
    }

    [Fact]
    public async Task Ten_thousand_calls_over_four_connections_are_all_answered_within_the_budget()
    {
        const int Connections = 4;
        const int Calls = 2500;
        var budget = App.Services.GetRequiredService<SpanReception>().Budget;
        using (var first = NewClient())
        {
            using var request = Request(Export, new ByteArrayContent(Frame(Of("cart", Span(1, 1)))), null, []);
            Assert.Equal(0, (await AnswerOfAsync(first, request, Cancellation)).Code);
        }

        var clients = Enumerable.Range(0, Connections).Select(_ => NewClient(static h => (h.MaxConnectionsPerServer, h.EnableMultipleHttp2Connections) = (1, false))).ToList();
        var most = 0L;
        int[] codes;
        try
        {
            clients.ForEach(static c => c.Timeout = Timeout.InfiniteTimeSpan);
            codes = await Task.WhenAll(Enumerable.Range(0, Connections * Calls).Select(async i =>
            {
                var span = Span((byte)((i % 250) + 1), (byte)((i / 250) + 1));
                using var request = Request(Export, new ByteArrayContent(Frame(Of("cart", span))), null, []);
                var answer = await AnswerOfAsync(clients[i % Connections], request, Cancellation);
                InterlockedMax(ref most, budget.Used);
                return answer.Code;
            })).WaitAsync(TimeSpan.FromMinutes(4), Cancellation);
        }
        finally
        {
            clients.ForEach(static c => c.Dispose());
        }

        // Who comes when there is no room for a moment is told so, and to try again.
        Assert.All(codes, static c => Assert.Contains(c, (int[])[0, 14]));
        Assert.InRange(codes.Count(static c => c == 0), 1000, Connections * Calls);
        Assert.Equal(0, budget.Used);

        // What is asked for and not given is counted for the moment that it takes to say so.
        Assert.InRange(most, 0, 5 << 20);

        static void InterlockedMax(ref long most, long value)
        {
            for (var known = Volatile.Read(ref most); value > known; known = Volatile.Read(ref most))
            {
                Interlocked.CompareExchange(ref most, value, known);
            }
        }
    }

    private static byte[] Frame(byte[] message, bool isPacked = false)
    {
        var frame = new byte[5 + message.Length];
        frame[0] = isPacked ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var stream = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            stream.Write(bytes);
        }

        return packed.ToArray();
    }

    private static ulong RetryDelayOf(byte[] status)
    {
        var duration = Field(Field(Field(Field(status, 3), 2), 1), 0);
        var reader = new ProtobufReader(duration, 0, duration.Length);
        Assert.True(reader.Next(1));
        return reader.ReadNumber();

        static byte[] Field(byte[] message, int number)
        {
            var reader = new ProtobufReader(message, 0, message.Length);
            if (number == 0)
            {
                return message;
            }

            Assert.True(reader.Next(number));
            var found = reader.ReadBytes();
            return message[found.Offset..(found.Offset + found.Length)];
        }
    }

    private OutgoingClient NewClient(Action<SocketsHttpHandler>? configure = null)
    {
        var handler = new SocketsHttpHandler();
        configure?.Invoke(handler);
        return new(handler) { BaseAddress = new(Address), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    private static HttpRequestMessage Request(string path, HttpContent content, string? encoding, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content, Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (encoding is not null)
        {
            request.Headers.TryAddWithoutValidation("grpc-encoding", encoding);
        }

        return request;
    }

    private async Task<Answer> CallAsync(string path, byte[] body, string? encoding = null, params (string Name, string Value)[] headers)
    {
        using var client = NewClient();
        using var request = Request(path, new ByteArrayContent(body), encoding, headers);
        return await AnswerOfAsync(client, request, Cancellation).WaitAsync(s_soon, Cancellation);
    }

    private static async Task<Answer> AnswerOfAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        Assert.Equal((HttpStatusCode.OK, "application/grpc"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));

        // What ends without a message has its trailers among the headers.
        string One(string name) => response.TrailingHeaders.TryGetValues(name, out var trailer) ? trailer.Single() : response.Headers.TryGetValues(name, out var header) ? string.Join(",", header) : "";
        var details = One("grpc-status-details-bin");
        return new(
            int.Parse(One("grpc-status"), System.Globalization.CultureInfo.InvariantCulture),
            Uri.UnescapeDataString(One("grpc-message")),
            Convert.FromBase64String(details.PadRight((details.Length + 3) / 4 * 4, '=')),
            One("grpc-accept-encoding"),
            One("X-Stagedoor-Error-Code"),
            One("X-Request-Id"),
            body.Length == 0 ? body : body[5..]);
    }

    private sealed record Answer(int Code, string Text, byte[] Details, string Encodings, string Error, string RequestId, byte[] Message);

    /// <summary>Announces a message and sends a byte of it, and the rest when it is told to.</summary>
    private sealed class StalledBody : HttpContent
    {
        private readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void GoOn() => _goOn.TrySetResult();

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 0xFF }, Cancellation);
            await stream.FlushAsync(Cancellation);
            await _goOn.Task;
            await stream.WriteAsync(new byte[] { 0xFF }, Cancellation);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
