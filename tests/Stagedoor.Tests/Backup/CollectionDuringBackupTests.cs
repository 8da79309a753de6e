using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Backup;
using Stagedoor.Content.Collection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Backup;

/// <summary>What the rows of a backup speak of is in it, although a collector wants to remove it while it is made.</summary>
public sealed class CollectionDuringBackupTests : IAsyncLifetime
{
    // Far longer than a collection of one blob takes.
    private static readonly TimeSpan s_held = TimeSpan.FromSeconds(2);
    private readonly TemporaryFolder _folder = new();
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync(("Images:AutoCreateOrganization", "true"));

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("backup")]
    [InlineData("backup.tar")]
    public async Task A_blob_whose_row_was_copied_is_removed_after_the_backup_only(string name)
    {
        var collector = _app.Services.GetRequiredService<Collector>();
        var content = RandomNumberGenerator.GetBytes(50_000);
        var digest = Digest.Sha256(SHA256.HashData(content));
        using var registry = _app.Registry();
        using var bytes = new ByteArrayContent(content);
        using var pushed = await registry.PostAsync($"/v2/team/x/blobs/uploads/?digest={digest}", bytes, Cancellation);
        Assert.Equal(201, (int)pushed.StatusCode);
        _app.Clock.Turn(TimeSpan.FromMinutes(61));
        var collecting = Task.FromResult(new Collected());
        await using var installation = OpenedInstallation.Open(new() { Data = _app.DataDirectory });
        await using var snapshot = new Hooked(new SqliteSnapshot(installation), async () =>
        {
            collecting = collector.CollectAsync(Cancellation);
            await Assert.ThrowsAsync<TimeoutException>(() => collecting.WaitAsync(s_held, TimeProvider.System, Cancellation));
        });
        var path = Path.Combine(_folder.Path, name);
        BackupResult made;
        await using (var target = name is "backup" ? (IBackupTarget)FolderTarget.Open(path) : await ArchiveTarget.OpenAsync(path, Cancellation))
        {
            var run = new BackupRun(installation, new(path, false, null), new(TextWriter.Null, isTerminal: false, TimeProvider.System), TimeProvider.System);
            made = await run.MakeAsync(target, snapshot, Cancellation);
        }

        var collected = await collecting;

        Assert.Empty(made.Manifest.Missing);
        Assert.Contains(made.Manifest.Blobs, b => string.Equals(b.Digest, digest.ToString(), StringComparison.Ordinal));
        Assert.Equal(1, collected.Blobs);
        await using var reader = await BackupReader.OpenAsync(path, Cancellation);
        Assert.Empty(await BackupCheck.FindDamageAsync(reader, new(TextWriter.Null, isTerminal: false, TimeProvider.System), Cancellation));
    }

    // Something happens when the databases are copied and no blob is.
    private sealed class Hooked(IDatabaseSnapshot inner, Func<Task> copied) : IDatabaseSnapshot
    {
        public string Engine => inner.Engine;

        public Task<IReadOnlyList<TakenDatabase>> TakeAsync(IReadOnlyList<ModuleDatabase> databases, string folder, CancellationToken cancellationToken) =>
            inner.TakeAsync(databases, folder, cancellationToken);

        public Task<T> ReadAsync<T>(string module, Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) =>
            inner.ReadAsync(module, work, cancellationToken);

        public async Task<IReadOnlyList<string>> WriteAsync(string folder, CancellationToken cancellationToken)
        {
            await copied();
            return await inner.WriteAsync(folder, cancellationToken);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
