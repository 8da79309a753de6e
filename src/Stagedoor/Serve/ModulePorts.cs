using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Stagedoor.Http;

namespace Stagedoor.Serve;

/// <summary>
/// The ports of modules beside the main ones. The server binds them all alike and ends when one cannot be bound; here one that is taken is a warning,
/// and what it was for is served at the main port. Tells what is really bound.
/// </summary>
internal sealed partial class ModulePorts(ModuleSet modules, IConfiguration configuration, BoundListeners listeners, ILogger<ModulePorts> logger)
    : IWarnings, IStartupFilter, IHostedLifecycleService
{
    private readonly List<(ModuleListener Listener, string Address)> _bound = [];
    private readonly List<string> _warnings = [];
    private IFeatureCollection? _server;

    public IReadOnlyList<string> Current
    {
        get
        {
            lock (_warnings)
            {
                return [.. _warnings];
            }
        }
    }

    /// <summary>The addresses of the ports of all modules that run.</summary>
    internal IReadOnlyList<ModuleEndPoint> EndPoints { get; } =
        [.. modules.Running.SelectMany(static m => m.Traits.Listeners).SelectMany(listener => Listeners.Of(listener, configuration))];

    /// <summary>Binds such a port; one that cannot be bound becomes a listener that nobody ever comes to.</summary>
    /// <param name="endpoint">The address.</param>
    /// <param name="bind">Binds an address, or fails.</param>
    internal async ValueTask<IConnectionListener> BindAsync(ModuleEndPoint endpoint, Func<EndPoint, ValueTask<IConnectionListener>> bind)
    {
        try
        {
            var bound = await bind(endpoint);
            var scheme = endpoint.IsSecure ? "https" : "http";
            _bound.Add((endpoint.Listener, $"{scheme}://{bound.EndPoint}"));
            return bound;
        }
        catch (Exception e) when (e is AddressInUseException or SocketException)
        {
            // "localhost" is two addresses, and many a machine has the first alone.
            if (!endpoint.Address.Equals(IPAddress.IPv6Loopback) || e is AddressInUseException)
            {
                var (problem, remedy) = e is not AddressInUseException ? (e.Message.TrimEnd('.'), "Set")
                    : Listeners.FindOwner(endpoint, configuration) is { } main ? ($"the main address {main} has its port", "Set")
                    : ("another program uses it", "Stop that program, or set");
                lock (_warnings)
                {
                    _warnings.Add($"{endpoint.Listener.Title} is not served on {endpoint.Url}: {problem}. {remedy} {endpoint.Listener.Setting} to another port or to off.");
                }

                LogNotBound(endpoint.Listener.Title, endpoint.Url, problem, endpoint.Listener.Setting);
            }

            return new DeafListener(endpoint);
        }
    }

    // The framework has read the setting Urls for itself, and would say that it does not follow it.
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        _server = app.ServerFeatures;
        _server.Get<IServerAddressesFeature>()?.Addresses.Clear();
        next(app);
    };

    /// <summary>Among the first that hear that the server listens, so that those who ask where hear the truth.</summary>
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        // In the order in which they were given to the server: those of Urls first.
        var main = _server?.Get<IServerAddressesFeature>()?.Addresses.Take(Listeners.Of(configuration).Count).ToList() ?? [];
        var addresses = new ServerAddressesFeature();
        foreach (var address in main)
        {
            addresses.Addresses.Add(address);
        }

        _server?.Set<IServerAddressesFeature>(addresses);
        listeners.Tell(main, [.. _bound]);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(LogLevel.Warning, "{Title} is not served on {Url}: {Problem}. Another port, or off: {Setting}")]
    private partial void LogNotBound(string title, string url, string problem, string setting);

    /// <summary>Stands for a port that is not ours, until the server stops.</summary>
    private sealed class DeafListener(EndPoint endpoint) : IConnectionListener
    {
        private readonly TaskCompletionSource<ConnectionContext?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public EndPoint EndPoint => endpoint;

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) => new(_end.Task.WaitAsync(cancellationToken));

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _end.TrySetResult(null);
            return default;
        }

        public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
    }
}
