namespace Stagedoor.Storage;

/// <summary>What an engine does with one partition; <see cref="Partitions"/> says when, and holds the module's lock where this asks for it.</summary>
public interface IPartitionEngine
{
    /// <summary>
    /// A partition that was made. Whatever is asked of it when there is none, or none any more, is answered by <see cref="StorageFault.Gone"/>: it is
    /// never made by using it. Opening does not connect.
    /// </summary>
    IDatabase Open(PartitionName partition, Durability durability);

    /// <summary>Makes it, empty, unless it is there. The caller holds the module's lock.</summary>
    Task MakeAsync(PartitionName partition, CancellationToken cancellationToken);

    /// <summary>Those that are there, in the order of their names.</summary>
    Task<IReadOnlyList<PartitionName>> ListAsync(string moduleName, CancellationToken cancellationToken);

    /// <summary>
    /// Removes it with all that it holds, at one moment: whoever comes later finds nothing, and what was begun before ends as if it had been in
    /// time or is told that the partition is gone. The caller holds the module's lock.
    /// </summary>
    /// <returns>False when there was none.</returns>
    Task<bool> DropAsync(PartitionName partition, CancellationToken cancellationToken);
}
