using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

#pragma warning disable RS0030 // Processes of their own are killed at random moments of real time.
namespace Stagedoor.Clients.Tests;

/// <summary>
/// The process is killed again and again, at any moment, while several senders export spans. What was acknowledged is there afterwards, whole and once; what was not
/// is there as a whole or not at all, and once when it is sent again. <c>STAGEDOOR_SPAN_KILLS</c> says how often (4 unless set).
/// </summary>
public sealed class SpanKillTests : IAsyncDisposable
{
    private const int Senders = 6;
    private const int SpansOfRequest = 40;
    private const string Key = "kill-test-ingest-key";

    private readonly StagedoorProcess _stagedoor = new();
    private readonly ConcurrentDictionary<UInt128, (byte[] Body, bool IsKept)> _sent = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private OwnDatabase? _database;
    private long _count;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("STAGEDOOR_SPAN_KILLS") ?? "4", CultureInfo.InvariantCulture);

    [Fact]
    public Task No_acknowledged_span_is_lost_or_doubled_in_files() => KillAgainAndAgainAsync([]);

    [Fact]
    public async Task No_acknowledged_span_is_lost_or_doubled_in_PostgreSQL()
    {
        _database = await OwnDatabase.CreateAsync();
        await KillAgainAndAgainAsync([("Storage__Database", "postgresql"), ("Storage__PostgreSql", _database.ConnectionString)]);

        // A query shows a span once whether it is stored once or twice; the tables say it.
        var tables = await _database.QueryAsync("SELECT tablename FROM pg_tables WHERE tablename LIKE 'span_block_2%'");
        var stored = 0L;
        foreach (var table in tables)
        {
            stored += long.Parse((await _database.QueryAsync($"SELECT COALESCE(SUM(spans), 0) FROM tracing.{table}")).Single(), CultureInfo.InvariantCulture);
        }

        Assert.Equal(_sent.Count * SpansOfRequest, stored);
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private async Task KillAgainAndAgainAsync((string Key, string Value)[] settings)
    {
        await _stagedoor.StartAsync([.. settings, ("Modules", "tracing"), ("Tracing__Own__Enabled", "false"), ("Gateway__RequestsPerSecond", "100000"), ("Tracing__OtlpHttpListen", "off"), ("Tracing__ZipkinListen", "off"), ("Tracing__Keys__0__Key", Key)]);
        var (acknowledged, found, absent) = (0, 0, 0);
        for (var kill = 1; kill <= Kills; kill++)
        {
            var before = _sent.Keys.ToHashSet();
            await SendUntilKilledAsync(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(150, 1500)));
            await _stagedoor.StartAsync();
            var ofRound = _sent.Where(s => !before.Contains(s.Key)).ToList();
            acknowledged += ofRound.Count(static s => s.Value.IsKept);
            absent += await VerifyAsync(ofRound);

            // What was not acknowledged is sent again as it was: once more, whatever became of it.
            using var client = NewSender();
            foreach (var (id, (body, isKept)) in ofRound)
            {
                if (!isKept)
                {
                    await SendAsync(client, id, body);
                }
            }

            await VerifyAsync(ofRound.Select(s => KeyValuePair.Create(s.Key, _sent[s.Key])));
            Assert.True(_faults.IsEmpty, string.Join('\n', _faults.Take(20)));
        }

        await VerifyAsync(_sent);
        found = _sent.Count;
        Assert.True(_faults.IsEmpty, string.Join('\n', _faults.Take(20)));
        Assert.True(acknowledged > 0);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Kills} kills; {acknowledged} requests of {SpansOfRequest} spans acknowledged before one, {_sent.Count - acknowledged} were not ({absent} of them absent, and sent again); {found} of {_sent.Count} found whole and once.");
    }

    private async Task SendUntilKilledAsync(TimeSpan time)
    {
        using var client = NewSender();
#pragma warning disable CA2025 // All of it is awaited below.
        var work = Enumerable.Range(0, Senders).Select(_ => Task.Run(() => RepeatAsync(client), Cancellation)).ToList();
#pragma warning restore CA2025
        await Task.Delay(time, Cancellation);
        await _stagedoor.KillAsync();
        await Task.WhenAll(work);
    }

    private async Task RepeatAsync(HttpClient client)
    {
        while (_stagedoor.IsRunning)
        {
            var id = ((UInt128)0xABCD << 64) | (ulong)Interlocked.Increment(ref _count);
            var body = Request(id);
            _sent[id] = (body, false);
            try
            {
                await SendAsync(client, id, body);
            }
            catch (HttpRequestException)
            {
                return;
            }
        }
    }

    private async Task SendAsync(HttpClient client, UInt128 id, byte[] body)
    {
        using var content = new ByteArrayContent(body) { Headers = { ContentType = new("application/json") } };
        using var response = await client.PostAsync(new Uri("/v1/traces", UriKind.Relative), content, Cancellation);
        var answer = await response.Content.ReadAsStringAsync(Cancellation);
        if (response.StatusCode is HttpStatusCode.OK && answer is "{}" or """{"partialSuccess":{}}""")
        {
            _sent[id] = (body, true);
        }
        else if (response.StatusCode is not HttpStatusCode.ServiceUnavailable)
        {
            _faults.Enqueue($"{response.StatusCode} {answer}");
        }
    }

    // How many of those that nobody was told of are not there.
    private async Task<int> VerifyAsync(IEnumerable<KeyValuePair<UInt128, (byte[] Body, bool IsKept)>> sent)
    {
        var keys = _stagedoor.FirstRun;
        using var client = new HttpClient(new SigningHandler(keys.AccessKey, keys.SecretKey, TimeProvider.System) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new(_stagedoor.Url) };
        var absent = 0;
        await Parallel.ForEachAsync(sent, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Cancellation }, async (trace, cancellationToken) =>
        {
            using var response = await client.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"/v1/{keys.ProjectId}/ats/spans?traceId={trace.Key:x32}"), UriKind.Relative), cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            if (response.StatusCode is HttpStatusCode.OK)
            {
                var spans = JsonElement.Parse(body).GetProperty("responseInfo").GetArrayLength();
                if (spans != SpansOfRequest)
                {
                    _faults.Enqueue($"{trace.Key:x32} has {spans} spans instead of {SpansOfRequest}.");
                }
            }
            else if (trace.Value.IsKept || !body.Contains("SVCSTG.ATS.200103", StringComparison.Ordinal))
            {
                _faults.Enqueue($"{trace.Key:x32}: {response.StatusCode} {body}");
            }
            else
            {
                Interlocked.Increment(ref absent);
            }
        });
        return absent;
    }

    private HttpClient NewSender()
    {
        var client = _stagedoor.NewHttpClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        return client;
    }

    private static byte[] Request(UInt128 trace)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var spans = Enumerable.Range(1, SpansOfRequest).Select(n => string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"traceId":"{{{trace:x32}}}","spanId":"{{{n:x16}}}","parentSpanId":"{{{(n == 1 ? "" : $"{n - 1:x16}")}}}","name":"step {{{n}}}","kind":2,"startTimeUnixNano":"{{{now}}}000000","endTimeUnixNano":"{{{now + n}}}000000","attributes":[{"key":"n","value":{"intValue":"{{{n}}}"}}]}"""));
        return Encoding.UTF8.GetBytes(
            $$$"""{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"spans":[{{{string.Join(',', spans)}}}]}]}]}""");
    }
}
