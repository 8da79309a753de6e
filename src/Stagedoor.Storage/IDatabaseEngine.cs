namespace Stagedoor.Storage;

/// <summary>Opens the databases of an installation.</summary>
public interface IDatabaseEngine
{
    /// <summary>How this engine keeps the partitions of a module.</summary>
    IPartitionEngine Partitions { get; }

    /// <summary>The module's own database. Opening does not connect.</summary>
    /// <param name="moduleName">The module's name: lower-case letters.</param>
    /// <param name="durability">What the writes through this instance are worth; another instance may ask for something else.</param>
    IDatabase Open(string moduleName, Durability durability = Durability.Full);
}
