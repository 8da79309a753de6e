using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Identity.Secrets;
using Stagedoor.Serve;
using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>The stores of an installation, as its settings name them, beside the process that serves it or without one.</summary>
internal sealed class OpenedInstallation : IAsyncDisposable
{
    private readonly ConfigurationManager _configuration;
    private readonly ServiceProvider _services;

    private OpenedInstallation(ConfigurationManager configuration, ServiceProvider services, DataDirectory data)
    {
        (_configuration, _services, Data) = (configuration, services, data);
        Storage = services.GetRequiredService<IOptions<StorageOptions>>().Value;
    }

    internal DataDirectory Data { get; }

    internal StorageOptions Storage { get; }

    internal ModuleSet Modules => _services.GetRequiredService<ModuleSet>();

    /// <summary>The databases of all modules, also of those that are off.</summary>
    internal IEnumerable<ModuleDatabase> Databases => Modules.All.Select(static m => m.Traits.Database).OfType<ModuleDatabase>();

    internal IDatabaseEngine Engine => _services.GetRequiredService<IDatabaseEngine>();

    internal IBlobStore Blobs => _services.GetRequiredService<IBlobStore>();

    internal MasterKey Key => _services.GetRequiredService<MasterKey>();

    /// <summary>Opens what the settings name, for an installation that is there.</summary>
    /// <exception cref="StartupException">There is none, or the settings are wrong.</exception>
    internal static OpenedInstallation Open(ServeSettings settings) => Open(settings, static path => DataDirectory.Look(path) ?? throw new StartupException(
        $"There is no installation in {Path.GetFullPath(path)}. Name its folder with --data."));

    /// <summary>Opens what the settings name, for an installation that is yet to be there.</summary>
    /// <exception cref="StartupException">The settings are wrong.</exception>
    internal static OpenedInstallation Imagine(ServeSettings settings) => Open(settings, DataDirectory.Imagine);

    private static OpenedInstallation Open(ServeSettings settings, Func<string, DataDirectory> open)
    {
#pragma warning disable CA2000 // It is disposed with the installation; without one there is nothing in it.
        var configuration = new ConfigurationManager();
#pragma warning restore CA2000
        ServeConfiguration.Apply(configuration, settings);
        var data = open(configuration["Data"]!);
        var collection = new ServiceCollection();
        collection.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        collection.AddLogging().AddSingleton(TimeProvider.System).AddSingleton<IConfiguration>(configuration).AddSingleton(data);
        collection.AddModules(settings.Modules, configuration);
        return new(configuration, collection.BuildServiceProvider(), data);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Data.Dispose();
        _configuration.Dispose();
    }
}
