namespace Stagedoor.Http.Tenants;

/// <summary>An operation that changes nothing although its method says so: a batch query, for example.</summary>
public sealed record ReadsOnlyMetadata;

/// <summary>An operation for those who may write, although it only looks.</summary>
public sealed record OperatorsOnlyMetadata;
