namespace Stagedoor.Storage;

/// <summary>What of a database is left after the machine itself has failed. A process that ends, however it ends, loses nothing with either.</summary>
public enum Durability
{
    /// <summary>Everything that was acknowledged.</summary>
    Full,

    /// <summary>
    /// The last moments may be missing, as if they had not been; what is left is whole. For what can be made again, such as an index. SQLite does
    /// not wait for the disk with each commit, PostgreSQL not for its log.
    /// </summary>
    Normal,
}
