using Microsoft.Extensions.Options;
using Stagedoor.Storage;
using Stagedoor.Storage.FileSystem;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Storage.S3;
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
                ? new PostgreSqlEngine(
                    options.PostgreSql ?? throw new StartupException("Storage:Database is postgresql, but Storage:PostgreSql names no server."), logger)
                : new SqliteEngine(provider.GetRequiredService<DataDirectory>().Root, logger);
        });
        services.AddSingleton<IBlobStore>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
            return options.Blobs is "s3"
                ? new S3BlobStore(configuration.GetSection("Storage:S3").Get<S3Options>()
                    ?? throw new StartupException("Storage:Blobs is s3, but there is no section Storage:S3."))
                : new FileBlobStore(Path.Combine(provider.GetRequiredService<DataDirectory>().Root, "blobs"));
        });
        return services;
    }
}
