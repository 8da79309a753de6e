namespace Stagedoor.Http.Tenants;

/// <summary>Who may come without credentials.</summary>
public enum AnonymousCallers
{
    /// <summary>Callers on this machine, under a loopback name, when the installation keeps its data in the embedded database.</summary>
    Loopback,

    /// <summary>Nobody.</summary>
    Never,
}

/// <summary>Who comes without credentials: one setting for all that the engine's clients call, in the section that it has always had.</summary>
public sealed class TenantOptions
{
    /// <summary>Who may come without credentials.</summary>
    public AnonymousCallers Anonymous { get; set; } = AnonymousCallers.Loopback;
}
