using System.Security.Cryptography;
using Stagedoor.Storage;

namespace Stagedoor.Content.Uploads;

/// <summary>
/// One request's hold on an upload: its turn in this process, its row, its staged bytes and their hash, which are one thing only together.
/// Not for two threads; what it does by itself meanwhile (saying that bytes still arrive) it waits for.
/// </summary>
/// <remarks>
/// What a client is told is in the row first (<see cref="SaveAsync"/>), by a comparison with the row as this hold has read it. A request that is
/// long under way claims the row when its body begins, so that one that hangs elsewhere cannot store its rest over what comes now. The body of
/// the last request is not saved at all: until the content is published the upload is as it was, and the request can be sent again.
/// </remarks>
public sealed class BlobUpload : IAsyncDisposable, ICopyWatch
{
    private readonly BlobUploads _uploads;
    private readonly IBlobUpload _staged;
    private readonly UploadTurn? _turn;
    private UploadRow _row;
    private IncrementalHash? _hash;
    private string _algorithm = "";
    private long _hashed;
    private long _arrived;
    private long _renewedAt;
    private Task<Outcome>? _renewal;
    private bool _isClaimed;
    private bool _isSaved;
    private bool _isLost;
    private bool _isOver;

    internal BlobUpload(BlobUploads uploads, UploadRow row, IBlobUpload staged, UploadTurn? turn) =>
        (_uploads, _row, _staged, _turn, _renewedAt) = (uploads, row, staged, turn, uploads.Timestamp());

    private enum Outcome
    {
        Mine,
        Lost,

        /// <summary>The database did not answer; whoever stores something asks again.</summary>
        NotKnown,
    }

    public string Id => _row.Id;

    /// <summary>How many bytes are there, with those that this request has brought.</summary>
    public long Length => _staged.Length;

    /// <summary>The hash function that the client announced, or the usual one.</summary>
    public string Algorithm => _row.Algorithm;

    /// <summary>The row as it stands, for who finds the bytes lost.</summary>
    public UploadRow Row => _row;

    // An upload whose whole content comes in one request has no row, and nobody to share it with.
    private bool IsAlone => _turn is null;

    /// <summary>Appends a body, and hashes it when that saves reading it again.</summary>
    /// <param name="body">The body.</param>
    /// <param name="algorithm">The hash function that the digest will probably be of.</param>
    /// <param name="limit">How many bytes to take at most.</param>
    /// <param name="cancellationToken">Ends it; what has arrived can be saved.</param>
    /// <returns>What was copied; null when another request has taken the upload over: nothing of this one counts.</returns>
    public async Task<Copied?> ReceiveAsync(Stream body, string algorithm, long limit, CancellationToken cancellationToken)
    {
        UseHash(algorithm);
        var isWhole = false;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _turn?.Displaced ?? CancellationToken.None);
        try
        {
            var copied = await UploadWriter.CopyAsync(_staged, _hash, body, limit, this, stop.Token);
            isWhole = true;
            (_algorithm, _hashed) = (algorithm, _staged.Length);
            return copied;
        }
        catch (UploadTakenException)
        {
            return null;
        }
        catch (OperationCanceledException) when (_turn is { Displaced.IsCancellationRequested: true } && !cancellationToken.IsCancellationRequested)
        {
            _isLost = true;
            return null;
        }
        finally
        {
            _turn?.SetWaiting(false);
            if (!isWhole)
            {
                // It may have been fed more, or less, than the staged bytes.
                DropHash();
            }
        }
    }

    /// <summary>Makes what has arrived count, before the client is told; false when another request has written, or ended the upload.</summary>
    public async Task<bool> SaveAsync(CancellationToken cancellationToken)
    {
        if (await IsTakenAsync())
        {
            await RevertAsync();
            return false;
        }

        if (_staged.Length == _row.Received)
        {
            return true;
        }

        _isSaved = true;
        var text = await _staged.SaveAsync(cancellationToken);
        if (!await _uploads.Rows.AdvanceAsync(_row, _staged.Length, text, cancellationToken))
        {
            _isLost = true;
            await RevertAsync();
            return false;
        }

        _row = _row with { Received = _staged.Length, Staged = text, Epoch = _row.Epoch + 1 };
        return true;
    }

    /// <summary>The digest of the bytes that are staged, which is what would be published.</summary>
    public async Task<Digest> ComputeAsync(string algorithm, CancellationToken cancellationToken)
    {
        UseHash(algorithm);
        if (_hash is not null && _hashed == _staged.Length)
        {
            return Digest.Of(algorithm, _hash.GetCurrentHash());
        }

        await using var content = await _staged.OpenReadAsync(cancellationToken);
        return await BlobHash.OfAsync(algorithm, content, cancellationToken);
    }

    /// <summary>Reads back what is staged, for who has to look into it before it is published.</summary>
    public Task<Stream> OpenReadAsync(CancellationToken cancellationToken) => _staged.OpenReadAsync(cancellationToken);

    /// <summary>Publishes the bytes, durably. The row is for who records the content to remove (<see cref="UploadRows.EndAsync"/>).</summary>
    public async Task PublishAsync(BlobKey key, CancellationToken cancellationToken)
    {
        await _staged.CommitAsync(key, cancellationToken);
        _isOver = true;
    }

    /// <summary>Drops the staged bytes of an upload whose row is gone.</summary>
    public Task AbortAsync()
    {
        _isOver = true;
        return _staged.AbortAsync(CancellationToken.None);
    }

    /// <summary>Drops the upload, unless another request has written to it since: then it is that one's.</summary>
    public async Task DiscardAsync(CancellationToken cancellationToken)
    {
        if (IsAlone || (!await IsTakenAsync() && await _uploads.Rows.RemoveAsync(_row, cancellationToken)))
        {
            await AbortAsync();
        }
        else
        {
            await RevertAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_renewal is { } renewal)
        {
            await renewal;
        }

        // Only a hash of what the row says can be of use to the next request.
        if (_hash is { } hash && !_isLost && !_isOver && !IsAlone && _hashed == _row.Received && _staged.Length == _row.Received)
        {
            _uploads.Remember(_row, _algorithm, hash);
        }
        else
        {
            DropHash();
        }

        // What does not count is of no use to whoever goes on, and takes room. Something of this hold that was saved may count, whatever the database has answered.
        if (!_isOver && !_isSaved && !IsAlone && _staged.Length > _row.Received)
        {
            await RevertAsync();
        }

        try
        {
            await _staged.DisposeAsync();
        }
        finally
        {
            _turn?.Dispose();
        }
    }

    void ICopyWatch.OnRead() => _turn?.SetWaiting(true);

    void ICopyWatch.OnArrived(int count)
    {
        _turn?.SetWaiting(false);
        _arrived += count;
#pragma warning disable VSTHRD002 // It has ended: nothing is waited for.
        if (_renewal is { IsCompletedSuccessfully: true } done && Take(done.Result))
#pragma warning restore VSTHRD002
        {
            throw new UploadTakenException();
        }

        if (_renewal is null && (IsClaimDue || _uploads.Since(_renewedAt) >= _uploads.Renewal))
        {
            _renewedAt = _uploads.Timestamp();
            _renewal = RenewAsync();
        }
    }

    // What fits into the first piece is stored as soon as it could be claimed.
    private bool IsClaimDue => !IsAlone && !_isClaimed && _arrived > UploadWriter.FirstBytes;

    private async Task<Outcome> RenewAsync()
    {
        try
        {
            _uploads.NoteRenewal(_row.Owner);
            if (IsAlone)
            {
                await _uploads.Rows.RenewAsync(_row.Owner, CancellationToken.None);
                return Outcome.Mine;
            }

            var isMine = IsClaimDue || !_isClaimed
                ? await _uploads.Rows.ClaimAsync(_row, CancellationToken.None)
                : await _uploads.Rows.RenewAsync(_row, CancellationToken.None);
            return isMine ? Outcome.Mine : Outcome.Lost;
        }
        catch (StorageException)
        {
            // A database that rests for a moment need not end a push that goes on; the comparison that counts comes when something is stored.
            return Outcome.NotKnown;
        }
    }

    // Notes what became of a renewal that is over; true when the upload is another request's now.
    private bool Take(Outcome outcome)
    {
        _renewal = null;
        if (outcome is Outcome.Mine && !IsAlone && !_isClaimed)
        {
            _isClaimed = true;
            _row = _row with { Epoch = _row.Epoch + 1 };
        }

        return _isLost |= outcome is Outcome.Lost;
    }

    private async Task<bool> IsTakenAsync()
    {
        if (_renewal is { } renewal)
        {
            Take(await renewal);
        }

        return _isLost |= _turn is { Displaced.IsCancellationRequested: true };
    }

    private async Task RevertAsync()
    {
        DropHash();
        try
        {
            await _staged.RevertAsync(CancellationToken.None);
        }
        catch (StorageException)
        {
            // Bytes that no row speaks of are collected with the upload.
        }
    }

    private void UseHash(string algorithm)
    {
        if (_hash is not null && string.Equals(_algorithm, algorithm, StringComparison.Ordinal) && _hashed == _staged.Length)
        {
            return;
        }

        DropHash();
        if (_staged.Length == 0)
        {
            _hash = BlobHash.Create(algorithm);
        }
        else if (!IsAlone && _staged.Length == _row.Received)
        {
            _hash = _uploads.TakeHash(_row, algorithm);
        }

        (_algorithm, _hashed) = (algorithm, _staged.Length);
    }

    private void DropHash()
    {
        _hash?.Dispose();
        _hash = null;
    }
}

/// <summary>Ends the copy of a body that cannot count any more.</summary>
#pragma warning disable CA1032, CA1064 // It never leaves this assembly.
internal sealed class UploadTakenException : Exception;
#pragma warning restore CA1032, CA1064
