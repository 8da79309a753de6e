using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Arrival;

/// <summary>What a request does.</summary>
internal sealed class RequestRecording : Recording
{
    // What callers write is cut where nothing bounds it.
    private const int MaxText = 256;

    private HttpContext? _context;

    /// <param name="context">The request, until <see cref="Describe"/>.</param>
    /// <param name="parent">The trace, with the span above it when a caller has named one.</param>
    /// <param name="clock">Measures.</param>
    public RequestRecording(HttpContext context, in ActivityContext parent, TimeProvider clock)
        : base(parent.TraceId, parent.SpanId, clock) =>
        (_context, IsWanted) = (context, (parent.TraceFlags & ActivityTraceFlags.Recorded) is not ActivityTraceFlags.None);

    public override string? Project => _context is { } context ? SlotOf(context)?.Known?.ProjectId : null;

    /// <summary>The request, which is over.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">What it is called among others: method and route.</param>
    /// <param name="route">The route's template; null when there is none.</param>
    /// <param name="path">The path, with nothing secret in it.</param>
    /// <param name="ending">How it ended.</param>
    public RecordedSpan Describe(HttpContext context, string name, string? route, string path, in RequestEnding ending)
    {
        var request = context.Request;
        var slot = SlotOf(context);
        var caller = slot?.Known;
        var owner = caller ?? slot?.Named;
        var attributes = new List<KeyValuePair<string, object>>(20)
        {
            new("http.request.method", Text.Cut(request.Method, MaxText)),
            new("url.path", Text.Cut(path, MaxText * 4)),
            new("http.response.status_code", (long)ending.Status),
            new("http.response.body.size", ending.Bytes),
            new("network.protocol.name", request.Protocol),
        };
        Add("http.route", route);
        if (request.ContentLength is { } length)
        {
            attributes.Add(new("http.request.body.size", length));
        }

        Add("client.address", Readable(context.Connection.RemoteIpAddress));
        attributes.Add(new("server.port", (long)context.Connection.LocalPort));
        Add("stagedoor.listener", context.Features.Get<ModuleListener>()?.Title ?? "main");
        Add("user_agent.original", Text.Cut(request.Headers.UserAgent.ToString(), MaxText));
        Add("error.type", ending.Code);
        Add("stagedoor.account.id", caller?.DomainId);
        Add("stagedoor.account.name", caller?.DomainName ?? slot?.AccountName);
        Add("stagedoor.project.id", caller?.ProjectId);
        Add("stagedoor.project.name", caller?.ProjectName);
        Add("stagedoor.user.id", caller?.UserId);
        Add("stagedoor.user.name", caller?.UserName);
        _context = null;
        return new()
        {
            Recording = this,
            Steps = End(),
            Name = name,
            Elapsed = ending.Elapsed,
            IsFault = ending.Status >= 500,
            Outcome = ending.Code,
            Project = owner?.ProjectId,
            Domain = owner?.DomainId,
            AccessKey = owner is null ? slot?.NamedKey : null,
            Attributes = attributes,
        };

        void Add(string key, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                attributes.Add(new(key, value));
            }
        }
    }

    /// <summary>It is over, and nobody wants it: the server uses the request's objects for the next one.</summary>
    public void Forget()
    {
        _context = null;
        End();
    }

    private static CallerSlot? SlotOf(HttpContext context) => (CallerSlot?)context.RequestServices.GetService(typeof(CallerSlot));

    private static string? Readable(IPAddress? address) => address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4().ToString() : address?.ToString();
}

/// <summary>How a request ended.</summary>
/// <param name="Status">The status; 499 when the caller went away before the end.</param>
/// <param name="Code">The error's code; empty when there is none.</param>
/// <param name="Bytes">How many bytes of the body were answered.</param>
/// <param name="Elapsed">How long it took.</param>
internal readonly record struct RequestEnding(int Status, string Code, long Bytes, TimeSpan Elapsed);
