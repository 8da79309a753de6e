using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Testing;
using Stagedoor.Tracing.Store;
using Stagedoor.Tracing.Store.Shared;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>A database that processes share.</summary>
internal sealed class SharedStand : TraceStand
{
    private OwnDatabase? _database;
    private PostgreSqlEngine? _engine;
    private TracingDb? _db;

    public OwnDatabase Database => _database!;

    public override async Task StartAsync()
    {
        _database ??= await OwnDatabase.CreateAsync();
        (_engine, _db, Store) = await OpenAsync();
    }

    /// <summary>A store as another process has it.</summary>
    public async Task<(PostgreSqlEngine Engine, TracingDb Db, ITraceStore Store)> OpenAsync(SharedSpanOptions? options = null, string? connectionString = null)
    {
        var engine = new PostgreSqlEngine(connectionString ?? _database!.ConnectionString, NullLogger.Instance);
        var db = new TracingDb(engine);
        await MigrationRunner.RunAsync(db, typeof(TracingModule).Assembly, Clock, TestContext.Current.CancellationToken);
        return (engine, db, new PinningTraceStore(
            new SharedTraceStore(db, options ?? new() { BlockSpans = 200, MergeBlocks = 4 }, Clock, NullLogger.Instance), db, Clock, new() { MaxTraces = MaxPins }));
    }

    public override async Task ReopenAsync()
    {
        await CloseAsync();
        await StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await CloseAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private async Task CloseAsync()
    {
        if (_engine is not null)
        {
            await Store.DisposeAsync();
            await _db!.DisposeAsync();
            await _engine.DisposeAsync();
        }
    }
}
