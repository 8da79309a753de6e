using Stagedoor.Serve;

namespace Stagedoor.Operations;

/// <summary>How much room is left where the installation writes.</summary>
internal sealed class DiskSpace(DataDirectory data, IConfiguration configuration, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private Task<IReadOnlyList<DiskState>>? _look;

    /// <summary>The folders that are written to; empty while one does not answer. A folder of another machine blocks whoever looks at it, so there is one look at a time.</summary>
    internal async Task<IReadOnlyList<DiskState>> LookAsync(CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<DiskState>> look;
        lock (_gate)
        {
            look = _look is { IsCompleted: false } ? _look : _look = Task.Run(Look, CancellationToken.None);
        }

        try
        {
            return await look.WaitAsync(s_patience, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return [];
        }
    }

    private IReadOnlyList<DiskState> Look()
    {
        var folders = new List<(string Name, string Path)> { ("data", data.Root) };
        if (configuration["Storage:Blobs"] is not "s3")
        {
            folders.Add(("blobs", FilesOptions.Of(configuration).In(data.Root)));
        }

        var found = new List<DiskState>();
        foreach (var (name, path) in folders)
        {
            try
            {
                var drive = new DriveInfo(path);
                found.Add(new(name, drive.AvailableFreeSpace, drive.TotalSize));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Readiness says that it is gone.
            }
        }

        return found;
    }
}

/// <summary>The room of one folder's disk.</summary>
/// <param name="Folder"><c>data</c> or <c>blobs</c>.</param>
/// <param name="Free">Bytes that may be written.</param>
/// <param name="Size">Bytes of all of it.</param>
internal sealed record DiskState(string Folder, long Free, long Size);
