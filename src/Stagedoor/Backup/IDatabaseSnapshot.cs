using System.Data.Common;
using Stagedoor.Http;

namespace Stagedoor.Backup;

/// <summary>The databases of an installation as they were at one moment.</summary>
internal interface IDatabaseSnapshot : IAsyncDisposable
{
    /// <summary>The engine's name.</summary>
    string Engine { get; }

    /// <summary>What was taken, by module and partition, and what the files are called that hold it.</summary>
    Task<IReadOnlyList<TakenDatabase>> TakeAsync(IReadOnlyList<ModuleDatabase> databases, string folder, CancellationToken cancellationToken);

    /// <summary>Reads of a module's own database as it was then.</summary>
    Task<T> ReadAsync<T>(string module, Func<DbConnection, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Writes what has to be written of that moment into the folder, when it was not by <see cref="TakeAsync"/>; the names of the files.</summary>
    Task<IReadOnlyList<string>> WriteAsync(string folder, CancellationToken cancellationToken);
}

/// <summary>A database that a snapshot holds.</summary>
/// <param name="Database">The module's.</param>
/// <param name="Partition">Its partition; null for the module's own.</param>
internal sealed record TakenDatabase(ModuleDatabase Database, string? Partition);
