namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>One who changes the files of a cluster keeps others from it, also those of another process.</summary>
internal static class GitOpsLock
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>Waits until nobody else has it.</summary>
    /// <exception cref="DriverUnavailableException">Somebody has it for too long.</exception>
    public static async Task<IDisposable> TakeAsync(IGitOpsFiles files, string path, TimeProvider clock, CancellationToken cancellationToken)
    {
        files.CreateFolder(Path.GetDirectoryName(path)!);
        var since = clock.GetTimestamp();
        while (true)
        {
            if (files.TryLock(path) is { } held)
            {
                return held;
            }

            if (clock.GetElapsedTime(since) > s_patience)
            {
                throw new DriverUnavailableException("Another operation has held the files of this cluster for a minute.");
            }

            await Task.Delay(s_look, clock, cancellationToken);
        }
    }
}
