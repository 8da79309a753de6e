using System.Security.Cryptography;
using Npgsql;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The topology of <c>eng/compose.yaml</c> as processes: two replicas on one PostgreSQL and one S3 store, nginx before them.</summary>
internal sealed class ReplicatedInstallation : IAsyncDisposable
{
    private const string RegistryMark = "Service Center is also at ";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private OwnDatabase? _database;

    public StagedoorProcess First { get; } = new();

    public StagedoorProcess Second { get; } = new();

    public NginxProxy Proxy { get; } = new();

    public IReadOnlyList<StagedoorProcess> Replicas => [First, Second];

    /// <summary>Skips the test where a server or a program is missing.</summary>
    public async Task StartAsync()
    {
        Tool.Require("nginx");
        var s3 = Environment.GetEnvironmentVariable("STAGEDOOR_S3");
        Assert.SkipWhen(s3 is null, "Set STAGEDOOR_S3 to what eng/s3.sh start prints.");
        _database = await OwnDatabase.CreateAsync();
        var parts = s3.Split(';').Skip(1).Select(static p => p.Split('=', 2)).ToDictionary(static p => p[0], static p => p[1], StringComparer.Ordinal);
        (string Key, string Value)[] settings =
        [
            // The server is shared with other tests.
            ("Storage:Database", "postgresql"), ("Storage:PostgreSql", new NpgsqlConnectionStringBuilder(_database.ConnectionString) { MaxPoolSize = 8 }.ToString()),
            ("Storage:Blobs", "s3"), ("Storage:S3:Endpoint", s3.Split(';')[0]), ("Storage:S3:Bucket", parts["bucket"]),
            ("Storage:S3:Prefix", $"replicas-{Guid.NewGuid():n}"), ("Storage:S3:AccessKey", parts["accessKey"]), ("Storage:S3:SecretKey", parts["secretKey"]),
            ("Gateway:MasterKey", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))), ("Gateway:TrustedProxies:0", "127.0.0.1"),
            ("Discovery:Listen", "0"),
        ];
        await First.StartAsync(settings);
        Second.Set(settings);
        await Second.BeginAsync();
        List<string> registries = [];
        foreach (var replica in Replicas)
        {
            var registry = await RegistryAsync(replica);
            replica.Set(("Discovery:Listen", $"{registry.Port}"));
            registries.Add(registry.Authority);
        }

        await Proxy.StartAsync([First.Host, Second.Host], registries);
    }

    /// <summary>A client of the images of the administrator, through the proxy.</summary>
    public RegistryClient NewImages() => NewImages(Proxy.Url);

    public RegistryClient NewImages(string url) => new(url, First.FirstRun.RegistryUser, First.FirstRun.RegistryKey);

    /// <summary>A client of the registry of microservices, through the proxy's port for it.</summary>
    public HttpClient NewRegistry() => NewRegistry(Proxy.RegistryUrl);

    public HttpClient NewRegistry(string url)
    {
        var client = new OutgoingClient { BaseAddress = new(url) };
        client.DefaultRequestHeaders.Add("X-Service-AK", First.FirstRun.AccessKey);
        client.DefaultRequestHeaders.Add("X-Service-ShaAKSK", First.FirstRun.RegistryKey);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await Proxy.DisposeAsync();
        await First.DisposeAsync();
        await Second.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private static async Task<Uri> RegistryAsync(StagedoorProcess replica)
    {
        await Eventually.TrueAsync("the registry's address is printed", s_patience, () => replica.Output.Contains(RegistryMark, StringComparison.Ordinal));
        return new(replica.Output.Split('\n').First(static l => l.StartsWith(RegistryMark, StringComparison.Ordinal))[RegistryMark.Length..].Trim());
    }
}
