using System.Collections.Concurrent;
using Stagedoor.Background;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Operations;

/// <summary>Looks for damage in the databases, once after a start and beside the requests, and keeps telling of what it found.</summary>
internal sealed partial class IntegrityCheck(
    IDatabaseEngine engine, DatabaseHealth health, ModuleSet modules, TimeProvider clock, ILogger<IntegrityCheck> logger)
    : UpkeepService(clock, logger), IWarnings
{
    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<string, IReadOnlyList<string>> _partitions = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Current =>
        [.. modules.Databases.SelectMany(database => health.FindDamage(database.Name).Concat(_partitions.GetValueOrDefault(database.Name, [])))];

    protected override TimeSpan Period => TimeSpan.Zero;

    protected override TimeSpan FirstPause => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        foreach (var name in modules.Databases.Select(static d => d.Name))
        {
            await using var db = new Db(engine.Open(name));
            foreach (var damage in await health.CheckOnceAsync(name, db, stoppingToken))
            {
                LogDamage(damage);
            }
        }

        // The databases come first: they are smaller, and more depends on them.
        foreach (var (name, migrations) in modules.Databases.Where(static d => d.Partitions is not null).Select(static d => (d.Name, d.Partitions!)))
        {
            _partitions[name] = (await PartitionCheck.ExamineAsync(engine, name, migrations, stoppingToken)).Problems;
            foreach (var problem in _partitions[name])
            {
                LogPartition(problem);
            }
        }

        // It reads everything, so it is done once.
        await Task.Delay(Timeout.InfiniteTimeSpan, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    [LoggerMessage(LogLevel.Error, "{Damage} Restore it from a backup, or see 'stagedoor doctor'.")]
    private partial void LogDamage(string damage);

    [LoggerMessage(LogLevel.Error, "{Problem} See 'stagedoor doctor'.")]
    private partial void LogPartition(string problem);
}
