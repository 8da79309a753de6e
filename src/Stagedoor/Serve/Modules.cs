using Stagedoor.Discovery;
using Stagedoor.Gateway;
using Stagedoor.Gateway.Iam;
using Stagedoor.Http;
using Stagedoor.Images;

namespace Stagedoor.Serve;

/// <summary>Which services this process runs: all, or those that <c>Modules</c> names, separated by commas. The gateway always runs.</summary>
internal static class Modules
{
    /// <summary>The name of the gateway's database; it is no service that can be switched off.</summary>
    internal const string Gateway = "gateway";

    internal const string Images = "images";

    internal const string Discovery = "discovery";

    internal static IReadOnlyList<string> All { get; } = [Images, Discovery];

    /// <summary>The databases of the services that run; the gateway's is the first.</summary>
    internal static IEnumerable<string> Databases(IConfiguration configuration) =>
        All.Where(name => IsOn(configuration, name)).Prepend(Gateway);

    /// <summary>The assembly with the migrations of a database.</summary>
    internal static System.Reflection.Assembly MigrationsOf(string database) => database switch
    {
        Images => typeof(ImagesModule).Assembly,
        Discovery => typeof(DiscoveryModule).Assembly,
        _ => typeof(IamModule).Assembly,
    };

    /// <summary>Adds the services that run, with their settings.</summary>
    internal static void Add(IServiceCollection services, IConfiguration configuration)
    {
        services.AddStorage(configuration);
        services.AddStagedoorHttp(configuration);
        services.AddGatewayPipeline(configuration);
        services.AddIam(configuration);
        if (IsOn(configuration, Images))
        {
            services.AddImages(configuration);
        }

        if (IsOn(configuration, Discovery))
        {
            services.AddDiscovery(configuration);
        }
    }

    /// <summary>Maps the routes of the services that run.</summary>
    internal static void Map(IEndpointRouteBuilder routes)
    {
        var configuration = routes.ServiceProvider.GetRequiredService<IConfiguration>();
        routes.MapGatewayPipeline();
        routes.MapIam();
        if (IsOn(configuration, Images))
        {
            routes.MapImages();
        }

        if (IsOn(configuration, Discovery))
        {
            routes.MapDiscovery();
        }
    }

    internal static bool IsOn(IConfiguration configuration, string name) =>
        Named(configuration) is not { Length: > 0 } named || named.Contains(name, StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with the setting; null when nothing is.</summary>
    internal static string? Problem(IConfiguration configuration) =>
        Named(configuration)?.FirstOrDefault(static n => !All.Contains(n, StringComparer.OrdinalIgnoreCase)) is { } unknown
            ? $"Modules names '{unknown}', which does not exist. There are: {string.Join(", ", All)}."
            : null;

    private static string[]? Named(IConfiguration configuration) =>
        configuration["Modules"]?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
