using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>A store of small files and blocks, that can be closed, or killed, and opened again.</summary>
internal sealed class StoreUnderTest : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stagedoor-spans-");

    public StoreUnderTest(Func<TraceStoreOptions, TraceStoreOptions>? with = null, MemoryFiles? files = null)
    {
        Files = files ?? new();
        Options = new() { Folder = _folder.FullName, LogBytes = 64 << 10, BlockSpans = 200, MergeBlocks = 4 };
        Options = with?.Invoke(Options) ?? Options;
        Store = Open();
    }

    public TraceStoreOptions Options { get; }

    public MemoryFiles Files { get; private set; }

    public TurnedClock Clock { get; } = new(Traffic.Noon);

    public FileTraceStore Store { get; private set; }

    public FileTraceStore Open() => FileTraceStore.Open(Options, Files, Clock, NullLogger.Instance);

    public async Task ReopenAsync(MemoryFiles? files = null)
    {
        await Store.DisposeAsync();
        Files = files ?? Files;
        Store = Open();
    }

    /// <summary>Makes blocks of all that is in the log.</summary>
    public async Task SealAsync()
    {
        Clock.Now += TimeSpan.FromMinutes(11);
        await Store.UpkeepAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
