namespace Stagedoor.Tracing;

/// <summary>How much room there is where spans are kept.</summary>
/// <param name="folder">The folder that they are in; null where a database keeps them, whose disk is not ours to see.</param>
internal class SpanRoom(string? folder)
{
    /// <summary>The share of the disk that is free, from 0 to 1.</summary>
    public virtual double Free()
    {
        if (folder is null)
        {
            return 1;
        }

        var drive = new DriveInfo(folder);
        return drive.TotalSize > 0 ? drive.AvailableFreeSpace / (double)drive.TotalSize : 1;
    }
}
