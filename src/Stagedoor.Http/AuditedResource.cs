using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>What a call acted on, for its audit record, where the path does not say it.</summary>
/// <param name="Name">The resource's name.</param>
/// <param name="Id">Its id, when it has one besides the name.</param>
public sealed record AuditedResource(string? Name, string? Id = null);

/// <summary>How a handler tells the audit log what it acted on.</summary>
public static class AuditedResources
{
    /// <summary>Names the resource in the audit record of this call.</summary>
    public static void AuditResource(this HttpContext context, string? name, string? id = null) =>
        context.Features.Set(new AuditedResource(name, id));
}
