using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>A store that a contract is tried on. It can be closed and opened again.</summary>
internal abstract class TraceStand : IAsyncDisposable
{
    /// <summary>How many traces may be pinned.</summary>
    public const int MaxPins = 3;

    public TurnedClock Clock { get; } = new(Traffic.Noon);

    public ITraceStore Store { get; protected set; } = null!;

    public abstract Task StartAsync();

    public abstract Task ReopenAsync();

    /// <summary>Lets time pass and everything be done that is done from time to time.</summary>
    public async Task SealAsync()
    {
        Clock.Now += TimeSpan.FromMinutes(11);
        await Store.UpkeepAsync(TestContext.Current.CancellationToken);
    }

    public abstract ValueTask DisposeAsync();
}
