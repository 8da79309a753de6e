using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stagedoor.Gateway;
using Stagedoor.Http;
using Stagedoor.Identity.Secrets;
using Stagedoor.Storage;
using Stagedoor.Storage.Sqlite;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>The directory without a server, on a SQLite file. Several in one folder are replicas.</summary>
internal sealed class Installation : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public Installation(string folder, params (string Key, string? Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?>(StringComparer.Ordinal) { ["Data"] = folder, ["Gateway:PasswordIterations"] = "10000" })
            .AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal))
            .Build();
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(configuration);
        services.AddSingleton<TimeProvider>(Clock);
        services.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        services.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        services.AddSingleton<IDatabaseEngine>(new SqliteEngine(folder, NullLogger.Instance));
        new GatewayModule().Add(services, configuration);
        services.AddSingleton(new ModuleSet(Serve.Modules.All, configuration));
        services.AddKeyRing(_ => new(configuration["Gateway:MasterKey"], configuration["Gateway:MasterKeyFile"], folder));
        new IamModule().Add(services, configuration);
        _services = services.BuildServiceProvider();
    }

    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public IServiceProvider Services => _services;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>The first start; null when another had it.</summary>
    public async Task<FirstRunCredentials?> StartAsync()
    {
        await new IamModule().PrepareAsync(_services, Cancellation);
        return await IamModule.EnsureFirstRunAsync(_services, Cancellation);
    }

    public static Sabotage Sabotage(string folder) => new(Path.Combine(folder, "gateway.db"));

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
