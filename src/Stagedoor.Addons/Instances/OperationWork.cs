namespace Stagedoor.Addons.Instances;

/// <summary>What a job of an operation has to know.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="Generation">Which operation of it.</param>
/// <param name="After">The key of the operation that was under way before, and must have ended.</param>
/// <param name="Behind">The instances that must be there first; null for none.</param>
internal sealed record OperationWork(string InstanceId, long Generation, string? After, IReadOnlyList<string>? Behind = null);
