using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Tracing.Ingest;

namespace Stagedoor.Tracing.Own;

/// <summary>
/// Sends the server's own traces to another collector by OTLP over HTTP, when one is set. While that does not take them, a bounded number waits; what comes then is
/// counted, and nothing else waits for it.
/// </summary>
internal sealed partial class OwnTraceExport(OwnTraceMetrics metrics, IOptions<TracingOptions> options, TimeProvider clock, ILogger<OwnTraceExport> logger)
    : UpkeepService(clock, logger)
{
    private const long MostBytes = 4 * 1024 * 1024;
    private const int MostAtOnce = 512 * 1024;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_firstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longestRetry = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_lastPatience = TimeSpan.FromSeconds(2);

    private readonly Channel<(byte[] Body, int Spans)> _queue = Channel.CreateUnbounded<(byte[] Body, int Spans)>(new() { SingleReader = true });
    private readonly Uri? _address = AddressOf(options.Value.Own.Export.Endpoint);
    private readonly IReadOnlyList<(string Name, string Value)> _headers = HeadersOf(options.Value.Own.Export.Headers) ?? [];

    // Its answers are followed nowhere: they are for this collector.
    private readonly OutgoingClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
    {
        Timeout = s_patience,
    };

    // What was taken from the queue and is not sent yet.
    private (ReadOnlyMemory<byte> Body, int Spans)? _taken;
    private long _bytes;

    protected override TimeSpan Period => TimeSpan.Zero;

    /// <summary>Where traces are sent by a setting; null when it is none.</summary>
    public static Uri? AddressOf(string endpoint) =>
        Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri is { UserInfo: "", Fragment: "" }
            ? uri.AbsolutePath.EndsWith("/v1/traces", StringComparison.Ordinal) ? uri : new($"{uri.GetLeftPart(UriPartial.Path).TrimEnd('/')}/v1/traces{uri.Query}")
            : null;

    /// <summary>The headers of a setting, whose values may be escaped as those of OTEL_EXPORTER_OTLP_HEADERS; null when it is malformed.</summary>
    public static IReadOnlyList<(string Name, string Value)>? HeadersOf(string text)
    {
        var headers = new List<(string Name, string Value)>();
        using var probe = new HttpRequestMessage();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = at > 0 ? (part[..at].Trim(), Uri.UnescapeDataString(part[(at + 1)..].Trim())) : ("", "");
            if (name.Length == 0 || value.AsSpan().ContainsAnyExceptInRange(' ', '~') || !probe.Headers.TryAddWithoutValidation(name, value))
            {
                return null;
            }

            headers.Add((name, value));
        }

        return headers;
    }

    /// <summary>Takes a request of OTLP, unless too much is waiting. Does not wait.</summary>
    public void Offer(byte[] body, int spans)
    {
        if (_address is null)
        {
            return;
        }

        if (Interlocked.Add(ref _bytes, body.Length) > MostBytes)
        {
            Interlocked.Add(ref _bytes, -body.Length);
            metrics.NotExported(spans);
            return;
        }

        _queue.Writer.TryWrite((body, spans));
    }

    public override void Dispose()
    {
        _client.Dispose();
        base.Dispose();
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await _queue.Reader.WaitToReadAsync(stoppingToken);
        await SendSomeAsync(s_firstRetry, stoppingToken);
    }

    // What waits is tried once more. A collector that does not answer does not hold up the stop of everything.
    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(s_lastPatience, Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            while (_taken is not null || _queue.Reader.TryPeek(out _))
            {
                await SendSomeAsync(null, either.Token);
            }
        }
        catch (OperationCanceledException)
        {
            var left = _taken?.Spans ?? 0;
            _taken = null;
            while (_queue.Reader.TryRead(out var one))
            {
                left += one.Spans;
            }

            metrics.NotExported(left);
            LogLeft(left);
        }
    }

    private async Task SendSomeAsync(TimeSpan? retry, CancellationToken cancellationToken)
    {
        var (body, spans) = _taken ??= TakeSome();
        var isSent = false;
        try
        {
            var pause = retry ?? TimeSpan.Zero;
            for (var mayRetry = true; !isSent && mayRetry;)
            {
                (isSent, mayRetry) = await SendAsync(body, cancellationToken);
                mayRetry &= retry is not null;
                if (!isSent && mayRetry)
                {
                    await Task.Delay(pause, Clock, cancellationToken);
                    pause = pause * 2 < s_longestRetry ? pause * 2 : s_longestRetry;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is sent in the end.
            throw;
        }
        catch
        {
            Leave(body, spans, isSent: false);
            throw;
        }

        Leave(body, spans, isSent);
    }

    // Messages of protobuf one behind the other are one with the lists of both.
    private (ReadOnlyMemory<byte> Body, int Spans) TakeSome()
    {
        using var body = new MemoryStream();
        var spans = 0;
        while (body.Length < MostAtOnce && _queue.Reader.TryRead(out var one))
        {
            body.Write(one.Body);
            spans += one.Spans;
        }

        return (body.ToArray(), spans);
    }

    private void Leave(ReadOnlyMemory<byte> body, int spans, bool isSent)
    {
        _taken = null;
        Interlocked.Add(ref _bytes, -body.Length);
        if (isSent)
        {
            metrics.Exported(spans);
        }
        else
        {
            metrics.NotExported(spans);
        }
    }

    private async Task<(bool IsSent, bool MayRetry)> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _address) { Content = new ReadOnlyMemoryContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(OtlpAnswer.Protobuf);
            request.Headers.UserAgent.ParseAdd(Recording.ExportAgent);
            foreach (var (name, value) in _headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                LogRefused((int)response.StatusCode);
            }

            // Those that OTLP names as worth another try.
            return (response.IsSuccessStatusCode,
                response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout);
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            LogNotReached(e.Message);
            return (false, true);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} spans were not sent to the collector of Tracing:Own:Export before the stop: it does not answer")]
    private partial void LogLeft(int count);

    [LoggerMessage(LogLevel.Debug, "The collector of Tracing:Own:Export answers {Status}")]
    private partial void LogRefused(int status);

    [LoggerMessage(LogLevel.Debug, "The collector of Tracing:Own:Export cannot be reached: {Problem}")]
    private partial void LogNotReached(string problem);
}
