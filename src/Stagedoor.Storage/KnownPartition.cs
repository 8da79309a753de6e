namespace Stagedoor.Storage;

/// <summary>A partition that a module's database knows of.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Lost">Not 0 when it was gone without having been dropped, and was made again.</param>
public sealed record KnownPartition(string Name, long Lost);
