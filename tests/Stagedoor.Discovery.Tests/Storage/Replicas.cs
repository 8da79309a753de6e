using System.Diagnostics;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>Two engines on one PostgreSQL server of their own, which a test can stop and start.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    private readonly string _server = "discovery-" + Guid.NewGuid().ToString("n")[..8];
    private readonly (string Key, string Value)[] _more;
    private string _connection = "";

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
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL") is null, "Set STAGEDOOR_POSTGRESQL; ./test does, and then a second server can be started too.");
        var replicas = new Replicas(more);
        replicas._connection = (await replicas.ServerAsync("start")).Trim().Split('=', 2)[1];
        replicas.First = await StagedoorApp.StartAsync(replicas.Settings);
        replicas.Second = await StagedoorApp.JoinAsync(replicas.First, replicas.Settings);
        return replicas;
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

        await ServerAsync("stop");
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
