namespace Stagedoor.Storage;

/// <summary>An object in a listing.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Modified">When it was committed.</param>
public readonly record struct BlobEntry(BlobKey Key, long Size, DateTimeOffset Modified);
