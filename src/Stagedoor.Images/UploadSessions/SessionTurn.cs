using Stagedoor.Storage;

namespace Stagedoor.Images.UploadSessions;

/// <summary>
/// One request's turn at a session, in the whole installation. It is said again while the request goes on, so that a process that dies has it for some seconds
/// only. What keeps the session right is its row: a holder that has lost its turn unawares is told when it wants to store something.
/// </summary>
internal sealed class SessionTurn : IAsyncDisposable
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_renewal = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);

    private readonly SessionStore _store;
    private readonly TimeProvider _clock;
    private readonly string _id;
    private readonly string _holder;
    private readonly CancellationTokenSource _over = new();
    private readonly Task _renewing;

    private SessionTurn(SessionStore store, TimeProvider clock, string id, string holder)
    {
        (_store, _clock, _id, _holder) = (store, clock, id, holder);
        _renewing = RenewAsync();
    }

    /// <summary>Takes the turn; null when another has it for longer than is waited.</summary>
    /// <exception cref="StorageException">It cannot be asked for.</exception>
    public static async Task<SessionTurn?> TakeAsync(SessionStore store, TimeProvider clock, IdSource ids, string id, CancellationToken cancellationToken)
    {
        var holder = ids.NewGuid().ToString("N");
        var begun = clock.GetTimestamp();
        while (!await store.TakeAsync(id, holder, s_lease, cancellationToken))
        {
            if (clock.GetElapsedTime(begun) >= s_patience)
            {
                return null;
            }

            await Task.Delay(s_poll, clock, cancellationToken);
        }

        return new(store, clock, id, holder);
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _renewing;
        _over.Dispose();
        try
        {
            await _store.ReleaseAsync(_id, _holder, CancellationToken.None);
        }
        catch (StorageException)
        {
            // Its time is over soon.
        }
    }

    private async Task RenewAsync()
    {
        while (true)
        {
            await Task.Delay(s_renewal, _clock, _over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_over.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await _store.RenewAsync(_id, _holder, s_lease, CancellationToken.None);
            }
            catch (StorageException)
            {
                // A database that rests for a moment need not end an upload that goes on.
            }
        }
    }
}
