using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Stagedoor.Errors;
using Stagedoor.Gateway.Admission;
using Stagedoor.Gateway.Audit;
using Stagedoor.Gateway.Why;
using Stagedoor.Http;
using Stagedoor.Identity;

namespace Stagedoor.Gateway.Arrival;

/// <summary>
/// The first stage: gives the request its id and the response its headers, opens its span, keeps its measures and its line in the log, and
/// refuses what is no acceptable HTTP. It knows nothing of routes.
/// </summary>
internal sealed partial class ArrivalMiddleware
{
    public const string RequestIdHeader = "X-Request-Id";

    private const string Unmatched = "unmatched";

    private const int ClientClosedRequest = 499;

    private readonly RequestDelegate _next;
    private readonly RoutePolicies _routes;
    private readonly GatewayMetrics _metrics;
    private readonly RequestLog _log;
    private readonly FailureBursts _failures;
    private readonly RefusalLog _refusals;
    private readonly ModuleSet _modules;
    private readonly IRecorder? _recorder;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly RequestLimits _limits;
    private readonly ForwardedHeaders _forwarded;
    private readonly StringValues _transportSecurity;

    public ArrivalMiddleware(
        RequestDelegate next,
        RoutePolicies routes,
        GatewayMetrics metrics,
        RequestLog log,
        FailureBursts failures,
        RefusalLog refusals,
        ModuleSet modules,
        IOptions<GatewayOptions> options,
        TimeProvider clock,
        ILogger<ArrivalMiddleware> logger,
        IRecorder? recorder = null)
    {
        (_next, _routes, _metrics, _log, _failures, _refusals, _clock, _logger) = (next, routes, metrics, log, failures, refusals, clock, logger);
        (_modules, _recorder) = (modules, recorder);
        _limits = new([.. options.Value.EncodedSlashPrefixes.Concat(modules.All.SelectMany(static m => m.Traits.EncodedSlashes)).Select(static p => p.TrimEnd('/') + '/')]);
        _forwarded = new(AddressList.Parse(options.Value.TrustedProxies), options.Value.ExternalUrl);
        _transportSecurity = options.Value.HstsDays is > 0 and var days
            ? string.Create(CultureInfo.InvariantCulture, $"max-age={TimeSpan.FromDays(days).TotalSeconds:0}")
            : default;
    }

    public async Task InvokeAsync(HttpContext context)
    {
        var arrived = _clock.GetTimestamp();
        _metrics.Arrive();
        var recording = Begin(context);
        var body = Count(context);
        using var scope = _logger.BeginScope(new RequestScope(context.TraceIdentifier));
        // Before the answer begins: whoever has it can ask at once.
        context.Response.OnStarting(NoteRefusalAsync, context);
        try
        {
            _forwarded.Apply(context);
            if (context.Request.IsHttps)
            {
                context.Response.Headers.StrictTransportSecurity = _transportSecurity;
            }

            await (_limits.Check(context) is { } refused ? RefuseAsync(context, refused) : _next(context));
            if (context.Response.StatusCode == StatusCodes.Status401Unauthorized
                && context.GetEndpoint() is RouteEndpoint endpoint && _routes.Of(endpoint).Auth is AuthMode.Passthrough
                && !Credentials.AreThere(context.Request.Headers))
            {
                await _failures.NoteLoginAsync(context);
            }
        }
        finally
        {
            End(context, recording, body, arrived);
        }
    }

    private static Task RefuseAsync(HttpContext context, ApiException refused)
    {
        CloseAfter(context);
        return ErrorWriter.WriteAsync(context, refused);
    }

    /// <summary>Nothing more is read of this connection: where a request that was refused unread ends is not worth guessing.</summary>
    internal static void CloseAfter(HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol) && !HttpProtocol.IsHttp3(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>The trace id is the request id, so that whoever sees the one can ask for the other.</summary>
    private RequestRecording? Begin(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (!TraceParent.TryParse(headers.TraceParent, out var parent) && !B3Headers.TryParse(headers, out parent))
        {
            // The server may have opened a span of its own, which the log's scopes name. An id needs to be unique, not secret.
            parent = new(
                Activity.Current is { IdFormat: ActivityIdFormat.W3C } server ? server.TraceId : ActivityTraceId.CreateRandom(),
                default,
                ActivityTraceFlags.None);
        }

        var id = parent.TraceId.ToHexString();
        context.TraceIdentifier = id;
        var response = context.Response.Headers;
        response[RequestIdHeader] = id;
        response.Server = "api-gateway";
        if (_logger.IsEnabled(LogLevel.Debug) && headers.TryGetValue(RequestIdHeader, out var theirs))
        {
            LogClientId(id, theirs.ToString());
        }

        if (_recorder is null)
        {
            return null;
        }

        var recording = new RequestRecording(context, in parent, _clock);
        Recording.Current = recording;
        return recording;
    }

    private static CountedBody? Count(HttpContext context)
    {
        if (context.Features.Get<IHttpResponseBodyFeature>() is not { } body)
        {
            return null;
        }

        var counted = new CountedBody(body);
        context.Features.Set<IHttpResponseBodyFeature>(counted);
        return counted;
    }

    private void End(HttpContext context, RequestRecording? recording, CountedBody? body, long arrived)
    {
        var response = context.Response;
        var policy = context.GetEndpoint() is RouteEndpoint endpoint ? _routes.Of(endpoint) : null;
        var code = CodeOf(response);
        var elapsed = _clock.GetElapsedTime(arrived);
        _metrics.Leave(Known(context.Request.Method), policy?.Template ?? Unmatched, response.StatusCode, code, elapsed);
        var ending = new RequestEnding(
            // Of an answer that broke off the status was sent all the same.
            context.RequestAborted.IsCancellationRequested ? ClientClosedRequest : response.StatusCode,
            code,
            // The server leaves out what is written for it.
            HttpMethods.IsHead(context.Request.Method) ? 0 : body?.Bytes ?? 0,
            elapsed);
        _log.Note(context, in ending);
        if (recording is null)
        {
            return;
        }

        if (policy?.IsRecorded is false || (policy is null && BringsOwnTraces(context)) || !_recorder!.Wants(recording, ending.Status >= 400, CallerIsKnown(context), elapsed))
        {
            recording.Forget();
            return;
        }

        var method = Known(context.Request.Method);
        _recorder.Keep(recording.Describe(
            context, policy is null ? method : $"{method} {policy.Template}", policy?.Template, _modules.Masked(context.Request.Path.Value ?? ""), in ending));
    }

    private Task NoteRefusalAsync(object state)
    {
        var context = (HttpContext)state;
        if (context.Response.StatusCode >= 400)
        {
            _refusals.Note(context, FindTemplate(context), context.Response.StatusCode, CodeOf(context.Response));
        }
        else if (GrpcRefusal.StatusOf(context.Response) is { } status)
        {
            // HTTP's own status is 200 of a call that is refused. Several of its codes are one of gRPC's.
            var code = context.Response.Headers["X-Stagedoor-Error-Code"].ToString();
            var rows = ErrorCatalog.Find(code);
            _refusals.Note(context, FindTemplate(context), rows.Count == 0 || rows.Any(r => r.Status == status) ? status : rows[0].Status, code);
        }

        return Task.CompletedTask;
    }

    // To a path or a port that takes no spans: each answer would make a trace that is sent there again. Where a route takes it, that says so itself.
    private static bool BringsOwnTraces(HttpContext context) => context.Request.Headers.UserAgent.ToString().StartsWith(Recording.ExportAgent, StringComparison.Ordinal);

    private string? FindTemplate(HttpContext context) => context.GetEndpoint() is RouteEndpoint endpoint ? _routes.Of(endpoint).Template : null;

    private static string CodeOf(HttpResponse response) => response.StatusCode >= 400 ? response.Headers["X-Stagedoor-Error-Code"].ToString() : "";

    private static bool CallerIsKnown(HttpContext context) =>
        context.RequestServices.GetService(typeof(CallerSlot)) is CallerSlot slot && (slot.Known is not null || slot.AccountName is not null);

    // Callers choose the method; measures keep one row for all that nobody serves.
    private static string Known(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => method,
        _ => "other",
    };

    [LoggerMessage(LogLevel.Debug, "The client calls request {RequestId} {ClientRequestId}")]
    private partial void LogClientId(string requestId, string clientRequestId);
}
