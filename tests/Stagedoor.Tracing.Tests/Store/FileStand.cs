using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Storage;
using Stagedoor.Storage.Sqlite;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>Files, and SQLite for what is pinned.</summary>
internal sealed class FileStand : TraceStand
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stagedoor-spans-");
    private readonly MemoryFiles _files = new();
    private TracingDb? _db;

    public override async Task StartAsync()
    {
        _db = new(new SqliteEngine(_folder.FullName, NullLogger.Instance, Clock));
        await MigrationRunner.RunAsync(_db, typeof(TracingModule).Assembly, Clock, TestContext.Current.CancellationToken);
        Store = new PinningTraceStore(
            FileTraceStore.Open(new() { Folder = _folder.FullName, LogBytes = 64 << 10, BlockSpans = 200, MergeBlocks = 4 }, _files, Clock, NullLogger.Instance),
            _db,
            Clock,
            new() { MaxTraces = MaxPins });
    }

    public override async Task ReopenAsync()
    {
        await Store.DisposeAsync();
        await _db!.DisposeAsync();
        await StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await _db!.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
