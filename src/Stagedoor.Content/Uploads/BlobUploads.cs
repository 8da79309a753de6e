using System.Security.Cryptography;

namespace Stagedoor.Content.Uploads;

/// <summary>The uploads of a module: begins them, and opens one for a request at a time.</summary>
public sealed class BlobUploads(ContentStore content, TimeProvider clock)
{
    private const int MaxRemembered = 10_000;

    // That of an upload that rests is computed again if it goes on.
    private static readonly TimeSpan s_hashAge = TimeSpan.FromHours(1);
    private static readonly object s_said = new();

    private readonly UploadRows _rows = new(content.Db);
    private readonly UploadTurns _turns = new(clock);
    private readonly BoundedCache<string, RememberedHash> _hashes = new(
        new(clock), MaxRemembered, s_hashAge, keys: StringComparer.Ordinal, dropped: static known => known.Hash.Dispose());

    // What is forgotten is said once more.
    private readonly BoundedCache<string, object> _renewed = new(new(clock), MaxRemembered, content.Settings.Renewal, keys: StringComparer.Ordinal);

    internal UploadRows Rows => _rows;

    /// <summary>Begins an upload that goes on in later requests; false when the user has as many for this owner as may be open.</summary>
    public async Task<bool> BeginAsync(string id, string owner, Uploader by, string algorithm, int limit, CancellationToken cancellationToken)
    {
        await using var staged = await content.Blobs.CreateUploadAsync(content.Keys.UploadPrefix + id, cancellationToken);
        var begun = false;
        try
        {
            begun = await _rows.AddAsync(id, owner, by, algorithm, limit, cancellationToken);
            NoteRenewal(owner);
            return begun;
        }
        finally
        {
            if (!begun)
            {
                await staged.AbortAsync(CancellationToken.None);
            }
        }
    }

    /// <summary>Begins an upload whose whole content comes with this request. Nobody else can reach it.</summary>
    public async Task<BlobUpload> BeginWholeAsync(string id, string owner, CancellationToken cancellationToken)
    {
        await RenewAsync(owner, cancellationToken);
        return new(this, new() { Id = id, Owner = owner }, await content.Blobs.CreateUploadAsync(content.Keys.UploadPrefix + id, cancellationToken), turn: null);
    }

    /// <summary>How far an upload of the account has come; null when there is none, or its bytes are gone. Disturbs nobody who writes to it.</summary>
    public async Task<UploadRow?> FindAsync(string owner, Uploader by, string id, CancellationToken cancellationToken)
    {
        if (!IsId(id) || await _rows.FindAsync(id, owner, by, cancellationToken) is not { } row)
        {
            return null;
        }

        await RenewAsync(owner, cancellationToken);
        return await content.Blobs.HoldsUploadAsync(content.Keys.UploadPrefix + id, row.Staged, cancellationToken) ? row : null;
    }

    /// <summary>Takes an upload for this request. In this process nobody else has it until the answer is disposed.</summary>
    public async Task<UploadOpening> OpenAsync(string owner, Uploader by, string id, CancellationToken cancellationToken)
    {
        if (!IsId(id))
        {
            return UploadOpening.Unknown;
        }

        if (await _turns.TakeAsync(by.AccountId, owner, id, cancellationToken) is not { } turn)
        {
            return UploadOpening.Busy;
        }

        var keeps = false;
        try
        {
            // Only now: whoever had the turn before has written.
            if (await _rows.FindAsync(id, owner, by, cancellationToken) is not { } row)
            {
                return UploadOpening.Unknown;
            }

            await RenewAsync(owner, cancellationToken);
            var (staged, isInUse) = await content.Blobs.OpenUploadAsync(content.Keys.UploadPrefix + id, row.Staged, cancellationToken);
            if (isInUse)
            {
                return UploadOpening.Busy;
            }

            if (staged is null || staged.Length != row.Received)
            {
                await (staged?.DisposeAsync() ?? ValueTask.CompletedTask);
                return new(null, UploadProblem.Lost, row);
            }

            keeps = true;
#pragma warning disable CA2000 // It is the caller's from here on.
            return new(new(this, row, staged, turn), UploadProblem.None, row);
#pragma warning restore CA2000
        }
        finally
        {
            if (!keeps)
            {
                turn.Dispose();
            }
        }
    }

    /// <summary>Gives an upload up, whatever its bytes are like.</summary>
    public async Task<UploadProblem> CancelAsync(string owner, Uploader by, string id, CancellationToken cancellationToken)
    {
        if (!IsId(id))
        {
            return UploadProblem.Unknown;
        }

        using var turn = await _turns.TakeAsync(by.AccountId, owner, id, cancellationToken);
        if (turn is null)
        {
            return UploadProblem.Busy;
        }

        if (!await _rows.RemoveAsync(id, owner, by, cancellationToken))
        {
            return UploadProblem.Unknown;
        }

        Forget(id);
        // Where another process still holds the file, its bytes are an old upload's without a row, which is collected.
        await content.Blobs.DropUploadAsync(content.Keys.UploadPrefix + id, CancellationToken.None);
        return UploadProblem.None;
    }

    /// <summary>Removes the row of an upload whose content is recorded, whoever writes to it.</summary>
    public Task<int> EndAsync(string id, CancellationToken cancellationToken) =>
        content.Db.TransactAsync(session => UploadRows.EndAsync(session, id), cancellationToken);

    /// <summary>Removes the row of an upload whose bytes are gone, unless somebody has written to it since.</summary>
    public Task<bool> ForgetLostAsync(UploadRow row, CancellationToken cancellationToken) => _rows.RemoveAsync(row, cancellationToken);

    /// <summary>Says that something is uploaded for the owner, unless it was said a moment ago.</summary>
    public async Task RenewAsync(string owner, CancellationToken cancellationToken)
    {
        if (_renewed.Find(owner) is null)
        {
            NoteRenewal(owner);
            await _rows.RenewAsync(owner, cancellationToken);
        }
    }

    /// <summary>Removes the rows of uploads that nobody has written to for so long, and names them; their bytes are still staged.</summary>
    public async Task<IReadOnlyList<string>> DropRowsAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        await _rows.ForgetOwnersAsync(idle, cancellationToken);
        return await _rows.DropAsync(idle, cancellationToken);
    }

    /// <summary>Whether an upload has a row. Those have none that a crash has left, nor has a content on its way in one request.</summary>
    public Task<bool> HasRowAsync(string id, CancellationToken cancellationToken) => _rows.HasAsync(id, cancellationToken);

    /// <summary>Those of the uploads that have a row.</summary>
    public Task<IReadOnlySet<string>> FindKnownAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) => _rows.FindKnownAsync(ids, cancellationToken);

    /// <summary>Drops the bytes of an upload without a row, unless somebody in another process holds them.</summary>
    public Task<bool> DropStagedAsync(string id, CancellationToken cancellationToken)
    {
        Forget(id);
        return content.Blobs.DropUploadAsync(content.Keys.UploadPrefix + id, cancellationToken);
    }

    /// <summary>Gives back the memory of what was remembered of uploads that rest.</summary>
    public void Sweep()
    {
        _hashes.Sweep();
        _renewed.Sweep();
    }

    internal TimeSpan Renewal => content.Settings.Renewal;

    internal long Timestamp() => clock.GetTimestamp();

    internal TimeSpan Since(long timestamp) => clock.GetElapsedTime(timestamp);

    internal void NoteRenewal(string owner) => _renewed.Keep(owner, s_said);

    /// <summary>
    /// Keeps the hash of what the row says is there. It is good for exactly that row: once anybody writes, the row's epoch is another, and the
    /// bytes are hashed again.
    /// </summary>
    internal void Remember(UploadRow row, string algorithm, IncrementalHash hash) =>
        _hashes.Keep(row.Id, new(hash, algorithm, row.Received, row.Epoch));

    /// <summary>Takes the hash out; null when what is remembered is not that of these bytes.</summary>
    internal IncrementalHash? TakeHash(UploadRow row, string algorithm)
    {
        if (_hashes.Take(row.Id) is not { } known)
        {
            return null;
        }

        if (known.Epoch == row.Epoch && known.Length == row.Received && string.Equals(known.Algorithm, algorithm, StringComparison.Ordinal))
        {
            return known.Hash;
        }

        known.Hash.Dispose();
        return null;
    }

    internal void Forget(string id) => _hashes.Forget(id);

    private static bool IsId(string id) => Guid.TryParseExact(id, "D", out _);

    private sealed record RememberedHash(IncrementalHash Hash, string Algorithm, long Length, long Epoch);
}

/// <summary>Why an upload cannot be gone on with.</summary>
public enum UploadProblem
{
    None,

    /// <summary>The account has begun no such upload for the owner.</summary>
    Unknown,

    /// <summary>Another request writes to it.</summary>
    Busy,

    /// <summary>There is a row, but not the bytes that it speaks of.</summary>
    Lost,
}

/// <summary>An upload, or why there is none to be had.</summary>
/// <param name="Upload">The upload; null when there is a problem.</param>
/// <param name="Problem">The problem.</param>
/// <param name="Row">The row, when there is one.</param>
public sealed record UploadOpening(BlobUpload? Upload, UploadProblem Problem, UploadRow? Row)
{
    public static UploadOpening Unknown { get; } = new(null, UploadProblem.Unknown, null);

    public static UploadOpening Busy { get; } = new(null, UploadProblem.Busy, null);
}
