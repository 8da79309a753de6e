using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Stagedoor.Storage;

namespace Stagedoor.Images.PageUploads;

/// <summary>
/// Where files lie while they are looked at. They have no name there any more once they are open: whatever ends the process, nothing of them stays.
/// </summary>
internal sealed class SpoolFolder(IConfiguration configuration, IOptions<PageUploadOptions> options, IdSource ids)
{
    private string Root => Path.GetFullPath(options.Value.Folder is { Length: > 0 } folder ? folder : configuration["Data"] ?? "data");

    /// <summary>An empty file for what is uploaded.</summary>
    /// <exception cref="StorageException">It cannot be made.</exception>
    public SpooledFile CreateSpooled() => Create("spool");

    /// <summary>An empty file for what is unpacked.</summary>
    /// <exception cref="StorageException">It cannot be made.</exception>
    public SpooledFile CreateUnpacked() => Create("work");

    private SpooledFile Create(string kind)
    {
        try
        {
            var folder = Path.Combine(Root, kind);
            Directory.CreateDirectory(folder);
            var path = Path.Combine(folder, ids.NewGuid().ToString("N"));
#pragma warning disable CA2000 // The file owns its handle.
            var file = new SpooledFile(File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete));
#pragma warning restore CA2000
            try
            {
                File.Delete(path);
                return file;
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (Exception e) when (SpooledFile.IsFault(e))
        {
            throw SpooledFile.Translate(e);
        }
    }
}
