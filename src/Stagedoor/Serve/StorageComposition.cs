using Microsoft.Extensions.Options;
using Stagedoor.Storage;
using Stagedoor.Storage.FileSystem;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Storage.Sqlite;

namespace Stagedoor.Serve;

/// <summary>Chooses the engines; nothing else in the product names one.</summary>
internal static class StorageComposition
{
    internal static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageOptions>().Bind(configuration.GetSection("Storage")).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StorageOptions>, StorageOptionsValidator>();
        services.AddSingleton<IDatabaseEngine>(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
            var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Stagedoor.Storage");
            return options.Database is "postgresql"
                ? PostgreSql(options, logger)
                : new SqliteEngine(provider.GetRequiredService<DataDirectory>().Root, logger);
        });
        services.AddSingleton<IBlobStore>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
            return options.Blobs is "s3"
                ? throw new StartupException("s3: not yet")
                : new FileBlobStore(Path.Combine(provider.GetRequiredService<DataDirectory>().Root, "blobs"));
        });
        return services;
    }

    private static PostgreSqlEngine PostgreSql(StorageOptions options, ILogger logger)
    {
        if (string.IsNullOrWhiteSpace(options.PostgreSql))
        {
            throw new StartupException("Storage:Database is postgresql, but Storage:PostgreSql names no server.");
        }

        try
        {
            return new(options.PostgreSql, logger);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The driver's own message may quote a piece of the text, and so of a password.
            throw new StartupException(
                "Storage:PostgreSql is no connection string. Write 'Host=…;Port=5432;Username=…;Password=…;Database=…'.", e);
        }
    }
}
