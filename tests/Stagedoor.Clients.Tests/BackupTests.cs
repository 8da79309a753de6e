using System.Formats.Tar;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What a backup and a restore refuse, in one line, and what they say of what is not there.</summary>
public sealed class BackupTests(BackupTests.Installation installation) : IClassFixture<BackupTests.Installation>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private StagedoorProcess Stagedoor => installation.Stagedoor;

    private string Backup => Path.Combine(_folder.Path, "backup");

    private string Restored => Path.Combine(_folder.Path, "restored");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_key_is_left_out_unless_it_is_asked_for_and_the_keys_of_the_first_start_are_always()
    {
        var made = (await Backups.MakeAsync(Stagedoor, Backup)).ShouldSucceed();
        var files = Files(Backup);
        (await Backups.MakeAsync(Stagedoor, Backup, "--with-keys")).ShouldSucceed();
        var withKeys = Files(Backup);

        Assert.Contains("NOT in it: The master key", made.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(files, static f => f.EndsWith("master.key", StringComparison.Ordinal));
        Assert.Contains(withKeys, static f => f.EndsWith("master.key", StringComparison.Ordinal));
        Assert.DoesNotContain(withKeys, static f => f.Contains("first-run", StringComparison.Ordinal));
        var key = withKeys.Single(static f => f.EndsWith("master.key", StringComparison.Ordinal));
        Assert.Equal("600", (await Tool.RunAsync("stat", "--format", "%a", key)).ShouldSucceed().Output.Trim());
    }

    [Fact]
    public async Task A_restored_installation_without_its_key_says_so_and_starts_when_it_is_put_there()
    {
        (await Backups.MakeAsync(Stagedoor, Backup)).ShouldSucceed();

        var restored = (await Backups.RestoreAsync(Backup, Restored)).ShouldSucceed();
        var without = await Backups.ExamineAsync(Restored);
        File.Copy(Path.Combine(Stagedoor.DataDirectory, "master.key"), Path.Combine(Restored, "master.key"));
        var with = await Backups.ExamineAsync(Restored);

        Assert.Contains("LEFT TO DO: The master key", restored.Output, StringComparison.Ordinal);
        without.ShouldFail("master.key is missing");
        with.ShouldSucceed();
    }

    [Fact]
    public async Task A_key_of_another_installation_is_told()
    {
        (await Backups.MakeAsync(Stagedoor, Backup)).ShouldSucceed();
        Directory.CreateDirectory(Restored);
        var key = Path.Combine(Restored, "master.key");
        await File.WriteAllTextAsync(key, Convert.ToBase64String(new byte[32]), Cancellation);
        (await Tool.RunAsync("chmod", "600", key)).ShouldSucceed();

        var restored = (await Backups.RestoreAsync(Backup, Restored)).ShouldSucceed();

        Assert.Contains("LEFT TO DO: The right master key", restored.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_installation_that_is_stopped_is_backed_up_as_well_and_left_as_it_was()
    {
        await using var stopped = await StagedoorProcess.StartNewAsync();
        await stopped.KillAsync();
        var before = Files(stopped.DataDirectory);
        Assert.Contains(before, static f => f.EndsWith("gateway.db-wal", StringComparison.Ordinal));
        var log = await File.ReadAllBytesAsync(Path.Combine(stopped.DataDirectory, "gateway.db-wal"), Cancellation);

        (await Backups.MakeAsync(stopped, Backup, "--with-keys")).ShouldSucceed();
        var after = Files(stopped.DataDirectory);
        (await Backups.RestoreAsync(Backup, Restored)).ShouldSucceed();

        Assert.Empty(before.Except(after, StringComparer.Ordinal));
        Assert.Equal(log, await File.ReadAllBytesAsync(Path.Combine(stopped.DataDirectory, "gateway.db-wal"), Cancellation));
        (await Backups.ExamineAsync(Restored)).ShouldSucceed();
    }

    [Fact]
    public async Task An_upload_in_progress_begins_anew_after_a_restore()
    {
        using var client = Stagedoor.NewRegistryClient();
        var upload = await client.StartUploadAsync("backup/app");
        await client.AppendAsync(upload, 0, new byte[100]);
        (await Backups.MakeAsync(Stagedoor, Backup, "--with-keys")).ShouldSucceed();
        (await Backups.RestoreAsync(Backup, Restored)).ShouldSucceed();

        await using var restored = new StagedoorProcess { DataDirectory = Restored };
        await restored.BeginAsync();
        using var later = new RegistryClient(restored.Url, Stagedoor.FirstRun.RegistryUser, Stagedoor.FirstRun.RegistryKey);
        using var asked = await later.SendAsync(HttpMethod.Get, upload.PathAndQuery, null);
        var image = TestImage.Opaque(100);
        await later.PushAsync("backup/app", "anew", image, BlobUpload.Chunked);

        Assert.Equal(404, (int)asked.StatusCode);
        Assert.Equal(image.Digest, await later.VerifyAsync("backup/app", "anew"));
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("backup.tar")]
    public async Task Of_two_backups_to_the_same_place_one_is_refused(string name)
    {
        var target = Path.Combine(_folder.Path, name);
        var locked = name is "backup" ? Path.Combine(target, "backup.lock") : target + ".part";
        (await Backups.MakeAsync(Stagedoor, target)).ShouldSucceed();
        ToolResult second;
        await using (new FileStream(locked, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None))
        {
            second = await Backups.MakeAsync(Stagedoor, target);
        }

        ShouldBeOneLine(second, "Another backup is being written to");
        (await Backups.VerifyAsync(target)).ShouldSucceed();
        (await Backups.MakeAsync(Stagedoor, target)).ShouldSucceed();
    }

    [Fact]
    public async Task A_backup_waits_for_a_process_that_starts()
    {
        var starting = new FileStream(Path.Combine(Stagedoor.DataDirectory, "gateway.db.installation.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        var making = Backups.MakeAsync(Stagedoor, Backup);
        await Eventually.TrueAsync("the beginning of the backup", TimeSpan.FromMinutes(1), () => Directory.Exists(Path.Combine(Backup, "files")));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(Backup, "files"), "*.db", SearchOption.AllDirectories));
        await starting.DisposeAsync();

        (await making).ShouldSucceed();
    }

    [Fact]
    public async Task A_place_that_is_not_empty_is_not_restored_into()
    {
        (await Backups.MakeAsync(Stagedoor, Backup)).ShouldSucceed();
        Directory.CreateDirectory(Restored);
        await File.WriteAllTextAsync(Path.Combine(Restored, "letter.txt"), "mine", Cancellation);

        ShouldBeOneLine(await Backups.RestoreAsync(Backup, Restored), "is not empty");
        ShouldBeOneLine(await Backups.RestoreAsync(Backup, Stagedoor.DataDirectory), "holds an installation");
        Assert.Equal(["letter.txt"], Directory.EnumerateFileSystemEntries(Restored).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_restore_that_was_ended_at_its_very_beginning_is_no_new_folder()
    {
        (await Backups.MakeAsync(Stagedoor, Backup)).ShouldSucceed();
        Directory.CreateDirectory(Path.Combine(Restored, "restore"));
        await File.WriteAllTextAsync(Path.Combine(Restored, "stagedoor.lock"), "", Cancellation);

        ShouldBeOneLine(await Tool.RunAsync(StagedoorProcess.Call("serve", "--data", Restored, "--urls", "http://127.0.0.1:0")), "has not come to its end");
        ShouldBeOneLine(await Tool.RunAsync(StagedoorProcess.Call("admin", "account", "list", "--data", Restored)), "has not come to its end");
        Assert.Equal(["restore", "stagedoor.lock"], Directory.EnumerateFileSystemEntries(Restored).Select(Path.GetFileName).Order(StringComparer.Ordinal));

        (await Backups.RestoreAsync(Backup, Restored)).ShouldSucceed();
        Assert.False(Directory.Exists(Path.Combine(Restored, "restore")));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_locked_is_named_with_the_reason()
    {
        await using var stopped = await StagedoorProcess.StartNewAsync();
        await stopped.StopAsync();
        var locked = Path.Combine(stopped.DataDirectory, "images.db.collector.lock");
        File.Delete(locked);
        Directory.CreateDirectory(locked);

        ShouldBeOneLine(await Backups.MakeAsync(stopped, Backup), $"{stopped.DataDirectory} cannot be written: permission is denied");
        Directory.Delete(locked);
        (await Backups.MakeAsync(stopped, Backup)).ShouldSucceed();
    }

    [Fact]
    public async Task A_place_that_has_to_do_with_the_installation_is_refused()
    {
        var apart = Path.Combine(_folder.Path, "srv", "stagedoor");
        await using var split = await StagedoorProcess.StartNewAsync(("Storage__Files__Path", Path.Combine(apart, "blobs")));
        using (var client = split.NewRegistryClient())
        {
            await client.PushAsync("team/app", "1", TestImage.Opaque(3_000, 20_000), BlobUpload.Monolithic);
        }

        var before = Files(apart);
        var link = Path.Combine(_folder.Path, "link");
        Directory.CreateSymbolicLink(link, apart);
        foreach (var (place, saying) in new[]
        {
            (apart, "holds the blob store"),
            (Path.Combine(_folder.Path, "srv"), "holds the blob store"),
            (link, "holds the blob store"),
            (Path.Combine(apart, "blobs", "backup"), "lies in the blob store"),
            (Path.Combine(apart, "blobs", "backup.tar"), "lies in the blob store"),
            (Path.Combine(link, "blobs", "images", "backup"), "lies in the blob store"),
            (split.DataDirectory, "lies in the data directory"),
        })
        {
            ShouldBeOneLine(await MakeAsync(split, place, apart), saying);
        }

        Assert.Equal(before, Files(apart));

        var foreign = Path.Combine(_folder.Path, "foreign");
        Directory.CreateDirectory(Path.Combine(foreign, "blobs"));
        await File.WriteAllTextAsync(Path.Combine(foreign, "blobs", "photo.jpg"), "mine", Cancellation);
        ShouldBeOneLine(await MakeAsync(split, foreign, apart), "is not empty and holds no backup");
        Assert.True(File.Exists(Path.Combine(foreign, "blobs", "photo.jpg")));

        static Task<ToolResult> MakeAsync(StagedoorProcess of, string place, string apart) => Tool.RunAsync(
            StagedoorProcess.Call("backup", place, "--data", of.DataDirectory) with
            {
                Environment = new Dictionary<string, string> { ["STAGEDOOR__Storage__Files__Path"] = Path.Combine(apart, "blobs") },
            });
    }

    [Fact]
    public async Task A_place_that_holds_something_else_is_not_backed_up_into()
    {
        Directory.CreateDirectory(Backup);
        await File.WriteAllTextAsync(Path.Combine(Backup, "letter.txt"), "mine", Cancellation);
        await using var other = await StagedoorProcess.StartNewAsync();
        var others = Path.Combine(_folder.Path, "others");
        (await Backups.MakeAsync(other, others)).ShouldSucceed();

        ShouldBeOneLine(await Backups.MakeAsync(Stagedoor, Backup), "is not empty and holds no backup");
        ShouldBeOneLine(await Backups.MakeAsync(Stagedoor, others), "of another installation");
        var (letter, file) = (Path.Combine(Backup, "letter.txt"), Path.Combine(_folder.Path, "others.tar"));
        ShouldBeOneLine(await Backups.MakeAsync(Stagedoor, letter), "is no backup");
        Assert.Equal("mine", await File.ReadAllTextAsync(letter, Cancellation));
        (await Backups.MakeAsync(other, file)).ShouldSucceed();
        ShouldBeOneLine(await Backups.MakeAsync(Stagedoor, file), "of another installation");
        (await Backups.MakeAsync(other, file)).ShouldSucceed();
        (await Backups.VerifyAsync(file)).ShouldSucceed();
        ShouldBeOneLine(await Backups.MakeAsync(Stagedoor, Path.Combine(Stagedoor.DataDirectory, "backup")), "lies in the data directory");
        ShouldBeOneLine(await Tool.RunAsync(StagedoorProcess.Call("backup", others, "--data", Path.Combine(_folder.Path, "nothing"))), "There is no installation");
        (await Backups.VerifyAsync(others)).ShouldSucceed();
    }

    [Theory]
    [InlineData("images.db")]
    [InlineData("gateway.db")]
    [InlineData("/blobs/images/")]
    public async Task A_changed_byte_is_found_and_its_file_named(string part)
    {
        (await Backups.MakeAsync(Stagedoor, Backup, "--with-keys")).ShouldSucceed();
        var file = Files(Backup).First(f => f.Contains(part, StringComparison.Ordinal));
        var bytes = await File.ReadAllBytesAsync(file, Cancellation);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Cancellation);

        (await Backups.VerifyAsync(Backup)).ShouldFail(Path.GetFileName(file));
        ShouldBeOneLine(await Backups.RestoreAsync(Backup, Restored), Path.GetFileName(file));
        File.Delete(file);
        (await Backups.VerifyAsync(Backup)).ShouldFail(Path.GetFileName(file));
        ShouldBeOneLine(await Backups.RestoreAsync(Backup, Restored), Path.GetFileName(file));
        ShouldBeOneLine(await Tool.RunAsync(StagedoorProcess.Call("serve", "--data", Restored, "--urls", "http://127.0.0.1:0")), "has not come to its end");
    }

    [Theory]
    [InlineData("backup.tar")]
    [InlineData("backup.tgz")]
    public async Task A_file_that_is_cut_off_is_found_wherever_it_ends(string name)
    {
        var file = Path.Combine(_folder.Path, name);
        (await Backups.MakeAsync(Stagedoor, file, "--with-keys")).ShouldSucceed();
        var whole = await File.ReadAllBytesAsync(file, Cancellation);
        foreach (var length in (int[])[whole.Length / 3, whole.Length - 2_000, 0])
        {
            await File.WriteAllBytesAsync(file, whole[..Math.Max(0, length)], Cancellation);

            Assert.Equal(1, (await Backups.VerifyAsync(file)).ExitCode);
            var restored = await Backups.RestoreAsync(file, Restored);
            ShouldBeOneLine(restored, file);
            Assert.False(File.Exists(Path.Combine(Restored, "stagedoor.json")));
        }

        // Whole again, the same restore goes on.
        await File.WriteAllBytesAsync(file, whole, Cancellation);
        (await Backups.RestoreAsync(file, Restored)).ShouldSucceed();
        (await Backups.ExamineAsync(Restored)).ShouldSucceed();
    }

    [Fact]
    public async Task A_byte_that_was_changed_in_a_file_is_found()
    {
        var file = Path.Combine(_folder.Path, "backup.tar");
        (await Backups.MakeAsync(Stagedoor, file, "--with-keys")).ShouldSucceed();
        var (name, at) = await FindBlobAsync(file);
        var bytes = await File.ReadAllBytesAsync(file, Cancellation);
        bytes[at] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, Cancellation);

        (await Backups.VerifyAsync(file)).ShouldFail(name);
        ShouldBeOneLine(await Backups.RestoreAsync(file, Restored), name);
    }

    [Theory]
    [InlineData("\"format\":1", "\"format\":7", "format 7")]
    [InlineData("\"name\":\"images\",\"schema\":", "\"name\":\"images\",\"schema\":4000", "of images")]
    [InlineData("\"name\":\"monitoring\",\"schema\"", "\"name\":\"weather\",\"schema\"", "of weather")]
    public async Task A_newer_backup_is_refused(string own, string newer, string saying)
    {
        (await Backups.MakeAsync(Stagedoor, Backup)).ShouldSucceed();
        var manifest = Path.Combine(Backup, "backup.json");
        var text = await File.ReadAllTextAsync(manifest, Cancellation);
        Assert.Contains(own, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(
            manifest, Backups.Resealed(text.Replace(own, newer, StringComparison.Ordinal).Replace("\"version\":\"", "\"version\":\"99.", StringComparison.Ordinal)), Cancellation);

        var refused = await Backups.RestoreAsync(Backup, Restored);

        ShouldBeOneLine(refused, saying);
        Assert.Contains("was made by stagedoor 99.", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Restored));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("{\"about\":{\"product\":\"something\"}}")]
    public async Task What_is_no_backup_is_told(string manifest)
    {
        Directory.CreateDirectory(Backup);
        ShouldBeOneLine(await Backups.RestoreAsync(Backup, Restored), "holds no whole backup");
        ShouldBeOneLine(await Backups.RestoreAsync(Path.Combine(_folder.Path, "nowhere"), Restored), "There is no backup at");
        await File.WriteAllTextAsync(Path.Combine(Backup, "backup.json"), manifest, Cancellation);
        var file = Path.Combine(_folder.Path, "backup.tar");
        await File.WriteAllTextAsync(file, manifest, Cancellation);

        ShouldBeOneLine(await Backups.RestoreAsync(Backup, Restored), Backup);
        ShouldBeOneLine(await Backups.RestoreAsync(file, Restored), file);
        ShouldBeOneLine(await Backups.VerifyAsync(file), file);
    }

    [Fact]
    public async Task A_blob_that_is_damaged_in_the_store_is_told_and_taken_from_the_backup_before()
    {
        await using var damaged = await StagedoorProcess.StartNewAsync();
        var image = TestImage.Opaque(50_000);
        using (var client = damaged.NewRegistryClient())
        {
            await client.PushAsync("backup/app", "v1", image, BlobUpload.Monolithic);
        }

        (await Backups.MakeAsync(damaged, Backup)).ShouldSucceed();
        var digest = image.Blobs.MaxBy(static b => b.Value.Length).Key;
        var blob = Files(Path.Combine(damaged.DataDirectory, "blobs", "images")).Single(f => f.EndsWith(digest["sha256:".Length..], StringComparison.Ordinal));
        var bytes = await File.ReadAllBytesAsync(blob, Cancellation);
        bytes[0] ^= 1;
        await File.WriteAllBytesAsync(blob, bytes, Cancellation);

        (await Backups.MakeAsync(damaged, Backup)).ShouldSucceed();
        var anew = await Backups.MakeAsync(damaged, Path.Combine(_folder.Path, "anew"));
        var file = await Backups.MakeAsync(damaged, Path.Combine(_folder.Path, "anew.tar"));
        var restored = await Backups.RestoreAsync(Path.Combine(_folder.Path, "anew.tar"), Restored);

        foreach (var made in (ToolResult[])[anew, file, restored])
        {
            Assert.Equal(2, made.ExitCode);
            Assert.Contains(digest, made.Output, StringComparison.Ordinal);
        }
    }

    private static void ShouldBeOneLine(ToolResult result, string saying)
    {
        result.ShouldFail(saying);
        var said = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(static l => l.StartsWith("stagedoor: ", StringComparison.Ordinal)).ToList();
        Assert.Contains(saying, Assert.Single(said), StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.Equal(1, result.ExitCode);
    }

    private static List<string> Files(string folder) => [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static async Task<(string Name, long At)> FindBlobAsync(string file)
    {
        await using var bytes = File.OpenRead(file);
        await using var tar = new TarReader(bytes);
        while (await tar.GetNextEntryAsync(copyData: false, Cancellation) is { } entry)
        {
            if (entry.Name.StartsWith("blobs/", StringComparison.Ordinal) && entry.Length > 100)
            {
                return (entry.Name, entry.DataOffset + 50);
            }
        }

        throw new InvalidOperationException("There is no blob in the archive.");
    }

    /// <summary>An installation with an image.</summary>
    public sealed class Installation : IAsyncLifetime
    {
        public StagedoorProcess Stagedoor { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Stagedoor.StartAsync();
            using var client = Stagedoor.NewRegistryClient();
            await client.PushAsync("backup/app", "v1", TestImage.Opaque(3_000, 20_000), BlobUpload.Monolithic);
        }

        public ValueTask DisposeAsync() => Stagedoor.DisposeAsync();
    }
}
