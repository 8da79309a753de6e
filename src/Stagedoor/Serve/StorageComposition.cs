using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
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
        services.AddSingleton<DatabaseHealth>();
        services.AddSingleton<IDatabaseEngine>(static provider =>
        {
            var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
            var logger = provider.GetRequiredService<ILoggerFactory>().CreateLogger("Stagedoor.Storage");
            return new WatchedEngine(
                options.Database is "postgresql"
                    ? PostgreSql(options, logger, provider.GetRequiredService<ModuleSet>(), provider.GetRequiredService<TimeProvider>())
                    : new SqliteEngine(provider.GetRequiredService<DataDirectory>().Root, logger, provider.GetRequiredService<TimeProvider>()),
                provider.GetRequiredService<DatabaseHealth>(),
                new RecordedStorage());
        });
        services.AddSingleton<IBlobStore>(provider =>
        {
            var options = provider.GetRequiredService<IOptions<StorageOptions>>().Value;
            return new WatchedBlobStore(
                options.Blobs is "s3"
                    ? S3(configuration, provider.GetRequiredService<TimeProvider>())
                    : new FileBlobStore(FilesOptions.Of(configuration).In(provider.GetRequiredService<DataDirectory>().Root)),
                options.Blobs,
                new RecordedStorage());
        });
        return services;
    }

    /// <summary>What is wrong with the settings of the chosen engines.</summary>
    internal static IEnumerable<string> Problems(IConfiguration configuration)
    {
        var options = configuration.GetSection("Storage").Get<StorageOptions>() ?? new();
        if (options.Database is "postgresql" && Problem(() => PostgreSql(options, NullLogger.Instance, null, TimeProvider.System)) is { } database)
        {
            yield return database;
        }

        // The store would list, collect and check what is not its own.
        if (options.Blobs is "files" && configuration["Data"] is { } data && FilesOptions.Of(configuration).In(data) is var folder && Holds(folder, Path.GetFullPath(data)))
        {
            yield return $"Storage:Files:Path is '{folder}', which holds the data directory; it must be a folder of its own, such as {Path.Combine(folder, "blobs")}.";
        }

        if (options.Blobs is "s3" && Problem(() => S3(configuration, TimeProvider.System).Dispose()) is { } blobs)
        {
            yield return blobs;
        }
    }

    private static bool Holds(string folder, string other) =>
        !Path.GetRelativePath(folder, other).StartsWith("..", StringComparison.Ordinal) && !Path.IsPathRooted(Path.GetRelativePath(folder, other));

    private static string? Problem(Action open)
    {
        try
        {
            open();
            return null;
        }
        catch (StartupException e)
        {
            return e.Message;
        }
    }

    private static PostgreSqlEngine PostgreSql(StorageOptions options, ILogger logger, ModuleSet? modules, TimeProvider clock)
    {
        if (string.IsNullOrWhiteSpace(options.PostgreSql))
        {
            throw new StartupException("Storage:Database is postgresql, but Storage:PostgreSql names no server.");
        }

        try
        {
            var sizes = modules?.All.Select(static m => m.Traits.Database).Where(static d => d?.MaxConnections is not null)
                .ToDictionary(static d => d!.Name, static d => d!.MaxConnections!.Value, StringComparer.Ordinal);
            return new(options.PostgreSql, logger, sizes, clock);
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            // The driver's own message may quote a piece of the text, and so of a password.
            throw new StartupException(
                "Storage:PostgreSql is no connection string. Write 'Host=…;Port=5432;Username=…;Password=…;Database=…'.", e);
        }
    }

    // Asked only when it is chosen: an installation on files has no such section, and need not say so.
    private static S3BlobStore S3(IConfiguration configuration, TimeProvider clock)
    {
        const string Section = "Storage:S3";
        var section = configuration.GetSection(Section);
        if (!section.Exists() || section.Get<S3Options>() is not { } options)
        {
            throw new StartupException($"Storage:Blobs is s3, but there is no section {Section}.");
        }

        (string Name, string Value)[] needed =
        [
            (nameof(S3Options.Endpoint), options.Endpoint),
            (nameof(S3Options.Bucket), options.Bucket),
            (nameof(S3Options.AccessKey), options.AccessKey),
            (nameof(S3Options.SecretKey), options.SecretKey),
        ];
        var missing = needed.Where(static n => string.IsNullOrWhiteSpace(n.Value)).Select(static n => $"{Section}:{n.Name}").ToList();
        if (missing.Count > 0)
        {
            throw new StartupException($"Storage:Blobs is s3, but {string.Join(", ", missing)} {(missing.Count == 1 ? "is" : "are")} not set.");
        }

        try
        {
            return new S3BlobStore(options, clock);
        }
        catch (ArgumentException e)
        {
            throw new StartupException($"{Section} cannot be used: {e.Message}", e);
        }
    }
}
