using Stagedoor.Storage.Contracts;
using Xunit;

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

    // On a disk that has run full everybody misses the room, and nobody goes on with such an upload.
    [Fact]
    public async Task What_is_given_up_takes_no_room_at_once()
    {
        var file = Path.Combine(Root, "uploads", "given-up");
        await using var upload = await Store.CreateUploadAsync("given-up", Cancellation);
        await upload.AppendAsync(new byte[100], Cancellation);
        await upload.SaveAsync(Cancellation);
        await upload.AppendAsync(new byte[1_000_000], Cancellation);
        Assert.Equal(1_000_100, new FileInfo(file).Length);

        await upload.RevertAsync(Cancellation);

        Assert.Equal(100, new FileInfo(file).Length);
    }

    [Fact]
    public async Task What_is_published_is_not_cut_whoever_gives_it_up()
    {
        var key = new BlobKey("published");
        await using var upload = await Store.CreateUploadAsync("published", Cancellation);
        await upload.AppendAsync(new byte[100], Cancellation);
        await upload.CommitAsync(key, Cancellation);

        await upload.RevertAsync(Cancellation);

        Assert.Equal(100, await Store.FindSizeAsync(key, Cancellation));
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
