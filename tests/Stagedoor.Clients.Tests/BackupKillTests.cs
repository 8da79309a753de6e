using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

#pragma warning disable RS0030 // Processes of their own are killed at random moments of real time.
namespace Stagedoor.Clients.Tests;

/// <summary>
/// Backups and restores are killed at any moment and run again. The backup before is whole at every moment, and what was cut comes to its end.
/// <c>STAGEDOOR_KILLS</c> says how often (8 unless set).
/// </summary>
public sealed class BackupKillTests : IAsyncDisposable
{
    private const int Images = 12;
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new();

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("STAGEDOOR_KILLS") ?? "8", CultureInfo.InvariantCulture);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("backup.tar")]
    public async Task A_backup_that_is_killed_leaves_the_one_before_and_is_made_again(string name)
    {
        await _stagedoor.StartAsync();
        var backup = Path.Combine(_folder.Path, name);
        await PushAsync("first");
        (await Backups.MakeAsync(_stagedoor, backup, "--with-keys")).ShouldSucceed();
        var whole = await MeasureAsync(Backups.Call(_stagedoor, Path.Combine(_folder.Path, "other-" + name), "--with-keys"));
        for (var kill = 1; kill <= Kills; kill++)
        {
            await PushAsync($"t{kill}");
            await KillAsync(Backups.Call(_stagedoor, backup, "--with-keys"), TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)whole.TotalMilliseconds + 1)));

            (await Backups.VerifyAsync(backup)).ShouldSucceed();
        }

        (await Backups.MakeAsync(_stagedoor, backup, "--with-keys")).ShouldSucceed();
        (await Backups.VerifyAsync(backup)).ShouldSucceed();
        await ShouldRestoreAsync(backup, Path.Combine(_folder.Path, "restored"));
        var beside = Directory.EnumerateFileSystemEntries(_folder.Path).Select(Path.GetFileName);
        Assert.DoesNotContain(beside, static e => e!.Contains(".part", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("backup.tar.gz")]
    public async Task A_restore_that_is_killed_goes_on_and_serves_nothing_until_then(string name)
    {
        await _stagedoor.StartAsync();
        await PushAsync("first");
        for (var kill = 1; kill <= Kills; kill++)
        {
            await PushAsync($"t{kill}");
        }

        var backup = Path.Combine(_folder.Path, name);
        (await Backups.MakeAsync(_stagedoor, backup, "--with-keys")).ShouldSucceed();
        var whole = await MeasureAsync(Restore(backup, Path.Combine(_folder.Path, "measured")));
        var data = Path.Combine(_folder.Path, "restored");
        for (var kill = 1; kill <= Kills; kill++)
        {
            await KillAsync(Restore(backup, data), TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)whole.TotalMilliseconds + 1)));
            if (File.Exists(Path.Combine(data, "stagedoor.json")))
            {
                // It had come to its end.
                await ShouldServeAsync(data);
                Directory.Delete(data, recursive: true);
            }
        }

        await ShouldRestoreAsync(backup, data);
    }

    private static ToolCall Restore(string backup, string data) => StagedoorProcess.Call("restore", backup, "--data", data);

    private static async Task<TimeSpan> MeasureAsync(ToolCall call)
    {
        var since = Stopwatch.GetTimestamp();
        (await Tool.RunAsync(call)).ShouldSucceed();
        return Stopwatch.GetElapsedTime(since);
    }

    private static async Task KillAsync(ToolCall call, TimeSpan after)
    {
        using var process = new Process { StartInfo = Tool.StartInfo(call.Program, call.Arguments, null) };
        process.Start();
        var reading = Task.WhenAll(process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        await Task.Delay(after, Cancellation);
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        await reading;
    }

    private async Task PushAsync(string tag)
    {
        using var client = _stagedoor.NewRegistryClient();
        await client.PushAsync("kill/app", tag, TestImage.Opaque([.. Enumerable.Repeat(40_000, Images)]), BlobUpload.SinglePost);
    }

    private async Task ShouldRestoreAsync(string backup, string data)
    {
        (await Tool.RunAsync(Restore(backup, data))).ShouldSucceed();
        await ShouldServeAsync(data);
    }

    private async Task ShouldServeAsync(string data)
    {
        (await Backups.ExamineAsync(data)).ShouldSucceed();
        await using var restored = new StagedoorProcess { DataDirectory = data };
        await restored.BeginAsync();
        using var client = new RegistryClient(restored.Url, _stagedoor.FirstRun.RegistryUser, _stagedoor.FirstRun.RegistryKey);
        var tags = await client.ListTagsAsync("kill/app");
        Assert.Equal(Kills + 1, tags.Count);
        foreach (var tag in tags)
        {
            await client.VerifyAsync("kill/app", tag);
        }
    }
}
