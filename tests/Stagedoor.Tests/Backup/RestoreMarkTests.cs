using Stagedoor.Backup;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Backup;

/// <summary>A folder bears the mark of a restore before anything else is looked at, and not any more when the restore was refused.</summary>
public sealed class RestoreMarkTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Backup => Path.Combine(_folder.Path, "backup");

    private string Restored => Path.Combine(_folder.Path, "restored");

    public async ValueTask InitializeAsync()
    {
        _app = await StagedoorApp.StartAsync();
        await using var installation = OpenedInstallation.Open(new() { Data = _app.DataDirectory });
        await using var snapshot = new SqliteSnapshot(installation);
        await using var target = FolderTarget.Open(Backup);
        await new BackupRun(installation, new(Backup, true, null), Silent(), TimeProvider.System).MakeAsync(target, snapshot, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_process_that_starts_meanwhile_or_after_its_end_is_refused()
    {
        string? told = null;

        await RestoreAsync(() => told = Assert.Throws<StartupException>(() => DataDirectory.Open(Restored).Dispose()).Message);

        Assert.Contains("has not come to its end", told, StringComparison.Ordinal);
        using var opened = DataDirectory.Open(Restored);
        Assert.NotNull(opened.InstallationId);
    }

    [Fact]
    public async Task One_that_was_refused_leaves_a_folder_that_is_free()
    {
        await Assert.ThrowsAsync<StartupException>(() => RestoreAsync(static () => throw new StartupException("There is another installation.")));

        Assert.Null(DataDirectory.Look(Restored));
        await RestoreAsync(static () => { });
        Assert.NotNull(DataDirectory.Look(Restored)!.InstallationId);
    }

    private static BackupProgress Silent() => new(TextWriter.Null, isTerminal: false, TimeProvider.System);

    private async Task RestoreAsync(Action look)
    {
        await using var reader = await BackupReader.OpenAsync(Backup, Cancellation);
        await using var installation = OpenedInstallation.Imagine(new() { Data = Restored });
        await new RestoreRun(installation, Silent()).RestoreAsync(reader, new Hooked(new SqliteRestore(Restored), look), Cancellation);
    }

    // Something happens before the restore has written anything.
    private sealed class Hooked(IDatabaseRestore inner, Action look) : IDatabaseRestore
    {
        public Task RequireEmptyAsync(BackupAbout about, bool isAgain, CancellationToken cancellationToken)
        {
            look();
            return inner.RequireEmptyAsync(about, isAgain, cancellationToken);
        }

        public Task PlaceAsync(BackupAbout about, string folder, CancellationToken cancellationToken) => inner.PlaceAsync(about, folder, cancellationToken);
    }
}
