using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Gateway.Admission;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Audit;

/// <summary>
/// Records one call when its answer is known. On routes that the gateway authenticates the record is durable before the first byte of the
/// answer leaves, so that no client holds an answer to a change that nobody recorded.
/// </summary>
internal sealed class AuditedCall
{
    private const int MaxName = 512;

    // A hundred grants at a time, each with the user's name and id.
    private const int MaxDetail = 16 * 1024;

    private readonly HttpContext _context;
    private readonly RoutePolicy _route;
    private readonly AuditLog _log;
    private readonly Caller? _caller;
    private readonly DateTimeOffset _time;
    private bool _isRecorded;

    private AuditedCall(HttpContext context, RoutePolicy route, AuditLog log, Caller? caller)
    {
        (_context, _route, _log, _caller) = (context, route, log, caller);
        _time = log.Now;
    }

    public static void Watch(HttpContext context, RoutePolicy route, AuditLog log, Caller? caller)
    {
        var call = new AuditedCall(context, route, log, caller);
        context.Response.OnStarting(static state => ((AuditedCall)state).StartAsync(), call);
        // A client that went away gets no answer, but what it asked for may have happened.
        context.Response.OnCompleted(static state => ((AuditedCall)state).CompleteAsync(), call);
    }

    private Task StartAsync()
    {
        if (_isRecorded)
        {
            return Task.CompletedTask;
        }

        _isRecorded = true;
        if (Describe() is not { } record)
        {
            return Task.CompletedTask;
        }

        if (_route.Auth is AuthMode.Iam)
        {
            return _log.WriteAsync(record);
        }

        _log.Record(record);
        return Task.CompletedTask;
    }

    private Task CompleteAsync()
    {
        if (!_isRecorded)
        {
            _isRecorded = true;
            if (Describe() is { } record)
            {
                _log.Record(record);
            }
        }

        return Task.CompletedTask;
    }

    // A refused call is recorded too, and what it named may be no text.
    private static string? Storable(string? text, int most = MaxName) => text is null ? null : Text.Cut(Text.Repair(text), most);

    private AuditEvent? Describe()
    {
        var action = _context.Features.Get<AuditedAction>();
        if ((action?.TraceName ?? _route.Audit?.TraceName) is not { } name || (action?.ResourceType ?? _route.Audit?.ResourceType) is not { } type)
        {
            return null;
        }

        var response = _context.Response;
        if (response.StatusCode < 400 && _context.Features.Get<NothingChanged>() is not null)
        {
            return null;
        }

        var slot = _context.RequestServices.GetService<CallerSlot>();
        var caller = _caller ?? slot?.Known;
        if (response.StatusCode >= 400 && name is "login")
        {
            name = "loginFailed";
        }

        var resource = _context.Features.Get<AuditedResource>();
        var inPath = _route.ResourceParameter is { } parameter ? _context.Request.RouteValues[parameter]?.ToString() : null;
        return AuditEvent.Of(_context, _time, name, type, _route.Service) with
        {
            TraceRating = response.StatusCode >= 400 ? AuditRating.Warning : AuditRating.Normal,
            ResourceName = Storable(resource?.Name ?? inPath),
            ResourceId = Storable(resource?.Id),
            UserId = caller?.UserId,
            UserName = caller?.UserName ?? slot?.AccountName,
            DomainId = caller?.DomainId,
            DomainName = caller?.DomainName,
            ProjectId = caller?.ProjectId,
            Code = response.StatusCode,
            Response = response.StatusCode >= 400 ? response.Headers["X-Stagedoor-Error-Code"].ToString() : Storable(_context.Features.Get<AuditedDetail>()?.Text, MaxDetail),
        };
    }
}
