using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Backups and restores on a file system of 24 MiB, which is too small for what comes next.</summary>
public sealed class BackupDiskFullTests : IAsyncLifetime
{
    private const int Mebibyte = 1024 * 1024;
    private readonly TemporaryFolder _small = new();
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new();
    private bool _mounted;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.UserName is "root", "Mounting a small file system needs root.");
        var mount = await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=24m", "stagedoor-test", _small.Path);
        Assert.SkipUnless(mount.ExitCode == 0, $"A small file system cannot be mounted here: {mount.Error.Trim()}");
        _mounted = true;
        await _stagedoor.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        if (_mounted)
        {
            (await Tool.RunAsync("umount", _small.Path)).ShouldSucceed();
        }

        _small.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("backup.tar")]
    public async Task A_disk_that_fills_leaves_the_last_good_backup(string name)
    {
        using var client = _stagedoor.NewRegistryClient();
        var first = TestImage.Opaque(2 * Mebibyte);
        await client.PushAsync("disk/full", "first", first, BlobUpload.Monolithic);
        var backup = Path.Combine(_small.Path, name);
        (await Backups.MakeAsync(_stagedoor, backup, "--with-keys")).ShouldSucceed();
        await client.PushAsync("disk/full", "large", TestImage.Opaque([.. Enumerable.Repeat(4 * Mebibyte, 8)]), BlobUpload.Monolithic);

        var full = await Backups.MakeAsync(_stagedoor, backup, "--with-keys");

        full.ShouldFail("no space left");
        Assert.Single(full.Error.Split('\n'), static l => l.StartsWith("stagedoor: ", StringComparison.Ordinal));
        (await Backups.VerifyAsync(backup)).ShouldSucceed();
        await using var restored = new StagedoorProcess { DataDirectory = Path.Combine(_folder.Path, "restored") };
        (await Backups.RestoreAsync(backup, restored.DataDirectory)).ShouldSucceed();
        await restored.BeginAsync();
        using var later = new RegistryClient(restored.Url, _stagedoor.FirstRun.RegistryUser, _stagedoor.FirstRun.RegistryKey);
        Assert.Equal(first.Digest, await later.VerifyAsync("disk/full", "first"));
        Assert.True(_stagedoor.IsRunning);
    }

    [Fact]
    public async Task A_restore_whose_disk_fills_goes_on_when_there_is_room()
    {
        using var client = _stagedoor.NewRegistryClient();
        var image = TestImage.Opaque(4 * Mebibyte, 4 * Mebibyte, 4 * Mebibyte);
        await client.PushAsync("disk/full", "v1", image, BlobUpload.Monolithic);
        var backup = Path.Combine(_folder.Path, "backup");
        (await Backups.MakeAsync(_stagedoor, backup, "--with-keys")).ShouldSucceed();
        var ballast = Path.Combine(_small.Path, "ballast");
        await File.WriteAllBytesAsync(ballast, new byte[16 * Mebibyte], TestContext.Current.CancellationToken);
        var data = Path.Combine(_small.Path, "data");

        (await Backups.RestoreAsync(backup, data)).ShouldFail("no space left");
        File.Delete(ballast);
        (await Backups.RestoreAsync(backup, data)).ShouldSucceed();

        (await Backups.ExamineAsync(data)).ShouldSucceed();
    }
}
