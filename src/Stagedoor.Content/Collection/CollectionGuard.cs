using System.Globalization;
using Stagedoor.Storage;

namespace Stagedoor.Content.Collection;

/// <summary>
/// Asks, before anything is removed because no record speaks for it, whether the keeper of the records is the right one and whole: database and
/// store are of one installation and as old as each other, and the clocks agree.
/// </summary>
public sealed class CollectionGuard(ContentStore content, DatabaseHealth health, TimeProvider clock)
{
    /// <summary>The share of the lease by which the clocks may differ.</summary>
    private const int ClockShare = 4;

    private const string Decide = "See what there is with 'stagedoor doctor --repair-store', and decide with --yes.";

    /// <summary>Why nothing may be removed, in a sentence; null when it may. The caller holds the collector's lock.</summary>
    public async Task<string?> FindObjectionAsync(CancellationToken cancellationToken) =>
        await FindDamageObjectionAsync(cancellationToken) ?? await FindClockObjectionAsync(cancellationToken) ?? await FindMarkObjectionAsync(advance: true, cancellationToken);

    /// <summary>Why database and store do not belong together as they are; null when they do.</summary>
    public Task<string?> FindMarkObjectionAsync(CancellationToken cancellationToken) => FindMarkObjectionAsync(advance: false, cancellationToken);

    /// <summary>Takes database and store for one from now on: an operator has looked.</summary>
    public async Task AcceptAsync(CancellationToken cancellationToken)
    {
        if (await Installations.FindAsync(content.Db, cancellationToken) is not { } mark)
        {
            return;
        }

        var stored = await StoreMark.FindAsync(content.Blobs, cancellationToken);
        var epoch = Math.Max(mark.Epoch, stored?.Epoch ?? 0);
        await Installations.SetEpochAsync(content.Db, epoch, cancellationToken);
        await StoreMark.WriteAsync(content.Blobs, mark with { Epoch = epoch }, cancellationToken);
    }

    // Rows may be missing that were there.
    private async Task<string?> FindDamageObjectionAsync(CancellationToken cancellationToken) =>
        await health.CheckOnceAsync(content.Settings.Name, content.Db, cancellationToken) is [var damage, ..] ? damage : null;

    private async Task<string?> FindMarkObjectionAsync(bool advance, CancellationToken cancellationToken)
    {
        var mark = await Installations.FindAsync(content.Db, cancellationToken);
        var stored = await StoreMark.FindAsync(content.Blobs, cancellationToken);
        if (mark is null || stored is null)
        {
            return $"{(mark is null ? content.Db.Location : content.Blobs.Location)} bears no mark of an installation. {Decide}";
        }

        if (!string.Equals(mark.Id, stored.Id, StringComparison.Ordinal))
        {
            return $"the database {content.Db.Location} is of another installation than the blob store {content.Blobs.Location}. Correct the settings under Storage.";
        }

        if (mark.Epoch < stored.Epoch)
        {
            return $"the database {content.Db.Location} is older than the blob store {content.Blobs.Location} (it knows of {mark.Epoch} collections, the store of {stored.Epoch}), "
                + $"as after a restore: what was stored since then has no row. {Decide}";
        }

        if (mark.Epoch > stored.Epoch + 1)
        {
            return $"the blob store {content.Blobs.Location} is older than the database {content.Db.Location} (it knows of {stored.Epoch} collections, the database of {mark.Epoch}), "
                + $"as after a restore. {Decide}";
        }

        if (advance)
        {
            // The database first: a crash in between leaves it one ahead, which the next run takes for what it is.
            if (mark.Epoch == stored.Epoch)
            {
                await Installations.SetEpochAsync(content.Db, mark.Epoch + 1, cancellationToken);
            }

            await StoreMark.WriteAsync(content.Blobs, stored with { Epoch = stored.Epoch + 1 }, cancellationToken);
        }

        return null;
    }

    // What is removed is decided by the database's clock alone. This process's own still stamps what other statements write.
    private async Task<string?> FindClockObjectionAsync(CancellationToken cancellationToken)
    {
        var before = clock.GetUtcNow();
        var database = DateTimeOffset.FromUnixTimeMilliseconds(await content.Db.ReadClockAsync(cancellationToken));
        var after = clock.GetUtcNow();
        var apart = database < before ? before - database : database > after ? database - after : TimeSpan.Zero;
        var most = content.Settings.Lease / ClockShare;
        return apart <= most
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"the clocks of this machine ({before:yyyy-MM-dd HH:mm:ss}) and of the database ({database:yyyy-MM-dd HH:mm:ss}) differ by more than {most.TotalSeconds:0} s. Set them (NTP).");
    }
}
