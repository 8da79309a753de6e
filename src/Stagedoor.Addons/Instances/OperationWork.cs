namespace Stagedoor.Addons.Instances;

/// <summary>What a job of an operation has to know.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="Generation">Which operation of it.</param>
/// <param name="After">The key of the operation that was under way before, and must have ended.</param>
/// <param name="Behind">The instances that must be there first, or for a removal be gone; null for none.</param>
/// <param name="Turn">How many removals go one after the other until this one is done, each of which has the time of one.</param>
internal sealed record OperationWork(string InstanceId, long Generation, string? After, IReadOnlyList<string>? Behind = null, int Turn = 1);
