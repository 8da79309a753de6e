using System.Net;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>A data directory on a file system of 96 MiB, which a second file fills up.</summary>
public sealed class DiskFullTests : IAsyncLifetime
{
    private const int Mebibyte = 1024 * 1024;
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new();
    private bool _mounted;

    private string Ballast => Path.Combine(_folder.Path, "ballast");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.UserName is "root", "Mounting a small file system needs root.");
        var mount = await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=96m", "stagedoor-test", _folder.Path);
        Assert.SkipUnless(mount.ExitCode == 0, $"A small file system cannot be mounted here: {mount.Error.Trim()}");
        _mounted = true;
        _stagedoor.DataDirectory = Path.Combine(_folder.Path, "data");
        await _stagedoor.StartAsync();
    }

    [Theory]
    [InlineData(BlobUpload.Monolithic)]
    [InlineData(BlobUpload.SinglePost)]
    [InlineData(BlobUpload.Streamed)]
    public async Task A_push_that_does_not_fit_fails_with_a_code_and_harms_nothing(BlobUpload upload)
    {
        using var client = _stagedoor.NewRegistryClient();
        var before = TestImage.Create(5 * Mebibyte);
        await client.PushAsync("disk/full", "before", before, BlobUpload.Monolithic);
        var content = RandomNumberGenerator.GetBytes(24 * Mebibyte);
        var digest = RegistryClient.DigestOf(content);
        Fill(leaving: 10 * Mebibyte);

        var refused = await Assert.ThrowsAsync<RegistryException>(() => client.PushBlobAsync("disk/full", digest, content, upload));
        var readable = await client.VerifyAsync("disk/full", "before");
        File.Delete(Ballast);
        await client.PushBlobAsync("disk/full", digest, content, upload);
        var after = TestImage.Create(3 * Mebibyte);
        await client.PushAsync("disk/full", "after", after, upload);

        Assert.InRange((int)refused.Status, 500, 599);
        Assert.Matches("\"errorCode\":\"SVCSTG\\.SWR\\.5[0-9]{6}\"", refused.Message);
        Assert.Equal(before.Digest, readable);
        Assert.True(_stagedoor.IsRunning);
        Assert.Equal(before.Digest, await client.VerifyAsync("disk/full", "before"));
        Assert.Equal(after.Digest, await client.VerifyAsync("disk/full", "after"));
    }

    [Fact]
    public async Task Without_a_single_byte_left_it_still_serves_and_recovers()
    {
        using var client = _stagedoor.NewRegistryClient();
        var before = TestImage.Create(Mebibyte);
        await client.PushAsync("disk/empty", "before", before, BlobUpload.Monolithic);
        Fill(leaving: 0);

        var refused = await Assert.ThrowsAsync<RegistryException>(
            () => client.PushAsync("disk/empty", "after", TestImage.Create(Mebibyte), BlobUpload.Monolithic));
        var readable = await client.VerifyAsync("disk/empty", "before");
        File.Delete(Ballast);
        var after = TestImage.Create(Mebibyte);
        await client.PushAsync("disk/empty", "after", after, BlobUpload.Monolithic);

        Assert.True(refused.Status >= HttpStatusCode.InternalServerError, refused.Message);
        Assert.Equal(before.Digest, readable);
        Assert.Equal(after.Digest, await client.VerifyAsync("disk/empty", "after"));
        await _stagedoor.RestartAsync();
        Assert.Equal(before.Digest, await client.VerifyAsync("disk/empty", "before"));
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        if (_mounted)
        {
            (await Tool.RunAsync("umount", _folder.Path)).ShouldSucceed();
        }

        _folder.Dispose();
    }

    private void Fill(long leaving)
    {
        var space = new DriveInfo(_folder.Path).AvailableFreeSpace - leaving;
        using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write);
        var block = new byte[Mebibyte];
        try
        {
            for (var written = 0L; written < space || leaving == 0; written += block.Length)
            {
                ballast.Write(block);
            }
        }
        catch (IOException) when (leaving == 0)
        {
            // Full, as asked for.
        }
    }
}
