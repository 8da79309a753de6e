using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Replication;

/// <summary>
/// Keeps replicas on one database alike: hears that others wrote, and reads it; tells and hears which instances were heard of. Every second it
/// sends itself a message through the database: only what comes back proves that the link carries anything, and since messages keep their order
/// it proves as well that everything sent before has been heard. Nothing is removed on the strength of silence that was not heard.
/// </summary>
internal sealed partial class ReplicaFeed(
    DiscoveryDb db, RegistryWriter writer, Registry registry, Leases leases, IdSource ids, TimeProvider clock, ILogger<ReplicaFeed> logger)
    : UpkeepService(clock, logger)
{
    /// <summary>Who has not heard itself for so long is cut off.</summary>
    public const long CurrentForMilliseconds = 3_000;

    // So many signs of life may be missing before this process is taken for deaf, and before the connection is given up. Counted by what was
    // sent, not by the clock: a process that was stopped has its news waiting, and must read it instead.
    private const int TicksToDeaf = (int)(CurrentForMilliseconds / 1_000);
    private const int TicksToReconnect = 5;
    private const int TicksToConnect = 20;
    private const int MaxSending = 8;
    private static readonly TimeSpan s_pulse = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(CurrentForMilliseconds);
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);
    private readonly ILogger _logger = logger;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly string _self = ids.NewId();
    private readonly Lock _gate = new();
    private Action? _giveUp;
    private int _unheard;
    private int _sending;

    /// <summary>Whether this process hears of what others do.</summary>
    public bool IsCurrent => !writer.IsShared || leases.Now - leases.HearsUpTo <= CurrentForMilliseconds;

    // Each of the loops waits by itself. When one of them fails all end, and begin anew after a pause.
    protected override TimeSpan Period => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (!writer.IsShared)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, Clock, stoppingToken);
        }

        var news = leases.Share();
        foreach (var instance in registry.Instances)
        {
            news.Add(instance);
        }

        using var round = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task[] loops = [ListenAsync(news, round.Token), ReadAsync(round.Token), TellAsync(news, round.Token), PulseAsync(round.Token)];
        await Task.WhenAny(loops);
        await round.CancelAsync();
        await Task.WhenAll(loops);
    }

    private async Task ListenAsync(LeaseNews news, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var connection = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            lock (_gate)
            {
                _giveUp = connection.Cancel;
            }

            try
            {
                await db.ListenAsync(Listening, message => Hear(news, message), connection.Token);
            }
            catch (OperationCanceledException)
            {
                // Given up, or the end.
            }
            catch (StorageException e)
            {
                LogFeedBroken(e);
            }
            finally
            {
                lock (_gate)
                {
                    _giveUp = null;
                }
            }

            await DelayAsync(s_retry, cancellationToken);
        }
    }

    // What was sent between two connections is lost, a sign of life of any instance perhaps.
    private void Listening()
    {
        var deaf = leases.Now - leases.HearsUpTo;
        foreach (var instance in registry.Instances)
        {
            leases.Excuse(instance, deaf);
        }

        Volatile.Write(ref _unheard, 0);
        leases.Hears(leases.Now);
        _changes.Writer.TryWrite(true);
    }

    private void Hear(LeaseNews news, string message)
    {
        if (string.Equals(message, ReplicaMessage.Changed, StringComparison.Ordinal))
        {
            _changes.Writer.TryWrite(true);
            return;
        }

        if (ReplicaMessage.ReadPulse(message, _self) is { } sentAt)
        {
            Volatile.Write(ref _unheard, 0);
            leases.Hears(sentAt);
            return;
        }

        foreach (var identity in ReplicaMessage.ReadRenewed(message))
        {
            news.Find(identity)?.Renew(leases.Now);
        }
    }

    private async Task PulseAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(s_pulse, Clock);
        var pulse = Task.CompletedTask;
        try
        {
            do
            {
                if (pulse.IsCompleted)
                {
                    pulse = TrySendAsync(ReplicaMessage.PulseOf(_self, leases.Now), cancellationToken);
                }

                var unheard = Interlocked.Increment(ref _unheard);
                if (unheard > TicksToDeaf)
                {
                    leases.Deafen();
                }

                if (unheard > TicksToReconnect)
                {
                    GiveUpConnection();
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException)
        {
            // The end; a message on its way means nothing any more.
        }
    }

    private void GiveUpConnection()
    {
        lock (_gate)
        {
            if (_giveUp is not null)
            {
                LogFeedDeaf();
                _giveUp();
                _giveUp = null;
            }
        }

        // A slow link takes its time to make another one.
        Volatile.Write(ref _unheard, TicksToReconnect - TicksToConnect);
    }

    /// <summary>
    /// Sends a message; false when the database did not take it in time. What hangs is left alone and not cancelled: with a link that carries nothing
    /// that would block a thread for a minute. Another connection may work, so a few more are tried meanwhile.
    /// </summary>
    private async Task<bool> TrySendAsync(string message, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _sending) >= MaxSending)
        {
            return false;
        }

        try
        {
            return await SendAsync(message).WaitAsync(s_patience, Clock, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task<bool> SendAsync(string message)
    {
        Interlocked.Increment(ref _sending);
        try
        {
            await db.NotifyAsync(message, CancellationToken.None);
            return true;
        }
        catch (StorageException)
        {
            return false;
        }
        finally
        {
            Interlocked.Decrement(ref _sending);
        }
    }

    // A message may be lost with its connection; so it is looked from time to time without one.
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var poll = new CancellationTokenSource(s_poll, Clock);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, poll.Token);
            try
            {
                await _changes.Reader.ReadAsync(patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The time has come without a message.
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await writer.CatchUpAsync();
        }
    }

    private async Task TellAsync(LeaseNews news, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            await DelayAsync(s_interval, cancellationToken);
            while (news.Take(ReplicaMessage.MaxLeases, leases.Now) is { Count: > 0 } renewed)
            {
                if (!await TrySendAsync(ReplicaMessage.Renewed(renewed), cancellationToken))
                {
                    // Lost; the next heartbeat of each comes soon, and who hears nothing of this process excuses them.
                    break;
                }
            }
        }
    }

    private async Task DelayAsync(TimeSpan time, CancellationToken cancellationToken) =>
        await Task.Delay(time, Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(LogLevel.Warning, "The connection that hears of other replicas broke; trying again")]
    private partial void LogFeedBroken(Exception exception);

    [LoggerMessage(LogLevel.Warning, "The connection that hears of other replicas is open and carries nothing; trying another")]
    private partial void LogFeedDeaf();
}
