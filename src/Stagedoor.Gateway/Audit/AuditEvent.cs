using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;

namespace Stagedoor.Gateway.Audit;

/// <summary>How serious a record is, in the words of the trace service that it follows.</summary>
internal static class AuditRating
{
    public const string Normal = "normal";

    public const string Warning = "warning";

    public const string Incident = "incident";
}

/// <summary>Something that the audit log has to remember. Secrets never get here: neither headers nor bodies do.</summary>
internal record AuditEvent
{
    private const int MaxText = 512;

    // What is no module's is the gateway's.
    private const string Own = "IAM";

    /// <summary>When it happened, in Unix milliseconds.</summary>
    public required long OccurredAt { get; init; }

    public required string TraceName { get; init; }

    /// <summary><c>ApiCall</c> or <c>SystemAction</c>.</summary>
    public string TraceType { get; init; } = "ApiCall";

    public string TraceRating { get; init; } = AuditRating.Normal;

    /// <summary>The service by its name in records: <c>SWR</c>, <c>CSE</c>, <c>APM</c>, <c>CCE</c>, <c>IAM</c>.</summary>
    public required string ServiceType { get; init; }

    public required string ResourceType { get; init; }

    public string? ResourceName { get; init; }

    public string? ResourceId { get; init; }

    public string? UserId { get; init; }

    public string? UserName { get; init; }

    public string? DomainId { get; init; }

    public string? DomainName { get; init; }

    public string? ProjectId { get; init; }

    public string? SourceIp { get; init; }

    public string? UserAgent { get; init; }

    /// <summary>Method and address, with the values of secrets replaced.</summary>
    public string? Request { get; init; }

    /// <summary>The error code, when the call failed, or what else there is to say.</summary>
    public string? Response { get; init; }

    /// <summary>The HTTP status; 0 when it is not about a call.</summary>
    public int Code { get; init; }

    public string? RequestId { get; init; }

    /// <summary>An event about the request at hand, without caller and outcome.</summary>
    public static AuditEvent Of(HttpContext context, DateTimeOffset time, string traceName, string resourceType, string service) => new()
    {
        OccurredAt = time.ToUnixTimeMilliseconds(),
        TraceName = traceName,
        ServiceType = context.RequestServices.GetRequiredService<ModuleSet>().Find(service)?.Traits.Audit ?? Own,
        ResourceType = resourceType,
        SourceIp = context.Connection.RemoteIpAddress?.ToString(),
        UserAgent = Cut(context.Request.Headers.UserAgent.ToString()),
        Request = Cut($"{context.Request.Method} {Redaction.Address(context.Request)}"),
        RequestId = context.TraceIdentifier,
    };

    // What a stranger sent is recorded as far as it can be written at all.
    private static string Cut(string text) => Text.Repair(Text.Cut(text, MaxText));
}
