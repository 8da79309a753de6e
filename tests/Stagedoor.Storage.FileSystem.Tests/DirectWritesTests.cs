using Xunit;

namespace Stagedoor.Storage.FileSystem.Tests;

public sealed class DirectWritesTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(0, PageBuffer.Bytes, 0, PageBuffer.Bytes)]
    [InlineData(0, 5000, 8192, 4096)]
    [InlineData(0, 4095, 0, 0)]
    [InlineData(1, 8192, 0, 0)]
    [InlineData(0, 8192, 1, 0)]
    public void Whole_pages_for_the_start_of_a_page_are_fit(int start, int length, long offset, int fit)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux only.");
        using var page = PageBuffer.Rent();

        Assert.Equal(fit, DirectWrites.CountOf(page.Memory.Slice(start, length), offset));
    }

    [Fact]
    public async Task A_direct_write_passes_the_page_cache_by()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && DirectWrites.AreGoodFor(_path), "There is no local disk under the temporary folder.");
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite);
        using var page = PageBuffer.Rent();
        Assert.SkipUnless(DirectWrites.TrySet(file, on: true), "The file system under the temporary folder has no direct writes.");

        await RandomAccess.WriteAsync(file, page.Memory, 0, Cancellation);
        var refused = await Assert.ThrowsAsync<IOException>(() => RandomAccess.WriteAsync(file, new byte[7], 3, Cancellation).AsTask());
        DirectWrites.TrySet(file, on: false);
        await RandomAccess.WriteAsync(file, new byte[7], PageBuffer.Bytes, Cancellation);

        Assert.True(DirectWrites.WereRefused(refused), refused.Message);
        Assert.Equal(PageBuffer.Bytes + 7, RandomAccess.GetLength(file));
    }

    [Fact]
    public void A_folder_in_memory_is_not_written_directly()
    {
        const string InMemory = "/dev/shm";
        Assert.SkipUnless(Directory.Exists(InMemory), $"There is no {InMemory} here.");

        Assert.False(DirectWrites.AreGoodFor(InMemory));
    }
}
