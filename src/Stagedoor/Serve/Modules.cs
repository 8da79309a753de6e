using Stagedoor.Addons;
using Stagedoor.Discovery;
using Stagedoor.Gateway;
using Stagedoor.Http;
using Stagedoor.Iam;
using Stagedoor.Images;
using Stagedoor.Monitoring;
using Stagedoor.Tracing;

namespace Stagedoor.Serve;

/// <summary>What the product is made of. A new module is one line here; whatever else has to know of it is among its traits.</summary>
public static class Modules
{
    /// <summary>All modules, in the order in which they are prepared.</summary>
    public static IReadOnlyList<IModule> All { get; } = [new GatewayModule(), new IamModule(), new ImagesModule(), new DiscoveryModule(), new MonitoringModule(), new TracingModule(), new AddonsModule()];

    /// <summary>Adds the modules that run, with their settings and what they stand on.</summary>
    internal static ModuleSet AddModules(this IServiceCollection services, IReadOnlyList<IModule> all, IConfiguration configuration)
    {
        var modules = new ModuleSet(all, configuration);
        services.AddSingleton(modules);
        services.AddStorage(configuration);
        services.AddProtection(configuration);
        services.AddStagedoorHttp(configuration);
        foreach (var module in modules.Running)
        {
            module.Add(services, configuration);
        }

        services.LeaveTypesToReaders();
        return modules;
    }
}
