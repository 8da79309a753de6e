using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// The process is killed again and again while it starts: while it makes its databases, reads the logs of the run before and takes up uploads. It
/// starts all the same when it is let, and has lost nothing. <c>STAGEDOOR_KILLS</c> says how often (8 unless set).
/// </summary>
public abstract class StartKillTests : IAsyncLifetime
{
    private const string Repository = "kills/start";
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(2);
    private readonly StagedoorProcess _stagedoor = new();

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("STAGEDOOR_KILLS") ?? "8", CultureInfo.InvariantCulture);

    public async ValueTask InitializeAsync() => _stagedoor.Set(await SettingsAsync());

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _stagedoor.DisposeAsync();
    }

    [Fact]
    public async Task A_first_start_that_is_killed_is_begun_again_and_serves()
    {
        await KillStartsAsync();

        await _stagedoor.StartAsync();

        using var client = _stagedoor.NewRegistryClient();
        var blob = RandomNumberGenerator.GetBytes(1_000);
        var digest = RegistryClient.DigestOf(blob);
        await client.PushBlobAsync(Repository, digest, blob, BlobUpload.Monolithic);
        await client.VerifyBlobAsync(Repository, digest, blob.Length);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_starts_that_were_killed()
    {
        await _stagedoor.StartAsync();
        var blobs = Enumerable.Range(0, 20).Select(static _ => RandomNumberGenerator.GetBytes(20_000)).ToList();
        var half = RandomNumberGenerator.GetBytes(2_000_000);
        Uri upload;
        using (var client = _stagedoor.NewRegistryClient())
        {
            foreach (var blob in blobs)
            {
                await client.PushBlobAsync(Repository, RegistryClient.DigestOf(blob), blob, BlobUpload.Monolithic);
            }

            upload = await client.AppendAsync(await client.StartUploadAsync(Repository), 0, half.AsMemory(0, half.Length / 2));
        }

        // The log of each database still holds what was written last.
        await _stagedoor.KillAsync();
        await KillStartsAsync();
        await _stagedoor.StartAsync();

        using var again = _stagedoor.NewRegistryClient();
        foreach (var blob in blobs)
        {
            await again.VerifyBlobAsync(Repository, RegistryClient.DigestOf(blob), blob.Length);
        }

        Assert.Equal(half.Length / 2, await again.OffsetAsync(upload));
        upload = await again.AppendAsync(upload, half.Length / 2, half.AsMemory(half.Length / 2));
        using var finished = await again.FinishAsync(upload, RegistryClient.DigestOf(half), null);
        Assert.Equal(HttpStatusCode.Created, finished.StatusCode);
        await again.VerifyBlobAsync(Repository, RegistryClient.DigestOf(half), half.Length);
    }

    private protected abstract Task<IEnumerable<(string Key, string Value)>> SettingsAsync();

    private async Task KillStartsAsync()
    {
        for (var kill = 0; kill < Kills; kill++)
        {
            await _stagedoor.StartAndKillAsync(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)s_longest.TotalMilliseconds)));
        }
    }
}

public sealed class SqliteStartKillTests : StartKillTests
{
    private protected override Task<IEnumerable<(string Key, string Value)>> SettingsAsync() => Task.FromResult<IEnumerable<(string, string)>>([]);
}

/// <summary>A server goes on for a moment with what a killed process has asked of it.</summary>
public sealed class PostgreSqlStartKillTests : StartKillTests
{
    private OwnDatabase? _database;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private protected override async Task<IEnumerable<(string Key, string Value)>> SettingsAsync() => (_database = await OwnDatabase.CreateAsync()).Settings;
}
