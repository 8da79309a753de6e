namespace Stagedoor.Addons.Drivers;

/// <summary>How far an operation is.</summary>
/// <param name="Message">In words.</param>
/// <param name="Done">How many of its objects are done.</param>
/// <param name="Total">How many there are.</param>
internal sealed record OperationEvent(string Message, int Done, int Total);
