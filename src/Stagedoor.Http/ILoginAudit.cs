using System.Net;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>Records logins, and what wrong ones lock. The gateway implements it, since it keeps the audit log; whoever checks passwords and keys asks.</summary>
public interface ILoginAudit
{
    /// <summary>Records a login with a password or a token, or an attempt at one.</summary>
    /// <param name="context">The request.</param>
    /// <param name="user">Whom it is about; null when there is no user of that name.</param>
    /// <param name="problem">Why it failed; null when it did not.</param>
    void RecordLogin(HttpContext context, AuditedUser? user, string? problem);

    /// <summary>Records a lock that was made where there is no request at hand, and says so in the log.</summary>
    /// <param name="traceName">What became locked.</param>
    /// <param name="resourceType">The kind of thing that is locked.</param>
    /// <param name="name">The name of what is locked; null when there is nothing of that name.</param>
    /// <param name="owner">Whose it is.</param>
    /// <param name="address">Where the failures came from.</param>
    /// <param name="reason">Why it is locked.</param>
    void RecordLock(string traceName, string resourceType, string? name, AuditedUser? owner, IPAddress? address, string reason);
}

/// <summary>A user as records name it.</summary>
public sealed record AuditedUser(string Id, string Name, string DomainId, string DomainName);
