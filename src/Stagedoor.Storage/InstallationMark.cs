namespace Stagedoor.Storage;

/// <summary>Which installation a store belongs to, and how far it had come with it.</summary>
/// <param name="Id">The installation's id: 32 lower-case hex digits.</param>
/// <param name="Epoch">
/// Counts the collections of garbage. The database is counted up first and the blob store after it, so a database that is behind is older
/// than its store, and one that is more than one ahead is newer.
/// </param>
public sealed record InstallationMark(string Id, long Epoch);
