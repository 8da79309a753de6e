using System.Diagnostics;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>Two engines on one PostgreSQL database, on a server of their own where a test stops and starts it.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    private readonly string _server = "discovery-" + Guid.NewGuid().ToString("n")[..8];
    private readonly (string Key, string Value)[] _more;
    private string _connection = "";
    private OwnDatabase? _database;

    private Replicas((string Key, string Value)[] more) => _more = more;

    public StagedoorApp First { get; private set; } = null!;

    public StagedoorApp Second { get; private set; } = null!;

    private (string Key, string Value)[] Settings =>
    [
        ("Gateway:PasswordIterations", "10000"),
        ("Storage:Database", "postgresql"),
        ("Storage:PostgreSql", _connection),
        ("Gateway:MasterKey", Convert.ToBase64String(SHA256.HashData("replicas"u8))),
        .. _more,
    ];

    public static async Task<Replicas> StartAsync(params (string Key, string Value)[] more)
    {
        var database = await OwnDatabase.CreateAsync();
        return await new Replicas(more) { _database = database, _connection = database.ConnectionString }.StartAsync();
    }

    /// <summary>The same with a server that can be halted.</summary>
    public static async Task<Replicas> StartOnOwnServerAsync()
    {
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL") is null, "Set STAGEDOOR_POSTGRESQL; ./test does, and then a second server can be started too.");
        var replicas = new Replicas([]);
        replicas._connection = (await replicas.ServerAsync("start")).Trim().Split('=', 2)[1];
        return await replicas.StartAsync();
    }

    /// <summary>Stops the database server; its data stays.</summary>
    public Task HaltDatabaseAsync() => ServerAsync("halt");

    public Task ReviveDatabaseAsync() => ServerAsync("start");

    /// <summary>A client of a replica that both know.</summary>
    public HttpClient ClientOf(StagedoorApp replica) => replica.WithKeys(First.FirstRun.AccessKey, First.FirstRun.SecretKey);

    public async Task LoseFirstAsync()
    {
        await First.DisposeAsync();
        First = null!;
    }

    public async ValueTask DisposeAsync()
    {
        if (First is not null)
        {
            await First.DisposeAsync();
        }

        if (Second is not null)
        {
            await Second.DisposeAsync();
        }

        await (_database?.DisposeAsync().AsTask() ?? ServerAsync("stop"));
    }

    private async Task<Replicas> StartAsync()
    {
        First = await StagedoorApp.StartAsync(Settings);
        Second = await StagedoorApp.JoinAsync(First, Settings);
        return this;
    }

    private async Task<string> ServerAsync(string command)
    {
        var start = new ProcessStartInfo(Path.Combine(Checkout.Root, "eng", "postgres.sh"), command) { RedirectStandardOutput = true, UseShellExecute = false };
        start.Environment["STAGEDOOR_POSTGRES_NAME"] = _server;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        await process.WaitForExitAsync(CancellationToken.None);
        Assert.True(process.ExitCode == 0, $"eng/postgres.sh {command} ended with {process.ExitCode}");
        return output;
    }
}
