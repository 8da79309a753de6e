using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Testing;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>Two engines on one database, each behind a link of its own that a test can break.</summary>
internal sealed class LinkedReplicas : IAsyncDisposable
{

    // A connection that is made meanwhile has several seconds of real time before it is given up.
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(250);
    private readonly OwnDatabase _database;
    private readonly NpgsqlConnectionStringBuilder _server;

    private LinkedReplicas(OwnDatabase database)
    {
        (_database, _server) = (database, new(database.ConnectionString));
        FirstLink = new(_server.Host!, _server.Port);
        SecondLink = new(_server.Host!, _server.Port);
    }

    public FaultyLink FirstLink { get; }

    public FaultyLink SecondLink { get; }

    public StagedoorApp First { get; private set; } = null!;

    public StagedoorApp Second { get; private set; } = null!;

    public HttpClient FirstClient { get; private set; } = null!;

    public HttpClient SecondClient { get; private set; } = null!;

    public static async Task<LinkedReplicas> StartAsync(params (string Key, string Value)[] more)
    {
        var replicas = new LinkedReplicas(await OwnDatabase.CreateAsync());
        try
        {
            replicas.First = await StagedoorApp.StartAsync(replicas.Settings(replicas.FirstLink, more));
            replicas.Second = await StagedoorApp.JoinAsync(replicas.First, replicas.Settings(replicas.SecondLink, more));
            replicas.FirstClient = replicas.ClientOf(replicas.First);
            replicas.SecondClient = replicas.ClientOf(replicas.Second);
            return replicas;
        }
        catch
        {
            await replicas.DisposeAsync();
            throw;
        }
    }

    /// <summary>So many seconds pass for both, and none of them for the link: what they would have told each other meanwhile is not missing.</summary>
    public void StandStill(double seconds)
    {
        First.Clock.StandStill(TimeSpan.FromSeconds(seconds));
        Second.Clock.StandStill(TimeSpan.FromSeconds(seconds));
    }

    /// <summary>Waits until a replica has heard everything that was told before now.</summary>
    public static Task HearsAsync(StagedoorApp replica)
    {
        var leases = replica.Services.GetRequiredService<Leases>();
        var now = leases.Now;
        return Eventually.TrueAsync("the replica hears itself", replica.Clock, s_step, () => leases.HearsUpTo >= now);
    }

    public async ValueTask DisposeAsync()
    {
        FirstLink.Mend();
        SecondLink.Mend();
        FirstClient?.Dispose();
        SecondClient?.Dispose();
        if (First is not null)
        {
            await First.DisposeAsync();
        }

        if (Second is not null)
        {
            await Second.DisposeAsync();
        }

        await FirstLink.DisposeAsync();
        await SecondLink.DisposeAsync();
        await _database.DisposeAsync();
    }

    private HttpClient ClientOf(StagedoorApp replica) => replica.WithKeys(First.FirstRun.AccessKey, First.FirstRun.SecretKey);

    private (string Key, string Value)[] Settings(FaultyLink link, (string Key, string Value)[] more) =>
    [
        ("Gateway:PasswordIterations", "10000"),
        ("Gateway:RequestsPerSecond", "0"),
        ("Storage:Database", "postgresql"),
        ("Storage:PostgreSql", new NpgsqlConnectionStringBuilder(_server.ConnectionString) { Host = "127.0.0.1", Port = link.Port }.ToString()),
        ("Gateway:MasterKey", Convert.ToBase64String(SHA256.HashData("replicas"u8))),
        ("Discovery:MinHeartbeatTimes", "0"),
        .. more,
    ];
}
