namespace Stagedoor.Storage;

/// <summary>What is to be seen of a database without changing it.</summary>
/// <param name="Location">Where it is, for messages.</param>
/// <param name="IsMade">Whether a migration has ever been applied to it.</param>
/// <param name="HasContent">Whether the table that was asked for has a row.</param>
/// <param name="Mark">The installation that it belongs to; null when it bears no mark.</param>
public sealed record DatabaseState(string Location, bool IsMade, bool HasContent, InstallationMark? Mark);
