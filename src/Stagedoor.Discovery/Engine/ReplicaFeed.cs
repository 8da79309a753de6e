using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Engine;

/// <summary>
/// Keeps replicas on one database alike: hears that others wrote, and reads it; tells and hears which instances were heard of. While the
/// feed is broken nothing is assumed about the instances of others: when it stands again, every lease starts anew.
/// </summary>
internal sealed partial class ReplicaFeed(
    DiscoveryDb db, RegistryWriter writer, Registry registry, Leases leases, TimeProvider clock, ILogger<ReplicaFeed> logger)
    : UpkeepService(clock, logger)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(500);
    private readonly ILogger _logger = logger;
    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile bool _isListening;

    /// <summary>Whether this process hears of what others do; leases of instances that others look after may end only while it does.</summary>
    public bool IsCurrent => !writer.IsShared || _isListening;

    // Each of the three loops waits by itself. When one of them fails all end, and begin anew after a pause.
    protected override TimeSpan Period => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (!writer.IsShared)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, stoppingToken);
        }

        var news = leases.Share();
        foreach (var instance in Instances())
        {
            news.Add(instance);
        }

        using var round = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        Task[] loops = [ListenAsync(news, round.Token), ReadAsync(round.Token), TellAsync(news, round.Token)];
        await Task.WhenAny(loops);
        await round.CancelAsync();
        _isListening = false;
        await Task.WhenAll(loops);
    }

    private IEnumerable<InstanceNode> Instances() =>
        from tenant in registry.Tenants from service in tenant.Services.Values from instance in service.Instances.Values select instance;

    private async Task ListenAsync(LeaseNews news, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await db.ListenAsync(Listening, message => Hear(news, message), cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (StorageException e)
            {
                LogFeedBroken(e);
            }

            _isListening = false;
            await DelayAsync(s_retry, cancellationToken);
        }
    }

    private void Listening()
    {
        foreach (var instance in Instances())
        {
            instance.Renew(leases.Now);
        }

        _isListening = true;
        _changes.Writer.TryWrite(true);
    }

    private void Hear(LeaseNews news, string message)
    {
        if (string.Equals(message, ReplicaMessage.Changed, StringComparison.Ordinal))
        {
            _changes.Writer.TryWrite(true);
            return;
        }

        foreach (var identity in ReplicaMessage.ReadRenewed(message))
        {
            news.Find(identity)?.Renew(leases.Now);
        }
    }

    // A message may be lost with its connection; so it is looked from time to time without one.
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(s_poll);
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
            while (news.Take(ReplicaMessage.MaxLeases) is { Count: > 0 } renewed)
            {
                try
                {
                    await db.NotifyAsync(ReplicaMessage.Renewed(renewed), cancellationToken);
                }
                catch (StorageException)
                {
                    // Without the database nobody removes an instance either, and afterwards all leases start anew.
                    break;
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private async Task DelayAsync(TimeSpan time, CancellationToken cancellationToken) =>
        await Task.Delay(time, Clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(LogLevel.Warning, "The connection that hears of other replicas broke; trying again")]
    private partial void LogFeedBroken(Exception exception);
}
