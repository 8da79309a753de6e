using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Discovery.Health;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Instances;

/// <summary>Registers the engine with itself, as a microservice that tells clients where all replicas are, and keeps its own leases.</summary>
internal sealed partial class SelfRegistration(
    MicroserviceWriter services,
    InstanceWriter instances,
    Registry registry,
    BoundListeners listeners,
    IHostApplicationLifetime lifetime,
    SelfAddress address,
    TimeProvider clock,
    ILogger<SelfRegistration> logger) : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;

    protected override TimeSpan Period => TimeSpan.FromSeconds(5);

    protected override TimeSpan FirstPause => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken);
        try
        {
            var endpoints = Endpoints();
            await RegisterAsync(SharedServices.Engine, endpoints);
            await RegisterAsync(SharedServices.Dashboard, endpoints);
        }
        catch (Exception e) when (e is StorageException or ApiException)
        {
            LogNotRegistered(e);
        }
    }

    // Before that the addresses are not known.
    private async Task StartedAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
    }

    private static string IdOf(IEnumerable<string> endpoints) => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes($"{Environment.MachineName} {string.Join(' ', endpoints)}")))[..32];

    private static string Host(string host)
    {
        if (host is not ("+" or "*" or "0.0.0.0" or "[::]"))
        {
            return host;
        }

        var own = NetworkInterface.GetAllNetworkInterfaces()
            .Where(static i => i.OperationalStatus is OperationalStatus.Up && i.NetworkInterfaceType is not NetworkInterfaceType.Loopback)
            .SelectMany(static i => i.GetIPProperties().UnicastAddresses)
            .FirstOrDefault(static a => a.Address.AddressFamily is AddressFamily.InterNetwork);
        return (own?.Address ?? IPAddress.Loopback).ToString();
    }

    internal static string Endpoint(string url)
    {
        var at = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var authority = url[at..].TrimEnd('/');
        var colon = authority.LastIndexOf(':');
        var isSecure = url.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        var (host, port) = colon > authority.LastIndexOf(']') ? (authority[..colon], authority[(colon + 1)..]) : (authority, isSecure ? "443" : "80");
        return $"rest://{Host(host)}:{port}?sslEnabled={(isSecure ? "true" : "false")}";
    }

    private List<string> Endpoints() => address.Url is { } url
        ? [Endpoint(url)]
        : [
            .. listeners.Main
                .Concat(listeners.Others.Where(static o => o.Listener == DiscoveryModule.ServiceCenter).Select(static o => o.Address))
                .Select(Endpoint)
                .Order(StringComparer.Ordinal),
        ];

    private async Task RegisterAsync(string name, List<string> endpoints)
    {
        var serviceId = await services.RegisterOwnAsync(new()
        {
            ServiceName = name,
            Version = EngineHealth.ProductVersion,
            Description = "Stagedoor itself",
            RegisterBy = "PLATFORM",
        });
        if (registry.FindService(Tenant.Default, serviceId) is { } service)
        {
            await instances.RegisterOwnAsync(service, new() { InstanceId = IdOf(endpoints), HostName = HostName(), Endpoints = endpoints });
        }
    }

    private static string HostName() => Environment.MachineName is { Length: > 0 and <= 64 } name ? name : "stagedoor";

    [LoggerMessage(LogLevel.Warning, "The engine cannot register itself now; trying again")]
    private partial void LogNotRegistered(Exception exception);
}

/// <summary>The address under which this installation is reached, when it is not the one it listens on.</summary>
internal sealed record SelfAddress(string? Url);
