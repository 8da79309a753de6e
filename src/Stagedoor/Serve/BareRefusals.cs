using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Serve;

/// <summary>
/// Gives the server's own refusals of what is no acceptable HTTP a body, a code and a request id. The server writes them before there is a
/// request that anybody else could answer, as a bare status; it says that it is about to, and what it then writes is exchanged.
/// </summary>
internal sealed partial class BareRefusals : IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private readonly IServiceProvider _services;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly IDisposable _subscription;

    public BareRefusals(IServiceProvider services, DiagnosticListener diagnostics, TimeProvider clock, ILoggerFactory loggers)
    {
        (_services, _clock, _logger) = (services, clock, loggers.CreateLogger("Stagedoor.Requests"));
        _subscription = diagnostics.Subscribe(this, static name => name is BadRequest);
    }

    public void Dispose() => _subscription.Dispose();

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is not IFeatureCollection features
            || features.Get<IHttpResponseFeature>() is not { HasStarted: false } response
            || features.Get<ExchangedOutput>() is not { } output)
        {
            return;
        }

        // On a connection of HTTP/2 there are other requests, and what is written there are frames: the server's own answer stays.
        var request = features.Get<IHttpRequestFeature>();
        if (HttpProtocol.IsHttp2(request?.Protocol ?? ""))
        {
            return;
        }

        // A context of its own: the server's is not ready, and is done with afterwards.
        var context = new DefaultHttpContext { RequestServices = _services, TraceIdentifier = ActivityTraceId.CreateRandom().ToHexString() };
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = request?.RawTarget ?? "";
        context.Request.Scheme = request?.Scheme ?? "";
        if (features.Get<IHttpConnectionFeature>() is { } connection)
        {
            (context.Connection.LocalIpAddress, context.Connection.LocalPort) = (connection.LocalIpAddress, connection.LocalPort);
        }

        context.Response.Headers["X-Request-Id"] = context.TraceIdentifier;
        context.Response.Headers.Server = "api-gateway";
        context.Response.Headers.Connection = "close";
        context.Response.Headers.Date = _clock.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        var error = Translate(response.StatusCode, features.Get<IBadRequestExceptionFeature>()?.Error?.Message ?? "");
        var body = ErrorWriter.Prepare(context, error);
        output.Exchange(Write(context.Response, HttpMethods.IsHead(request?.Method ?? "") ? default : body));
        using (_logger.BeginScope(new KeyValuePair<string, object?>[] { new("RequestId", context.TraceIdentifier) }))
        {
            LogRefused(error.Status, error.Error.Code, error.Detail, features.Get<IHttpConnectionFeature>()?.RemoteIpAddress?.ToString() ?? "-");
        }
    }

    // What the server says names headers and their values; what it is about is enough.
    private static ApiException Translate(int status, string message) => status switch
    {
        StatusCodes.Status408RequestTimeout => new(GatewayCodes.BadRequest, "the request did not arrive in time") { Status = status },
        StatusCodes.Status413PayloadTooLarge => new(GatewayCodes.BodyTooLarge),
        StatusCodes.Status414UriTooLong => new(GatewayCodes.UriTooLarge),
        StatusCodes.Status431RequestHeaderFieldsTooLarge => new(GatewayCodes.HeadersTooLarge),
        StatusCodes.Status505HttpVersionNotsupported => new(GatewayCodes.BadRequest, "the version of HTTP is not served") { Status = status },
        _ when Speaks(message, "target") => new(GatewayCodes.BadRequest, "the address cannot be read"),
        _ when Speaks(message, "Host") => new(GatewayCodes.MalformedRequest, "there is not exactly one usable Host"),
        _ when Speaks(message, "Content-Length") || Speaks(message, "content length") => new(GatewayCodes.MalformedRequest, "Content-Length is no usable number"),
        _ when Speaks(message, "chunk") || Speaks(message, "Transfer-Encoding") => new(GatewayCodes.MalformedRequest, "the end of the body cannot be told"),
        _ when Speaks(message, "header") => new(GatewayCodes.BadRequest, "a header cannot be read"),
        _ => new(GatewayCodes.BadRequest, "the request cannot be read"),
    };

    private static bool Speaks(string message, string word) => message.Contains(word, StringComparison.OrdinalIgnoreCase);

    private static byte[] Write(HttpResponse response, ReadOnlyMemory<byte> body)
    {
        var reason = response.StatusCode is 494 ? "Request Header Too Large" : ReasonPhrases.GetReasonPhrase(response.StatusCode);
        var head = new StringBuilder().Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {response.StatusCode} {reason}\r\n");
        foreach (var (name, values) in response.Headers)
        {
            head.Append(CultureInfo.InvariantCulture, $"{name}: {values}\r\n");
        }

        return [.. Encoding.ASCII.GetBytes(head.Append("\r\n").ToString()), .. body.Span];
    }

    [LoggerMessage(LogLevel.Information, "What came is no request: {Status} {Code} {Problem} {Address}")]
    private partial void LogRefused(int status, string code, string problem, string address);
}
