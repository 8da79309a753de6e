using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Images.UploadSessions;

/// <summary>Drops sessions that have rested for too long, and staged bytes without a session.</summary>
internal sealed partial class SessionReaper(SessionStore store, Sessions sessions, ContentStore content, TimeProvider clock, ILogger<SessionReaper> logger)
    : UpkeepService(clock, logger)
{
    private const string Prefix = "sessions-";

    private readonly ILogger _logger = logger;

    protected override TimeSpan Period => TimeSpan.FromMinutes(10);

    protected override TimeSpan FirstPause => TimeSpan.FromSeconds(30);

    /// <summary>Does it once, and answers how many sessions were dropped.</summary>
    /// <exception cref="StorageException">A store failed.</exception>
    public async Task<int> ReapAsync(CancellationToken cancellationToken)
    {
        var dropped = await store.DropIdleAsync(sessions.Idle, cancellationToken);
        var gone = new List<string>();
        await foreach (var staged in content.Blobs.ListUploadsAsync(cancellationToken))
        {
            // One that is younger may be a session that is just being begun: its row comes after its bytes.
            if (staged.Id.StartsWith(Prefix, StringComparison.Ordinal)
                && !await store.HasAsync(staged.Id[Prefix.Length..], cancellationToken)
                && (dropped.Contains(staged.Id[Prefix.Length..], StringComparer.Ordinal) || staged.Modified < Clock.GetUtcNow() - sessions.Idle))
            {
                gone.Add(staged.Id);
            }
        }

        foreach (var id in gone)
        {
            await content.Blobs.DropUploadAsync(id, cancellationToken);
        }

        return dropped.Count;
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        try
        {
            if (await ReapAsync(stoppingToken) is > 0 and var count)
            {
                LogReaped(count);
            }
        }
        catch (StorageException e)
        {
            LogNotReaped(e, ImagesCodes.ReclaimSessionFailed.Code);
        }
    }

    [LoggerMessage(LogLevel.Information, "Dropped {Count} upload sessions that had rested for too long")]
    private partial void LogReaped(int count);

    [LoggerMessage(LogLevel.Error, "{Code}: idle upload sessions could not all be dropped")]
    private partial void LogNotReaped(Exception exception, string code);
}
