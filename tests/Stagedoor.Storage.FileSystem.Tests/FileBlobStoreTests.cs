using Stagedoor.Storage.Contracts;

namespace Stagedoor.Storage.FileSystem.Tests;

public sealed class FileBlobStoreTests : BlobStoreContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stagedoor-blobs-");

    private string Root => Path.Combine(_folder.FullName, "blobs");

    private string Aside => Path.Combine(_folder.FullName, "aside");

    public override ValueTask DisposeAsync()
    {
        _folder.Delete(recursive: true);
        return base.DisposeAsync();
    }

    protected override IBlobStore Reopen() => new FileBlobStore(Root);

    protected override Task BreakAsync()
    {
        Directory.Move(Root, Aside);
        return File.WriteAllTextAsync(Root, "a file where the folder was", Cancellation);
    }

    protected override Task MendAsync()
    {
        File.Delete(Root);
        Directory.Move(Aside, Root);
        return Task.CompletedTask;
    }

    protected override Task LoseStagedAsync(string id)
    {
        File.Delete(Path.Combine(Root, "uploads", id));
        return Task.CompletedTask;
    }
}
