using System.Runtime.Versioning;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Each file and folder that the product makes is its owner's alone, whatever the umask is and whoever made the data folder.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class FileModeTests
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    [Theory]
    [InlineData("0022", false)]
    [InlineData("0000", false)]
    [InlineData("0022", true)]
    [InlineData("0000", true)]
    public async Task Nobody_else_may_read_anything(string mask, bool isMade)
    {
        await using var stagedoor = new StagedoorProcess { Before = $"umask {mask}" };
        if (isMade)
        {
            Directory.CreateDirectory(stagedoor.DataDirectory);
            File.SetUnixFileMode(stagedoor.DataDirectory, Owner | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }

        await stagedoor.StartAsync();
        using var registry = stagedoor.NewRegistryClient();
        await registry.PushAsync("modes/app", "v1", TestImage.Create(1000), BlobUpload.Chunked);
        await registry.AppendAsync(await registry.StartUploadAsync("modes/app"), 0, new byte[1000]);

        var made = Directory.EnumerateFileSystemEntries(stagedoor.DataDirectory, "*", SearchOption.AllDirectories).ToList();
        Assert.Contains(made, e => e.EndsWith("images.db-wal", StringComparison.Ordinal));
        Assert.Contains(made, e => e.Contains("/uploads/", StringComparison.Ordinal));
        Assert.All(made, e => Assert.Equal(Directory.Exists(e) ? Owner : UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(e)));
    }

    [Fact]
    public async Task What_others_could_read_is_shut_at_the_next_start()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync();
        await stagedoor.StopAsync();
        var (database, blobs) = (Path.Combine(stagedoor.DataDirectory, "gateway.db"), Path.Combine(stagedoor.DataDirectory, "blobs"));
        File.SetUnixFileMode(database, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        File.SetUnixFileMode(blobs, Owner | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);

        await stagedoor.StartAsync();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(database));
        Assert.Equal(Owner, File.GetUnixFileMode(blobs));
    }
}
