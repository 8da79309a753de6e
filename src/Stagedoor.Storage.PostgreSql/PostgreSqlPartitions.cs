using Microsoft.Extensions.Logging;
using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>A schema per partition, <c>module$name</c>, on the module's own connections.</summary>
internal sealed class PostgreSqlPartitions(Func<string, Durability, PostgreSqlPool> pools, ILogger logger, TimeProvider clock) : IPartitionEngine
{
    private const int MaxRuns = 6;

    public IDatabase Open(PartitionName partition, Durability durability) => new PostgreSqlDatabase(Schema(partition, durability), logger, clock);

    public Task MakeAsync(PartitionName partition, CancellationToken cancellationToken) =>
        TranslatedAsync(partition.Module, () => MakeOnceAsync(partition, cancellationToken));

    public Task<IReadOnlyList<PartitionName>> ListAsync(string moduleName, CancellationToken cancellationToken) =>
        TranslatedAsync(moduleName, () => ListOnceAsync(moduleName, cancellationToken));

    public Task<bool> DropAsync(PartitionName partition, CancellationToken cancellationToken) => TranslatedAsync(
        partition.Module,
        async () =>
        {
            for (var run = 1; ; run++)
            {
                try
                {
                    return await Schema(partition, Durability.Full).DropAsync(cancellationToken);
                }
                catch (PostgresException e) when (run < MaxRuns && PostgreSqlFaults.IsConflict(e))
                {
                    // A transaction that had one table was waiting for another; it ends, or is told now that both are gone.
                    continue;
                }
            }
        });

    private async Task<bool> MakeOnceAsync(PartitionName partition, CancellationToken cancellationToken)
    {
        await Schema(partition, Durability.Full).MakeAsync(cancellationToken);
        return true;
    }

    private async Task<IReadOnlyList<PartitionName>> ListOnceAsync(string moduleName, CancellationToken cancellationToken)
    {
        await using var connection = await pools(moduleName, Durability.Full).Pooled.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname::text, $1)", connection);
        var prefix = moduleName + "$";
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = prefix });
        var names = new List<string>();
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                names.Add(reader.GetString(0)[prefix.Length..]);
            }
        }

        return [.. names.Where(PartitionName.Is).Order(StringComparer.Ordinal).Select(name => new PartitionName(moduleName, name))];
    }

    private PostgreSqlSchema Schema(PartitionName partition, Durability durability) =>
        new(pools(partition.Module, durability), partition.ToString(), isPartition: true);

    private async Task<T> TranslatedAsync<T>(string moduleName, Func<Task<T>> work)
    {
        var location = pools(moduleName, Durability.Full).Location;
        try
        {
            return await work();
        }
        catch (Exception e) when (PostgreSqlFaults.Translate(e, location) is not null)
        {
            throw PostgreSqlFaults.Translate(e, location)!;
        }
    }
}
