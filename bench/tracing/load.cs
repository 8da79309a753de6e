#:property PublishAot=false
#:property AllowUnsafeBlocks=false

// Sends spans and asks for traces, and prints how fast that went. See ../tracing.sh.
//
//   load.cs send URL PROTOCOL SENDERS INFLIGHT SECONDS|SPANS PID IDS     PROTOCOL is http or grpc; SPANS when above 1000; appends ids of traces to the file IDS;
//                                                                       the variable KEY holds an ingest key
//   load.cs find URL TOKEN PROJECT IDS CLIENTS SECONDS                   traces by id
//   load.cs search URL TOKEN PROJECT REQUESTS PID                        searches, one after the other
using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

return args switch
{
    ["send", var url, var protocol, var senders, var flight, var much, var pid, var ids] => await SendAsync(url, protocol == "grpc", Number(senders), Number(flight), long.Parse(much, CultureInfo.InvariantCulture), pid, ids),
    ["find", var url, var token, var project, var ids, var clients, var seconds] => await FindAsync(url, token, project, ids, Number(clients), Number(seconds)),
    ["search", var url, var token, var project, var requests, var pid] => await SearchAsync(url, token, project, Number(requests), pid),
    _ => throw new ArgumentException("see the first lines of this file"),
};

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

static async Task<int> SendAsync(string url, bool isGrpc, int senders, int flight, long much, string pid, string ids)
{
    var templates = Enumerable.Range(0, 16).Select(static i => new Template(i)).ToArray();
    var path = isGrpc ? "/opentelemetry.proto.collector.trace.v1.TraceService/Export" : "/v1/traces";
    var (deadline, most) = much > 1000 ? (TimeSpan.MaxValue, much) : (TimeSpan.FromSeconds(much), long.MaxValue);
    long sent = 0, refused = 0, bytes = 0;
    var latencies = new System.Collections.Concurrent.ConcurrentBag<double>();
    var found = new System.Collections.Concurrent.ConcurrentBag<string>();
    var cpu = Cpu(pid);
    var watch = Stopwatch.StartNew();
    await Task.WhenAll(Enumerable.Range(0, senders).SelectMany(_ =>
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = false, MaxConnectionsPerServer = flight }) { BaseAddress = new(url), Timeout = TimeSpan.FromSeconds(60) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", Environment.GetEnvironmentVariable("KEY"));
        return Enumerable.Range(0, flight).Select(_ => Task.Run(async () =>
        {
            var buffer = new byte[templates.Max(static t => t.Length) + 5];
            for (var n = 0; watch.Elapsed < deadline && Interlocked.Read(ref sent) < most; n++)
            {
                var template = templates[Random.Shared.Next(templates.Length)];
                var trace = template.Write(buffer.AsSpan(5));
                if (n % 8 == 0)
                {
                    found.Add(trace);
                }

                using var request = new HttpRequestMessage(HttpMethod.Post, path);
                if (isGrpc)
                {
                    BinaryPrimitives.WriteInt32BigEndian(buffer.AsSpan(1), template.Length);
                    (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
                    request.Headers.TE.Add(new("trailers"));
                    request.Content = new ByteArrayContent(buffer, 0, template.Length + 5);
                    request.Content.Headers.ContentType = new("application/grpc");
                }
                else
                {
                    request.Content = new ByteArrayContent(buffer, 5, template.Length);
                    request.Content.Headers.ContentType = new("application/x-protobuf");
                }

                var from = Stopwatch.GetTimestamp();
                using var response = await client.SendAsync(request);
                await response.Content.CopyToAsync(Stream.Null);
                var isTaken = response.IsSuccessStatusCode && (!isGrpc || (response.TrailingHeaders.TryGetValues("grpc-status", out var status) ? status.Single() : response.Headers.GetValues("grpc-status").Single()) == "0");
                if (isTaken)
                {
                    Interlocked.Add(ref sent, template.Spans);
                    Interlocked.Add(ref bytes, template.Length);
                    latencies.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
                }
                else
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }));
    }));
    var elapsed = watch.Elapsed.TotalSeconds;
    var used = (Cpu(pid) - cpu) * 1_000_000 / sent;
    await File.AppendAllLinesAsync(ids, found);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"rate={sent / elapsed:0} cpu={used:0.00} p50={Percentile(latencies, 0.5):0.0} p99={Percentile(latencies, 0.99):0.0} sent={sent} refused={refused} wire={bytes / (double)sent:0}"));
    return 0;
}

static async Task<int> FindAsync(string url, string token, string project, string file, int clients, int seconds)
{
    var ids = await File.ReadAllLinesAsync(file);
    var latencies = new System.Collections.Concurrent.ConcurrentBag<double>();
    long count = 0, missing = 0;
    var watch = Stopwatch.StartNew();
    await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
    {
        using var client = Client(url, token);
        while (watch.Elapsed.TotalSeconds < seconds)
        {
            var from = Stopwatch.GetTimestamp();
            using var response = await client.GetAsync($"/v1/{project}/ats/traces/{ids[Random.Shared.Next(ids.Length)]}");
            await response.Content.CopyToAsync(Stream.Null);
            latencies.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            Interlocked.Increment(ref response.IsSuccessStatusCode ? ref count : ref missing);
        }
    })));
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"rate={count / watch.Elapsed.TotalSeconds:0} p50={Percentile(latencies, 0.5):0.00} p99={Percentile(latencies, 0.99):0.00} missing={missing}"));
    return 0;
}

static async Task<int> SearchAsync(string url, string token, string project, int requests, string pid)
{
    using var client = Client(url, token);
    var end = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
    var entries = $"/v1/{project}/ats/traces?startTime={end - 86_400_000}&endTime={end}&limit=20&application=service-3";
    var spans = $"/api/traces?start={end - 86_400_000}000&end={end}000&limit=20&service=service-3";
    var summaries = $"/api/v3/trace-summaries?query.startTimeMin={Rfc(end - 86_400_000)}&query.startTimeMax={Rfc(end)}&query.searchDepth=20";
    (string Name, string Path, string Mark)[] searches =
    [
        ("service", entries, "\"traceId\""),
        ("transaction", entries + "&transaction=/api/v1/items/{id}", "\"traceId\""),
        ("failed", entries + "&status=1", "\"traceId\""),
        ("slow", entries + "&duration=200", "\"traceId\""),
        ("Jaeger,service", spans, "\"processes\""),
        ("Jaeger,operation", spans + "&operation=GET%20%2Fhealthy", "\"processes\""),
        ("Jaeger,error", spans + "&tag=error:true", "\"processes\""),
        ("Jaeger,number", spans + "&tag=http.response.status_code:503", "\"processes\""),
        ("Jaeger,no-such-value", spans + "&tag=url.path:%2Fnone", "\"processes\""),
        ("Jaeger,no-such-number", spans + "&tag=server.port:1", "\"processes\""),
        ("Jaeger,slow", spans + "&minDuration=399ms", "\"processes\""),
        ("summaries,all-services", summaries, "\"traceId\""),
    ];
    foreach (var (name, path, mark) in searches)
    {
        var latencies = new List<double>();
        var rows = 0;
        var cpu = Cpu(pid);
        for (var i = 0; i < requests; i++)
        {
            var from = Stopwatch.GetTimestamp();
            using var response = await client.GetAsync(path);
            var body = await response.Content.ReadAsStringAsync();
            latencies.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            rows = body.Split(mark).Length - 1;
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"search={name} p50={Percentile(latencies, 0.5):0.0} p99={Percentile(latencies, 0.99):0.0} rows={rows} cpu={(Cpu(pid) - cpu) * 1000 / requests:0.0}"));
    }

    return 0;
}

static string Rfc(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

static HttpClient Client(string url, string token)
{
    var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new(url), Timeout = TimeSpan.FromSeconds(60) };
    client.DefaultRequestHeaders.Add("X-Auth-Token", token);
    return client;
}

static double Percentile(IEnumerable<double> values, double part)
{
    var sorted = values.Order().ToArray();
    return sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
}

// Seconds of processor time that the process has used.
static double Cpu(string pid)
{
    var fields = File.ReadAllText($"/proc/{pid}/stat").Split(' ');
    return (long.Parse(fields[13], CultureInfo.InvariantCulture) + long.Parse(fields[14], CultureInfo.InvariantCulture)) / 100.0;
}

/// <summary>
/// A request of some 512 spans as a collector sends them: traces of 14 spans on average through eight services of three pods. What changes from request to request, ids of
/// traces and times, is marked in its bytes and written over.
/// </summary>
internal sealed class Template
{
    private const ulong TraceMark = 0xF0F1F2F3F4F5F6F7;
    private const uint TimeMark = 0xE0E1E2E3;
    private const int Wanted = 512;

    private static readonly string[] s_operations = ["GET /api/v1/items/{id}", "POST /api/v1/orders", "GET /api/v1/carts/{user}", "PUT /api/v1/stock/{sku}", "GET /healthy", "DELETE /api/v1/carts/{user}/items/{id}"];

    private readonly byte[] _bytes;
    private readonly List<(int At, int Trace)> _traces = [];
    private readonly List<(int At, uint Micros)> _times = [];
    private readonly byte[][] _ids;

    public Template(int seed)
    {
        var random = new Random(seed);
        var spans = Enumerable.Range(0, 24).Select(static _ => new List<byte[]>()).ToArray();
        var traces = 0;
        for (; Spans < Wanted; traces++)
        {
            AddTrace(random, traces, spans);
        }

        var request = new List<byte>();
        for (var i = 0; i < spans.Length; i++)
        {
            if (spans[i].Count > 0)
            {
                byte[] resource =
                [
                    .. Pair(1, "service.name", $"service-{i / 3}"), .. Pair(1, "service.namespace", "shop"), .. Pair(1, "service.version", "1.7.3"),
                    .. Pair(1, "k8s.pod.name", $"service-{i / 3}-6d8f9c7b5-{(char)('a' + (i % 3))}x2kq"), .. Pair(1, "telemetry.sdk.language", "dotnet"), .. Pair(1, "telemetry.sdk.version", "1.20.1"),
                ];
                byte[] scope = [.. Blob(1, [.. Blob(1, "Microsoft.AspNetCore"u8), .. Blob(2, "10.0.0"u8)]), .. spans[i].SelectMany(static s => Blob(2, s))];
                request.AddRange(Blob(1, [.. Blob(1, resource), .. Blob(2, scope)]));
            }
        }

        _bytes = [.. request];
        _ids = Enumerable.Range(0, traces).Select(static _ => new byte[16]).ToArray();
        for (var at = 0; at + 16 <= _bytes.Length; at++)
        {
            if (BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(at)) == TraceMark)
            {
                _traces.Add((at, (int)BinaryPrimitives.ReadUInt64BigEndian(_bytes.AsSpan(at + 8))));
            }
            else if (BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at + 4)) == TimeMark)
            {
                _times.Add((at, BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(at))));
            }
        }
    }

    public int Spans { get; private set; }

    public int Length => _bytes.Length;

    /// <summary>Writes a request with new traces of now; tells the id of one of them.</summary>
    public string Write(Span<byte> target)
    {
        _bytes.CopyTo(target);
        Span<byte> ids = stackalloc byte[16 * 128];
        ids = ids[..(16 * _ids.Length)];
        RandomNumberGenerator.Fill(ids);
        foreach (var (at, trace) in _traces)
        {
            ids.Slice(16 * trace, 16).CopyTo(target[at..]);
        }

        var start = (ulong)(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100 - 1_000_000_000;
        foreach (var (at, micros) in _times)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(target[at..], start + (micros * 1000UL));
        }

        return Convert.ToHexStringLower(ids[..16]);
    }

    private static byte[] Blob(int field, ReadOnlySpan<byte> value)
    {
        var bytes = new List<byte> { (byte)((field << 3) | 2) };
        var length = value.Length;
        for (; length >= 0x80; length >>= 7)
        {
            bytes.Add((byte)(length | 0x80));
        }

        bytes.Add((byte)length);
        bytes.AddRange(value);
        return [.. bytes];
    }

    private static byte[] Pair(int field, string key, string value) => Blob(field, [.. Blob(1, Encoding.UTF8.GetBytes(key)), .. Blob(2, Blob(1, Encoding.UTF8.GetBytes(value)))]);

    private static byte[] Pair(int field, string key, int value)
    {
        var number = new List<byte> { 3 << 3 };
        for (; value >= 0x80; value >>= 7)
        {
            number.Add((byte)(value | 0x80));
        }

        number.Add((byte)value);
        return Blob(field, [.. Blob(1, Encoding.UTF8.GetBytes(key)), .. Blob(2, [.. number])]);
    }

    private static byte[] Time(int field, uint micros)
    {
        var bytes = new byte[9];
        bytes[0] = (byte)((field << 3) | 1);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(1), micros);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(5), TimeMark);
        return bytes;
    }

    private static byte[] Id(ulong id)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
        return bytes;
    }

    private static byte[] TraceId(int trace) => [.. Id(TraceMark), .. Id((ulong)trace)];

    // A request that goes from service to service; each asks its database, and some a queue.
    private void AddTrace(Random random, int trace, List<byte[]>[] spans)
    {
        var hops = random.Next(2, 8);
        ulong parent = 0;
        var begin = (uint)random.Next(0, 900_000);
        var length = (uint)random.Next(20_000, 400_000);
        for (var hop = 0; hop < hops; hop++)
        {
            var pod = (((trace + hop) % 8) * 3) + random.Next(3);
            var operation = s_operations[random.Next(s_operations.Length)];
            var route = operation[(operation.IndexOf(' ', StringComparison.Ordinal) + 1)..];
            var failed = random.Next(50) == 0;
            var server = (ulong)random.NextInt64(1, long.MaxValue);
            byte[] attributes =
            [
                .. Pair(9, "http.request.method", operation[..operation.IndexOf(' ', StringComparison.Ordinal)]), .. Pair(9, "http.route", route), .. Pair(9, "url.path", route.Replace("{id}", random.Next(100_000).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)),
                .. Pair(9, "http.response.status_code", failed ? 503 : 200), .. Pair(9, "network.peer.address", $"10.1.{random.Next(4)}.{random.Next(250)}"), .. Pair(9, "user_agent.original", "shop/2.1"),
            ];
            Add(spans[pod], trace, server, parent, operation, 2, begin, length, attributes, failed);
            var database = (ulong)random.NextInt64(1, long.MaxValue);
            Add(
                spans[pod], trace, database, server, "SELECT shop.items", 3, begin + 1000, (length / 4) + 1,
                [.. Pair(9, "db.system.name", "postgresql"), .. Pair(9, "db.namespace", "shop"), .. Pair(9, "db.query.summary", "SELECT items"), .. Pair(9, "server.address", "db.shop"), .. Pair(9, "server.port", 5432)], false);
            if (hop + 1 < hops)
            {
                parent = (ulong)random.NextInt64(1, long.MaxValue);
                Add(
                    spans[pod], trace, parent, server, "GET", 3, begin + 2000, (length * 3 / 4) + 1,
                    [.. Pair(9, "http.request.method", "GET"), .. Pair(9, "server.address", $"service-{(trace + hop + 1) % 8}"), .. Pair(9, "server.port", 8080), .. Pair(9, "url.full", $"http://service-{(trace + hop + 1) % 8}:8080{route}"), .. Pair(9, "http.response.status_code", 200)], false);
            }

            begin += 3000;
            length = Math.Max(1000, length / 2);
        }
    }

    private void Add(List<byte[]> target, int trace, ulong id, ulong parent, string name, byte kind, uint begin, uint length, byte[] attributes, bool failed)
    {
        Spans++;
        target.Add(
        [
            .. Blob(1, TraceId(trace)), .. Blob(2, Id(id)), .. parent == 0 ? [] : Blob(4, Id(parent)), .. Blob(5, Encoding.UTF8.GetBytes(name)), 6 << 3, kind, .. Time(7, begin), .. Time(8, begin + length), .. attributes,
            .. failed ? Blob(15, [3 << 3, 2]) : [],
        ]);
    }
}
