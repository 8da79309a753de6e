using System.Runtime.Versioning;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary><c>Storage:Files:Path</c>: blobs in a folder of their own, which several processes can share.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class BlobFolderTests : IDisposable
{
    private const string Key = "Storage:Files:Path";
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryFolder _folder = new();

    private string Shared => Path.Combine(_folder.Path, "mounted", "blobs");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Two_processes_on_one_database_and_one_folder_are_one_registry()
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var first = await StagedoorProcess.StartNewAsync([.. database.Settings, (Key, Shared)]);
        await using var second = new StagedoorProcess();
        second.Set([.. database.Settings, (Key, Shared)]);
        await second.BeginAsync();
        using var here = new RegistryClient(first.Url, first.FirstRun.RegistryUser, first.FirstRun.RegistryKey);
        using var there = new RegistryClient(second.Url, first.FirstRun.RegistryUser, first.FirstRun.RegistryKey);
        var content = RandomNumberGenerator.GetBytes(300_000);
        var digest = RegistryClient.DigestOf(content);

        var upload = await here.StartUploadAsync("shared/app");
        upload = await here.AppendAsync(upload, 0, content.AsMemory(0, 100_000));
        Assert.Equal(100_000, await there.OffsetAsync(At(second, upload)));
        upload = await there.AppendAsync(At(second, upload), 100_000, content.AsMemory(100_000));
        using var finished = await here.FinishAsync(At(first, upload), digest, null);

        Assert.Equal(201, (int)finished.StatusCode);
        await there.VerifyBlobAsync("shared/app", digest, content.Length);
        foreach (var process in (StagedoorProcess[])[first, second])
        {
            Assert.False(Directory.Exists(Path.Combine(process.DataDirectory, "blobs")));
        }
    }

    [Fact]
    public async Task The_folder_is_marked_shut_and_looked_at_like_the_usual_one()
    {
        await using var stagedoor = await StagedoorProcess.StartNewAsync((Key, Shared));

        await stagedoor.StopAsync();

        var made = Directory.EnumerateFileSystemEntries(Shared, "*", SearchOption.AllDirectories).Append(Shared).ToList();
        Assert.Contains(Path.Combine(Shared, "installation.json"), made);
        Assert.All(made, e => Assert.Equal(Directory.Exists(e) ? Owner : UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(e)));
        var well = await DoctorAsync(stagedoor.DataDirectory, Shared);
        Assert.Contains($"ok   blob store: {Shared} can be read and written", well.ShouldSucceed().Output, StringComparison.Ordinal);
        // As when nothing is mounted there.
        Directory.Move(Shared, Shared + "-away");
        (await DoctorAsync(stagedoor.DataDirectory, Shared)).ShouldFail(Shared);
        Assert.False(Directory.Exists(Shared));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    public async Task It_is_not_where_the_data_directory_is(string above)
    {
        var data = Path.Combine(_folder.Path, "data");
        var call = StagedoorProcess.Call("serve", "--data", data) with
        {
            Environment = new Dictionary<string, string> { ["STAGEDOOR__Storage__Files__Path"] = Path.Combine(data, above) },
        };

        var result = await Tool.RunAsync(call);

        result.ShouldFail("STAGEDOOR__Storage__Files__Path is '");
        Assert.Contains("which holds the data directory", result.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(data));
    }

    private static Uri At(StagedoorProcess process, Uri upload) => new(new Uri(process.Url), upload.PathAndQuery);

    private static Task<ToolResult> DoctorAsync(string data, string folder) => Tool.RunAsync(
        StagedoorProcess.Call("doctor", "--data", data, "--urls", "http://127.0.0.1:0") with
        {
            Environment = new Dictionary<string, string>(ListenerSettings.OffInEnvironment()) { ["STAGEDOOR__Storage__Files__Path"] = folder },
        });
}
