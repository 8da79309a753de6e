using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Senders of spans as applications use them, unmodified, each at the port that it looks for.</summary>
public sealed class SpanSenderTests(SpanSenderTests.TakingSpans server) : IClassFixture<SpanSenderTests.TakingSpans>
{
    private static readonly string s_modules = Path.Combine(Checkout.Root, "artifacts", "clients", "senders", "node_modules");
    private static readonly string s_script = Path.Combine(Checkout.Root, "tests", "Stagedoor.Clients.Tests", "senders", "send.js");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http-protobuf", "OTLP over HTTP")]
    [InlineData("http-json", "OTLP over HTTP")]
    [InlineData("http-gzip", "OTLP over HTTP")]
    [InlineData("grpc", "OTLP over gRPC")]
    [InlineData("otel-zipkin", "Zipkin")]
    public async Task What_OpenTelemetry_for_Node_sends_is_read_back(string sender, string port)
    {
        var trace = await TraceAsync(await SendAsync(sender, port));

        AssertTrace(trace, $"node-{sender}", isTyped: sender is not "otel-zipkin");
    }

    [Fact]
    public async Task What_the_reporter_of_Zipkin_sends_is_read_back()
    {
        var trace = await TraceAsync(await SendAsync("zipkin", "Zipkin"));

        var spans = trace.GetProperty("spans").EnumerateArray().ToList();
        Assert.Equal(["get /cart", "select cart"], spans.Select(static s => s.GetProperty("operationName").GetString()).Order(StringComparer.Ordinal));
        Assert.Single(spans, static s => s.GetProperty("references").GetArrayLength() == 1);
        Assert.Equal("no such cart", TagsOf(spans.Single(static s => s.GetProperty("operationName").GetString() == "select cart"))["otel.status_description"]);
    }

    [Theory]
    [InlineData(OtlpExportProtocol.HttpProtobuf, "OTLP over HTTP", "/v1/traces")]
    [InlineData(OtlpExportProtocol.Grpc, "OTLP over gRPC", "")]
    public async Task What_OpenTelemetry_for_NET_sends_is_read_back(OtlpExportProtocol protocol, string port, string path)
    {
        using var source = new ActivitySource($"stagedoor-tests-{protocol}", "1");
        string id;
        using (var provider = Sdk.CreateTracerProviderBuilder().AddSource(source.Name)
            .ConfigureResource(r => r.AddService($"net-{protocol}", serviceVersion: "1.2.3"))
            .AddOtlpExporter(o =>
            {
                o.Protocol = protocol;
                o.Endpoint = new(server.AddressOf(port) + path);
                o.Headers = $"Authorization=Bearer {TakingSpans.Key}";
            })
            .Build())
        {
            using (var root = source.StartActivity("GET /cart/:id", ActivityKind.Server, default(ActivityContext))!)
            {
                id = root.TraceId.ToHexString();
                root.SetTag("http.request.method", "GET").SetTag("http.route", "/cart/:id").SetTag("amount", 42).SetTag("parts", (string[])["a", "b"]);
                using var child = source.StartActivity("SELECT cart", ActivityKind.Client)!;
                child.SetTag("db.system.name", "postgresql").AddException(new InvalidOperationException("no such cart")).SetStatus(ActivityStatusCode.Error, "no such cart");
            }

            Assert.True(provider.ForceFlush(10_000));
        }

        AssertTrace(await TraceAsync(id), $"net-{protocol}".ToLowerInvariant(), isTyped: true);
    }

    [Theory]
    [InlineData("http-json", "OTLP over HTTP")]
    [InlineData("grpc", "OTLP over gRPC")]
    public async Task A_sender_with_a_wrong_key_shows_why(string sender, string port)
    {
        var run = await RunAsync(sender, port, "not-the-key-of-anybody");

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("Tracing:Keys lists those that are", run.Error, StringComparison.Ordinal);
    }

    private static void AssertTrace(JsonElement trace, string service, bool isTyped)
    {
        var spans = trace.GetProperty("spans").EnumerateArray().ToDictionary(static s => s.GetProperty("operationName").GetString()!, StringComparer.OrdinalIgnoreCase);
        Assert.Equal(2, spans.Count);
        var (root, child) = (spans["GET /cart/:id"], spans["SELECT cart"]);
        Assert.Equal(service, trace.GetProperty("processes").GetProperty(root.GetProperty("processID").GetString()!).GetProperty("serviceName").GetString());
        var (atRoot, atChild) = (TagsOf(root), TagsOf(child));
        Assert.Equal("server", atRoot["span.kind"]);
        Assert.Equal("/cart/:id", atRoot["http.route"]);
        Assert.Equal("42", atRoot["amount"]);
        Assert.Equal("client", atChild["span.kind"]);
        Assert.Equal("postgresql", atChild["db.system.name"]);
        Assert.Equal("True", atChild["error"]);
        Assert.Equal(root.GetProperty("spanID").GetString(), Assert.Single(child.GetProperty("references").EnumerateArray()).GetProperty("spanID").GetString());
        var exception = Assert.Single(child.GetProperty("logs").EnumerateArray());

        // Zipkin's tags are texts, and what this exporter makes of an event is its name.
        Assert.Equal(isTyped, exception.GetRawText().Contains("no such cart", StringComparison.Ordinal));
        Assert.Equal(isTyped, root.GetRawText().Contains("int64", StringComparison.Ordinal));
    }

    private static Dictionary<string, string> TagsOf(JsonElement span) => span.GetProperty("tags").EnumerateArray()
        .ToDictionary(static t => t.GetProperty("key").GetString()!, static t => t.GetProperty("value").ToString(), StringComparer.Ordinal);

    private async Task<string> SendAsync(string sender, string port) => (await RunAsync(sender, port, TakingSpans.Key)).ShouldSucceed().Output.Trim();

    private Task<ToolResult> RunAsync(string sender, string port, string key)
    {
        Tool.Require("node");
        Assert.SkipUnless(Directory.Exists(s_modules), "The senders are not installed. Run eng/install-client-tools.sh.");
        return Tool.RunAsync(new ToolCall("node", [s_script, sender, server.AddressOf(port), key])
        {
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["NODE_PATH"] = s_modules },
        });
    }

    // As Grafana asks for a trace.
    private async Task<JsonElement> TraceAsync(string id)
    {
        using var client = Reader();
        using var response = await client.GetAsync(new Uri($"/api/traces/{id}", UriKind.Relative), Cancellation);
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, body);
        return Assert.Single(JsonElement.Parse(body).GetProperty("data").EnumerateArray());
    }

    private OutgoingClient Reader()
    {
        var client = new OutgoingClient { BaseAddress = new(server.AddressOf("Jaeger")) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TakingSpans.ReadKey);
        return client;
    }

    /// <summary>A server with the ports of the trace service, which demands keys.</summary>
    public sealed class TakingSpans : IAsyncLifetime
    {
        internal const string Key = "an-ingest-key-of-the-tests";
        internal const string ReadKey = "a-read-key-of-the-tests";

        private readonly StagedoorProcess _stagedoor = new();

        public async ValueTask InitializeAsync()
        {
            await _stagedoor.StartAsync(
                ("Tracing:Anonymous", "Never"), ("Tracing:Keys:0:Key", Key), ("Tracing:ReadKeys:0:Key", ReadKey),
                ("Tracing:OtlpHttpListen", "0"), ("Tracing:OtlpGrpcListen", "0"), ("Tracing:ZipkinListen", "0"), ("Tracing:JaegerListen", "0"));
            await Eventually.TrueAsync("the last address printed", TimeSpan.FromSeconds(20), () => _stagedoor.Output.Contains("Jaeger is also at", StringComparison.Ordinal));
        }

        public ValueTask DisposeAsync() => _stagedoor.DisposeAsync();

        /// <summary>Where a port of it is, by what the start calls it.</summary>
        internal string AddressOf(string port) => _stagedoor.Output.Split('\n').Single(l => l.StartsWith($"{port} is also at ", StringComparison.Ordinal)).Split(' ')[^1].Trim();
    }
}
