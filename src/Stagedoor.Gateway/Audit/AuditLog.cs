using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Stagedoor.Http;
using Stagedoor.Http.Decisions;

namespace Stagedoor.Gateway.Audit;

/// <summary>Where the audit log's records are handed in. <see cref="AuditWriter"/> writes them, many in one transaction.</summary>
internal sealed partial class AuditLog(TimeProvider clock, ILogger<AuditLog> logger) : ILoginAudit
{
    /// <summary>Records that wait for the database at one time.</summary>
    public const int Capacity = 8192;

    public Handover<Pending> Handover { get; } = new(Capacity, clock);

    /// <summary>Set while the database refuses records: nobody waits for it then, and the records stay in memory.</summary>
    public bool IsFailing { get; set; }

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Records an event soon. A crash of the process may lose it, an orderly stop does not.</summary>
    public void Record(AuditEvent e) => Enqueue(new(e, null));

    public void RecordLogin(HttpContext context, AuditedUser? user, string? problem)
    {
        var failed = problem is not null;
        if (failed)
        {
            DecisionPath.Of(context).BelongTo(user);
        }

        Record(AuditEvent.Of(context, Now, failed ? "loginFailed" : "login", "user", "iam") with
        {
            TraceRating = failed ? AuditRating.Warning : AuditRating.Normal,
            ResourceName = user?.Name,
            ResourceId = user?.Id,
            UserId = user?.Id,
            UserName = user?.Name,
            DomainId = user?.DomainId,
            DomainName = user?.DomainName,
            Code = failed ? StatusCodes.Status401Unauthorized : StatusCodes.Status201Created,
            Response = problem,
        });
    }

    /// <summary>Records that a key or a user is locked from now on, and says so in the log.</summary>
    public void RecordLock(AuditEvent e)
    {
        LogLock(e.ResourceType, e.ResourceName ?? "that nobody has", e.SourceIp, e.Response);
        Record(e);
    }

    public void RecordLock(string traceName, string resourceType, string? name, AuditedUser? owner, IPAddress? address, string reason) => RecordLock(new()
    {
        OccurredAt = Now.ToUnixTimeMilliseconds(),
        TraceName = traceName,
        TraceRating = AuditRating.Incident,
        ServiceType = "IAM",
        ResourceType = resourceType,
        ResourceName = name,
        UserId = owner?.Id,
        UserName = owner?.Name,
        DomainId = owner?.DomainId,
        DomainName = owner?.DomainName,
        SourceIp = address?.ToString(),
        Response = reason,
        Code = StatusCodes.Status401Unauthorized,
    });

    /// <summary>Records an event durably; false when the database does not take it now, and it waits in memory.</summary>
    public async Task<bool> WriteAsync(AuditEvent e)
    {
        if (IsFailing)
        {
            Record(e);
            return false;
        }

        var written = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!Enqueue(new(e, written)))
        {
            return false;
        }

        Handover.Hurry();
        return await written.Task;
    }

    private bool Enqueue(Pending pending)
    {
        var taken = Handover.TryAdd(pending);
        if (!taken)
        {
            // Better this line than nothing: it is the whole record.
            LogLost(pending.Event);
        }

        return taken;
    }

    [LoggerMessage(LogLevel.Critical, "An audit record is lost because too many wait for the database: {Event}")]
    private partial void LogLost(AuditEvent @event);

    [LoggerMessage(LogLevel.Warning, "The {Type} {Name} is locked for some minutes for the network of {Address}: {Reason}")]
    private partial void LogLock(string type, string name, string? address, string? reason);

    /// <summary>A record on its way.</summary>
    /// <param name="Event">What to record.</param>
    /// <param name="Written">Told whether it is durable; null when nobody waits.</param>
    internal sealed record Pending(AuditEvent Event, TaskCompletionSource<bool>? Written);
}
