namespace Stagedoor.Content.Uploads;

/// <summary>
/// Who of this process works on an upload. It saves two requests that follow each other closely from being refused; what keeps uploads right is
/// their row, which every replica sees. An entry lives as long as a request holds or awaits it, so nothing can make one forgotten.
/// </summary>
internal sealed class UploadTurns(TimeProvider clock)
{
    // A client sends its next chunk when it has the answer to the last, so whoever waits longer waits for a stranger.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    // A connection that brings nothing for so long may be broken without anybody having been told; another request of the client goes first.
    private static readonly TimeSpan s_stalled = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Account, string Owner, string Id), Entry> _entries = [];

    /// <summary>Takes the turn; null when another request has it and goes on. Other accounts neither wait for it nor displace anybody.</summary>
    public async Task<UploadTurn?> TakeAsync(string account, string owner, string id, CancellationToken cancellationToken)
    {
        var key = (account, owner, id);
        var entry = Enter(key);
        var turn = default(UploadTurn);
        try
        {
            while (turn is null)
            {
                if (await TakeAsync(entry, cancellationToken))
                {
                    turn = new(this, key, entry);
                    entry.Holder = turn;
                }
                else if (entry.Holder is { } holder && !holder.GiveWay(s_stalled))
                {
                    break;
                }
            }

            return turn;
        }
        finally
        {
            if (turn is null)
            {
                Leave(key, entry);
            }
        }
    }

    internal TimeSpan Since(long timestamp) => clock.GetElapsedTime(timestamp);

    internal long Timestamp() => clock.GetTimestamp();

    internal void Release((string Account, string Owner, string Id) key, Entry entry)
    {
        entry.Holder = null;
        entry.Gate.Release();
        Leave(key, entry);
    }

    private async Task<bool> TakeAsync(Entry entry, CancellationToken cancellationToken)
    {
        if (await entry.Gate.WaitAsync(0, cancellationToken))
        {
            return true;
        }

        using var patience = new CancellationTokenSource(s_patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await entry.Gate.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    private Entry Enter((string Account, string Owner, string Id) key)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(key, out var entry))
            {
                _entries.Add(key, entry = new());
            }

            entry.Users++;
            return entry;
        }
    }

    private void Leave((string Account, string Owner, string Id) key, Entry entry)
    {
        lock (_lock)
        {
            if (--entry.Users == 0)
            {
                _entries.Remove(key);
                entry.Gate.Dispose();
            }
        }
    }

    internal sealed class Entry
    {
        internal SemaphoreSlim Gate { get; } = new(1, 1);

        internal int Users { get; set; }

        internal volatile UploadTurn? Holder;
    }
}

/// <summary>One request's turn at an upload.</summary>
internal sealed class UploadTurn : IDisposable
{
    private readonly UploadTurns _turns;
    private readonly (string Account, string Owner, string Id) _key;
    private readonly UploadTurns.Entry _entry;

    // Never disposed: it has no timer and no handle, and whoever wants the turn may just be about to cancel it.
#pragma warning disable CA2213
    private readonly CancellationTokenSource _displaced = new();
#pragma warning restore CA2213
    private readonly Lock _lock = new();
    private long? _waitingSince;
    private bool _isOver;

    internal UploadTurn(UploadTurns turns, (string Account, string Owner, string Id) key, UploadTurns.Entry entry) => (_turns, _key, _entry) = (turns, key, entry);

    /// <summary>Cancelled when another request goes first.</summary>
    public CancellationToken Displaced => _displaced.Token;

    /// <summary>The client's next bytes are waited for from now on, or no longer.</summary>
    public void SetWaiting(bool isWaiting)
    {
        var since = isWaiting ? _turns.Timestamp() : (long?)null;
        lock (_lock)
        {
            _waitingSince = since;
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
        }

        _turns.Release(_key, _entry);
    }

    /// <summary>
    /// Whether it makes sense to wait on: this one has just been told to stop, or does something that ends by itself. False while bytes arrive.
    /// </summary>
    internal bool GiveWay(TimeSpan stalled)
    {
        lock (_lock)
        {
            if (_isOver || _displaced.IsCancellationRequested || _waitingSince is not { } since)
            {
                return true;
            }

            if (_turns.Since(since) < stalled)
            {
                return false;
            }
        }

        // Outside the lock: what waits for this goes on at once, and ends the turn.
        _displaced.Cancel();
        return true;
    }
}
