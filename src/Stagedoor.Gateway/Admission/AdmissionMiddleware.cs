using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Stagedoor.Gateway.Arrival;
using Stagedoor.Gateway.Audit;
using Stagedoor.Gateway.Throttling;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Gateway.Admission;

/// <summary>The stage between routing and the handler: rates, size of the body, who calls, whether they may, and the record of it.</summary>
internal sealed partial class AdmissionMiddleware(
    RequestDelegate next,
    RoutePolicies routes,
    Permissions permissions,
    Authenticator authenticator,
    AuditLog audit,
    ICallers callers,
    TimeProvider clock,
    ILogger<AdmissionMiddleware> logger)
{
    // What an answer depends on besides the address.
    private static readonly StringValues s_credentials = new("Authorization, X-Auth-Token");

    // Not async: a route that needs no caller costs no state machine.
    public Task InvokeAsync(HttpContext context)
    {
        // The framework's own answers to a known path (405, 415) are endpoints without a route.
        if (context.GetEndpoint() is not RouteEndpoint endpoint)
        {
            return next(context);
        }

        var route = routes.Of(endpoint);
        if (route.IsRegistry)
        {
            context.Response.Headers.Server = default;
        }

        if (route.CacheControl is { } caching)
        {
            context.Response.Headers.CacheControl = caching;
            context.Response.Headers.Vary = s_credentials;
        }
        else
        {
            PageHeaders.Watch(context);
        }

        var (second, isOver) = (Second(), false);
        var refused = route.Throttle?.Arrive(context, second, out isOver) ?? LimitBody(context, route);
        if (refused is not null)
        {
            return ErrorWriter.WriteAsync(context, refused);
        }

        return route.Auth switch
        {
            AuthMode.Iam => DemandAsync(context, route, second, isOver),
            AuthMode.Passthrough when Credentials.AreThere(context.Request.Headers) => IdentifyAsync(context, route),
            _ => GoOnAsync(context, route, null),
        };
    }

    private static ApiException? LimitBody(HttpContext context, RoutePolicy route)
    {
        if (!SignedBody.HasBody(context))
        {
            return null;
        }

        if (context.Request.ContentLength > route.MaxBodyBytes)
        {
            return GatewayError.BodyTooLarge(route.TooLarge, route.MaxBodyBytes, context.Request.ContentLength);
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = route.MaxBodyBytes;
        }

        return null;
    }

    private Task GoOnAsync(HttpContext context, RoutePolicy route, Caller? caller)
    {
        if (route.IsAudited)
        {
            AuditedCall.Watch(context, route, audit, caller);
        }

        return next(context);
    }

    private async Task DemandAsync(HttpContext context, RoutePolicy route, long second, bool isOver)
    {
        // A signature is good when its whole body was read, however long after its key was looked at.
        var lookedAt = clock.GetTimestamp();
        var result = await authenticator.CheckAsync(context, route);
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        if (!result.IsKnown)
        {
            DecisionPath.Of(context).BelongTo(result.Caller);
            slot.Named = result.Caller;
            if (route.Audit is not null && result.Caller is not null)
            {
                AuditedCall.Watch(context, route, audit, result.Caller);
            }

            await ErrorWriter.WriteAsync(context, route.Throttle?.Disown(context, second, isOver) ?? result.Refusal);
            return;
        }

        // Known to the records, and admitted to nothing as yet.
        var caller = result.Caller!;
        slot.Found = caller;
        if (route.IsAudited)
        {
            AuditedCall.Watch(context, route, audit, caller);
        }

        var refused = (route.IsUndecided ? GatewayError.AccessDenied(route.Template) : null)
            ?? (route.Action is { } action && !permissions.Allow(caller, action, route.NamesProject) ? GatewayError.AccessDenied(action, permissions.Explain(action, route.NamesProject)) : null)
            ?? route.Throttle?.Admit(context, caller, second, isOver);
        if (refused is not null)
        {
            await ErrorWriter.WriteAsync(context, refused);
            return;
        }

        if (DebugHeaders.AreAsked(context))
        {
            DebugHeaders.Send(context, clock);
        }

        slot.Caller = caller;
        if (SignedBody.HasBody(context))
        {
            (slot.LookedAt, slot.LookAgain) = (lookedAt, () => LookAgainAsync(context, route, caller));
            context.Request.Body = new LateBodyStream(context, context.Request.Body);
        }

        await next(context);
    }

    private async ValueTask LookAgainAsync(HttpContext context, RoutePolicy route, Caller caller)
    {
        if (caller.Credential is not { } credential)
        {
            return;
        }

        var again = await callers.FindAgainAsync(caller.UserId, caller.ProjectId, credential, context.Connection.RemoteIpAddress, context.RequestAborted)
            ?? throw GatewayError.NotAuthenticated("the credential has ended while the body was sent");
        if (route.Action is { } action && !permissions.Allow(again, action, route.NamesProject))
        {
            throw GatewayError.AccessDenied(action, permissions.Explain(action, route.NamesProject));
        }
    }

    /// <summary>Looks at the gateway's kind of credentials on a route whose service answers for itself.</summary>
    private async Task IdentifyAsync(HttpContext context, RoutePolicy route)
    {
        var slot = context.RequestServices.GetRequiredService<CallerSlot>();
        try
        {
            var result = await authenticator.CheckAsync(context, route);
            slot.Caller = result.IsKnown ? result.Caller : null;
            slot.Named = result.IsKnown ? null : result.Caller;
            slot.RefusedWith = result.Refusal;
        }
        catch (ApiException error) when (error.InnerException is not null)
        {
            LogDirectoryFault(error.InnerException, route.Template);
            slot.RefusedWith = error;
        }

        await GoOnAsync(context, route, slot.Caller);
    }

    private long Second() => clock.GetUtcNow().ToUnixTimeSeconds();

    [LoggerMessage(LogLevel.Error, "The directory of users and keys does not answer; a call of {Route} goes on without its caller")]
    private partial void LogDirectoryFault(Exception exception, string route);
}
