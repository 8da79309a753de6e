namespace Stagedoor.Http.Tenants;

/// <summary>An operation that changes nothing although its method says so: a batch query, for example.</summary>
public sealed record ReadsOnlyMetadata;

/// <summary>An operation that changes something although its method says that it only looks: a connection that renews a lease, for example.</summary>
public sealed record ChangesMetadata;

/// <summary>An operation for those who may write, although it only looks.</summary>
public sealed record OperatorsOnlyMetadata;
