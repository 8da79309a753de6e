namespace Stagedoor.Http.Tenants;

/// <summary>Whether callers on this machine may come without credentials.</summary>
public sealed record AnonymousTrust(bool IncludesLoopback);
