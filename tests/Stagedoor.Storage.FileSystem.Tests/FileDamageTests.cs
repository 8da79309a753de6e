using Xunit;

namespace Stagedoor.Storage.FileSystem.Tests;

/// <summary>What a careless operator or a bad disk does to the folder.</summary>
public sealed class FileDamageTests : IDisposable
{
    private static readonly BlobKey s_key = new("blobs/one");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stagedoor-damage-");
    private readonly FileBlobStore _store;

    public FileDamageTests() => _store = new(Root);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Root => Path.Combine(_folder.FullName, "blobs");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Uploads_replaced_by_a_file_cannot_be_created()
    {
        Directory.CreateDirectory(Root);
        await File.WriteAllTextAsync(Path.Combine(Root, "uploads"), "in the way", Cancellation);

        var fault = await Assert.ThrowsAsync<StorageException>(() => _store.CreateUploadAsync("one", Cancellation));

        Assert.Equal(StorageFault.CannotCreate, fault.Fault);
    }

    [Fact]
    public async Task A_file_where_a_folder_goes_stops_the_commit_and_its_removal_lets_it_pass()
    {
        await using var upload = await UploadAsync("one");
        var inTheWay = Path.Combine(Root, "blobs");
        await File.WriteAllTextAsync(inTheWay, "in the way", Cancellation);

        var fault = await Assert.ThrowsAsync<StorageException>(() => upload.CommitAsync(s_key, Cancellation));
        File.Delete(inTheWay);
        await upload.CommitAsync(s_key, Cancellation);

        Assert.Equal(StorageFault.CannotCreate, fault.Fault);
        Assert.Equal(10, await _store.FindSizeAsync(s_key, Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_damaged_upload_is_corrupt_at_each_step(bool removed)
    {
        await using var upload = await UploadAsync("one");
        var staged = Path.Combine(Root, "uploads", "one");
        if (removed)
        {
            File.Delete(staged);
        }
        else
        {
            await File.WriteAllTextAsync(staged, "cut", Cancellation);
        }

        foreach (var work in (Func<Task>[])[
            () => upload.AppendAsync(new byte[5], Cancellation).AsTask(),
            () => upload.SaveAsync(Cancellation),
            () => upload.OpenReadAsync(Cancellation),
            () => upload.CommitAsync(s_key, Cancellation)])
        {
            Assert.Equal(StorageFault.Corrupt, (await Assert.ThrowsAsync<StorageException>(work)).Fault);
        }
    }

    [Fact]
    public async Task An_object_cut_while_it_is_read_is_corrupt()
    {
        await using (var upload = await UploadAsync("one"))
        {
            await upload.CommitAsync(s_key, Cancellation);
        }

        await using var content = await _store.OpenAsync(s_key, 0, null, Cancellation);
        await File.WriteAllTextAsync(Path.Combine(Root, "blobs", "one"), "cut", Cancellation);

        var fault = await Assert.ThrowsAsync<StorageException>(() => content!.Body.CopyToAsync(Stream.Null, Cancellation));
        Assert.Equal(StorageFault.Corrupt, fault.Fault);
    }

    [Fact]
    public async Task A_link_out_of_the_store_is_not_followed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making links needs a privilege on Windows.");
        var outside = Directory.CreateDirectory(Path.Combine(_folder.FullName, "outside")).FullName;
        await File.WriteAllTextAsync(Path.Combine(outside, "one"), "secret", Cancellation);
        await using var upload = await UploadAsync("one");
        Directory.CreateSymbolicLink(Path.Combine(Root, "blobs"), outside);
        File.CreateSymbolicLink(Path.Combine(Root, "uploads", "two"), Path.Combine(outside, "one"));

        foreach (var work in (Func<Task>[])[
            () => _store.FindSizeAsync(s_key, Cancellation),
            () => _store.OpenAsync(s_key, 0, null, Cancellation),
            () => _store.DeleteAsync(s_key, Cancellation),
            () => _store.OpenUploadAsync("two", "", Cancellation),
            () => upload.CommitAsync(s_key, Cancellation)])
        {
            await Assert.ThrowsAsync<StorageException>(work);
        }

        Assert.Equal("secret", await File.ReadAllTextAsync(Path.Combine(outside, "one"), Cancellation));
        Assert.Equal(0, await _store.ListAsync("", Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_root_that_is_a_link_is_the_operators_choice()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Making links needs a privilege on Windows.");
        Directory.CreateSymbolicLink(Root, Directory.CreateDirectory(Path.Combine(_folder.FullName, "elsewhere")).FullName);

        await using (var upload = await UploadAsync("one"))
        {
            await upload.CommitAsync(s_key, Cancellation);
        }

        Assert.Equal(10, await _store.FindSizeAsync(s_key, Cancellation));
        Assert.Equal(1, await _store.ListAsync("", Cancellation).CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_full_disk_is_full()
    {
        const string AlwaysFull = "/dev/full";
        Assert.SkipUnless(File.Exists(AlwaysFull), $"There is no {AlwaysFull} here.");
        using var file = File.OpenHandle(AlwaysFull, FileMode.Open, FileAccess.Write);

        var error = await Assert.ThrowsAnyAsync<IOException>(() => RandomAccess.WriteAsync(file, new byte[10], 0, Cancellation).AsTask());

        Assert.Equal(StorageFault.Full, FileFaults.Translate(error, StorageFault.Failed).Fault);
    }

    [Fact]
    public void A_folder_that_cannot_be_synced_says_why()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no syncing of folders on Windows.");
        const int NoSuchFile = 2;

        var error = Assert.Throws<IOException>(() => DirectorySync.Sync(Path.Combine(_folder.FullName, "missing")));

        Assert.Equal(NoSuchFile, error.HResult);
    }

    private async Task<IBlobUpload> UploadAsync(string id)
    {
        var upload = await _store.CreateUploadAsync(id, Cancellation);
        await upload.AppendAsync(new byte[10], Cancellation);
        return upload;
    }
}
