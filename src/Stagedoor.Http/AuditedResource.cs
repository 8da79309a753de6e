using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>What a call acted on, for its audit record, where the path does not say it.</summary>
/// <param name="Name">The resource's name.</param>
/// <param name="Id">Its id, when it has one besides the name.</param>
public sealed record AuditedResource(string? Name, string? Id = null);

/// <summary>What a call did, where its route serves several operations.</summary>
/// <param name="TraceName">What was done, for example <c>pushManifest</c>.</param>
/// <param name="ResourceType">What it was done to.</param>
public sealed record AuditedAction(string TraceName, string ResourceType);

/// <summary>A call that turned out to change nothing.</summary>
public sealed record NothingChanged
{
    public static NothingChanged Instance { get; } = new();
}

/// <summary>What exactly a call did, beyond the name of what it acted on.</summary>
/// <param name="Text">For example who was granted what.</param>
public sealed record AuditedDetail(string Text);

/// <summary>How a handler tells the audit log what it acted on.</summary>
public static class AuditedResources
{
    /// <summary>Names the resource in the audit record of this call.</summary>
    public static void AuditResource(this HttpContext context, string? name, string? id = null) =>
        context.Features.Set(new AuditedResource(name, id));

    /// <summary>Says in the audit record of this call what exactly was done, if it succeeds; never a secret.</summary>
    public static void AuditDetail(this HttpContext context, string text) => context.Features.Set(new AuditedDetail(text));

    /// <summary>Leaves this call out of the audit log: all is as it was before. A refusal is recorded all the same.</summary>
    public static void AuditNothing(this HttpContext context) => context.Features.Set(NothingChanged.Instance);

    /// <summary>Has this call recorded, whatever becomes of it.</summary>
    public static void AuditAs(this HttpContext context, string traceName, string resourceType, string? name)
    {
        context.Features.Set(new AuditedAction(traceName, resourceType));
        context.AuditResource(name);
    }
}
