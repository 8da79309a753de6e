using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
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

    private static readonly ActivitySource s_source = new("Stagedoor");

    private readonly RequestDelegate _next;
    private readonly RoutePolicies _routes;
    private readonly GatewayMetrics _metrics;
    private readonly RequestLog _log;
    private readonly FailureBursts _failures;
    private readonly RefusalLog _refusals;
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
        ILogger<ArrivalMiddleware> logger)
    {
        (_next, _routes, _metrics, _log, _failures, _refusals, _clock, _logger) = (next, routes, metrics, log, failures, refusals, clock, logger);
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
        using var activity = Begin(context);
        using var scope = _logger.BeginScope(new RequestScope(context.TraceIdentifier));
        // Before the answer begins: whoever has it can ask at once.
        context.Response.OnStarting(NoteRefusal, context);
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
            End(context, activity, arrived);
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
    private Activity? Begin(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (!TraceParent.TryParse(headers.TraceParent, out var parent))
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

        if (!s_source.HasListeners())
        {
            return null;
        }

        var activity = s_source.CreateActivity(context.Request.Method, ActivityKind.Server, parent);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("http.request.method", context.Request.Method);
            activity.SetTag("url.path", context.Request.Path.Value);
            activity.SetTag("client.address", context.Connection.RemoteIpAddress?.ToString());
            activity.TraceStateString = headers.TraceState;
        }

        return activity?.Start();
    }

    private void End(HttpContext context, Activity? activity, long arrived)
    {
        var response = context.Response;
        var route = FindTemplate(context) ?? Unmatched;
        var code = CodeOf(response);
        var elapsed = _clock.GetElapsedTime(arrived);
        _metrics.Leave(Known(context.Request.Method), route, response.StatusCode, code, elapsed);
        _log.Note(context, code, elapsed);
        if (activity is { IsAllDataRequested: true })
        {
            activity.DisplayName = $"{context.Request.Method} {route}";
            activity.SetTag("http.route", route);
            activity.SetTag("http.response.status_code", response.StatusCode);
            if (code.Length > 0)
            {
                activity.SetTag("error.type", code);
            }

            if (response.StatusCode >= 500)
            {
                activity.SetStatus(ActivityStatusCode.Error, code);
            }
        }
    }

    private Task NoteRefusal(object state)
    {
        var context = (HttpContext)state;
        if (context.Response.StatusCode >= 400)
        {
            _refusals.Note(context, FindTemplate(context), CodeOf(context.Response));
        }

        return Task.CompletedTask;
    }

    private string? FindTemplate(HttpContext context) => context.GetEndpoint() is RouteEndpoint endpoint ? _routes.Of(endpoint).Template : null;

    private static string CodeOf(HttpResponse response) => response.StatusCode >= 400 ? response.Headers["X-Stagedoor-Error-Code"].ToString() : "";

    // Callers choose the method; measures keep one row for all that nobody serves.
    private static string Known(string method) => method switch
    {
        "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" => method,
        _ => "other",
    };

    [LoggerMessage(LogLevel.Debug, "The client calls request {RequestId} {ClientRequestId}")]
    private partial void LogClientId(string requestId, string clientRequestId);
}
