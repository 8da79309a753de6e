namespace Stagedoor.Storage;

/// <summary>An unfinished upload in a listing.</summary>
/// <param name="Id">The upload's id.</param>
/// <param name="Modified">When it was last written to.</param>
public readonly record struct StagedUpload(string Id, DateTimeOffset Modified);
