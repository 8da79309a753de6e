using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Images.Manifests;
using Stagedoor.Storage;

namespace Stagedoor.Images.Untagged;

/// <summary>
/// Remembers when manifests were last asked for, to the hour: noted in memory, written now and then. A crash loses the notes of the last minute, which a
/// collection that counts in days does not miss.
/// </summary>
internal sealed partial class ManifestPulls(ImagesDb db, TimeProvider clock, ILogger<ManifestPulls> logger) : UpkeepService(clock, logger)
{
    /// <summary>How exact it is.</summary>
    public static readonly TimeSpan Grain = TimeSpan.FromHours(1);

    // More different manifests than that in a minute are noted with their next pull.
    private const int Most = 200_000;

    private const int Portion = 200;

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<(long RepositoryId, string Digest), byte> _noted = new();

    protected override TimeSpan Period => TimeSpan.FromMinutes(1);

    /// <summary>Somebody has asked for the manifest. Costs a look at the clock when it was noted within the hour.</summary>
    public void Note(PulledManifest manifest)
    {
        var now = Clock.GetTimestamp();
        if ((manifest.NotedAt == 0 || Clock.GetElapsedTime(manifest.NotedAt, now) >= Grain) && _noted.Count < Most)
        {
            _noted[(manifest.RepositoryId, manifest.Digest)] = 0;
            manifest.NotedAt = now;
        }
    }

    /// <summary>Writes what has been noted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        // In one order everywhere, or two replicas wait for each other.
        var pending = _noted.Keys.OrderBy(static k => k.RepositoryId).ThenBy(static k => k.Digest, StringComparer.Ordinal).ToList();
        var written = 0;
        try
        {
            foreach (var portion in pending.Chunk(Portion))
            {
                foreach (var key in portion)
                {
                    // Before it is written, so that who asks meanwhile is noted again.
                    _noted.TryRemove(key, out _);
                }

                await WriteAsync(portion, cancellationToken);
                written += portion.Length;
            }
        }
        catch (StorageException e)
        {
            LogNotWritten(e, pending.Count - written);
        }
        finally
        {
            pending.Skip(written).ToList().ForEach(k => _noted.TryAdd(k, 0));
        }
    }

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => FlushAsync(stoppingToken);

    protected override Task FinishAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    private Task<int> WriteAsync((long RepositoryId, string Digest)[] portion, CancellationToken cancellationToken)
    {
        // One that was deleted meanwhile leaves nothing behind.
        var sql = $"""
            INSERT INTO manifest_pulls (repository_id, digest, pulled_at)
            SELECT repository_id, digest, {db.Now} FROM manifests WHERE repository_id = @RepositoryId AND digest = @Digest{db.ForKeyShare}
            ON CONFLICT (repository_id, digest) DO UPDATE SET pulled_at = {db.Now}
            """;

        return db.TransactAsync(
            async session =>
            {
                foreach (var (repositoryId, digest) in portion)
                {
                    await session.ExecuteAsync(sql, new { RepositoryId = repositoryId, Digest = digest });
                }

                return portion.Length;
            },
            cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "When {Manifests} manifests were last pulled could not be written; it is kept for the next time")]
    private partial void LogNotWritten(Exception exception, int manifests);
}
