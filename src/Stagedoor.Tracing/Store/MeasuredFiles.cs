using Stagedoor.Tracing.Ingest;

namespace Stagedoor.Tracing.Store;

/// <summary>Files of a store, of which is measured how long those of the log take to be durable.</summary>
internal sealed class MeasuredFiles(IStoreFiles files, IngestMetrics metrics, TimeProvider clock) : IStoreFiles
{
    private const string LogPrefix = "ingest";

    public IStoreFile Open(string path)
    {
        var file = files.Open(path);
        return Path.GetFileName(path).StartsWith(LogPrefix, StringComparison.Ordinal) ? new LogFile(file, metrics, clock) : file;
    }

    public IReadOnlyList<string> List(string folder, string pattern) => files.List(folder, pattern);

    public void Move(string path, string newPath) => files.Move(path, newPath);

    public void Delete(string path) => files.Delete(path);

    public void SyncFolder(string folder) => files.SyncFolder(folder);

    private sealed class LogFile(IStoreFile file, IngestMetrics metrics, TimeProvider clock) : IStoreFile
    {
        public long Length => file.Length;

        public int Read(Span<byte> into, long offset) => file.Read(into, offset);

        public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset) => file.Write(parts, offset);

        public void SetLength(long length) => file.SetLength(length);

        public void Flush()
        {
            var began = clock.GetTimestamp();
            file.Flush();
            metrics.Synced(clock.GetElapsedTime(began));
        }

        public void Dispose() => file.Dispose();
    }
}
