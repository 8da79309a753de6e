using Microsoft.AspNetCore.Hosting.Server;

namespace Stagedoor.Serve;

/// <summary>
/// An orderly stop in two parts: first the connections, which may use most of the time and are cut then; after them what they have left to the
/// background services has still time to be written.
/// </summary>
internal sealed class Drain(IServer server, IHostApplicationLifetime lifetime, TimeProvider clock) : IHostedLifecycleService
{
    /// <summary>For how long requests may go on.</summary>
    internal static readonly TimeSpan Requests = TimeSpan.FromSeconds(6.5);

    /// <summary>How long a stop takes at most.</summary>
    internal static readonly TimeSpan Whole = TimeSpan.FromSeconds(9.5);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        // Long polls and sockets end by themselves when they hear of it.
        lifetime.StopApplication();
        using var timer = new CancellationTokenSource(Requests, clock);
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        await server.StopAsync(limited.Token);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
