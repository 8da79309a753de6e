using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Stagedoor.Content.Collection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>
/// A replica is frozen inside a transaction of images. Whoever needs the same rows waits until the database ends its session, here after a second
/// instead of five, and goes on; the frozen one does its work anew on what is there then.
/// </summary>
public sealed class FrozenReplicaTests
{
    private const string Repository = "team/app";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_begin_an_upload_in_one_repository()
    {
        await using var pair = await Pair.StartAsync();
        await PushAsync(pair.Here, [1]);

        var (frozen, other) = await pair.RunFrozenAsync(() => BeginAsync(pair.Here), () => BeginAsync(pair.There));

        Assert.NotEqual(frozen, other);
        Assert.Equal(["2"], await pair.QueryAsync("SELECT COUNT(*) FROM images.blob_uploads"));
    }

    [Fact]
    public async Task Both_push_one_blob()
    {
        await using var pair = await Pair.StartAsync();
        var content = Installation.Random(1000);
        var (here, there) = (await BeginAsync(pair.Here), await BeginAsync(pair.There));

        await pair.RunFrozenAsync(() => FinishAsync(pair.Here, here, content), () => FinishAsync(pair.There, there, content));

        Assert.Equal(["0"], await pair.QueryAsync("SELECT COUNT(*) FROM images.blob_uploads"));
        await pair.ServesAsync(content);
    }

    [Fact]
    public async Task A_push_goes_before_a_collector_that_is_frozen_at_its_claim()
    {
        await using var pair = await Pair.StartAsync();
        var content = Installation.Random(1000);
        await PushAsync(pair.Here, content);
        await pair.QueryAsync("DELETE FROM images.blob_links");
        await pair.QueryAsync("UPDATE images.blobs SET leased_until = 0");
        var claims = pair.First.Services.GetRequiredService<CollectorStore>();
        var location = await BeginAsync(pair.There);

        var (claimed, _) = await pair.RunFrozenAsync(() => claims.ClaimAsync([Installation.DigestOf(content)], Cancellation), () => FinishAsync(pair.There, location, content));

        Assert.Empty(claimed);
        await pair.ServesAsync(content);
    }

    private static async Task<string> BeginAsync(HttpClient client)
    {
        using var begun = await client.PostAsync($"/v2/{Repository}/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, 202);
        return begun.Headers.Location!.OriginalString;
    }

    private static async Task<string> FinishAsync(HttpClient client, string location, byte[] content)
    {
        using var finished = await TwoHosts.FinishAsync(client, new Uri(location).PathAndQuery, Installation.DigestOf(content), content);
        await Installation.ShouldBeAsync(finished, 201);
        return location;
    }

    private static async Task PushAsync(HttpClient client, byte[] content) => await FinishAsync(client, await BeginAsync(client), content);

    private sealed class Pair : IAsyncDisposable
    {
        private readonly DatabaseGate _gate = new();
        private OwnDatabase _database = null!;
        private StagedoorApp _second = null!;

        public StagedoorApp First { get; private set; } = null!;

        public HttpClient Here { get; private set; } = null!;

        public HttpClient There { get; private set; } = null!;

        public static async Task<Pair> StartAsync()
        {
            var pair = new Pair { _database = await OwnDatabase.CreateAsync() };
            (string Key, string Value)[] settings =
            [
                .. pair._database.Settings.Where(static s => s.Key is not "Storage:PostgreSql"),
                ("Storage:PostgreSql", new NpgsqlConnectionStringBuilder(pair._database.ConnectionString) { Options = "-c idle_in_transaction_session_timeout=1s" }.ToString()),
                ("Modules", "images"), ("Gateway:PasswordIterations", "10000"), ("Images:Collector:Enabled", "false"), ("Images:Scrubber:Enabled", "false"),
            ];
            pair.First = await StagedoorApp.StartAsync(pair._gate.Install, settings);
            pair._second = await StagedoorApp.JoinAsync(pair.First, settings);
            pair.Here = pair.First.Registry();
            pair.There = pair._second.Registry(pair.First.FirstRun.RegistryUser, pair.First.FirstRun.RegistryKey);
            using var made = await pair.First.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "team" }, Cancellation);
            await Installation.ShouldBeAsync(made, 201);
            return pair;
        }

        /// <summary>Freezes the first at the end of its next transaction until the other is done.</summary>
        public async Task<(T Frozen, TOther Other)> RunFrozenAsync<T, TOther>(Func<Task<T>> frozen, Func<Task<TOther>> other)
        {
            using var hold = _gate.HoldNext("images");
            var first = frozen();
            await hold.ReachedAsync();
            var second = await other().WaitAsync(s_patience, TimeProvider.System, Cancellation);
            hold.Release();
            return (await first.WaitAsync(s_patience, TimeProvider.System, Cancellation), second);
        }

        public async Task ServesAsync(byte[] content)
        {
            foreach (var client in (HttpClient[])[Here, There])
            {
                Assert.Equal(content, await client.GetByteArrayAsync($"/v2/{Repository}/blobs/{Installation.DigestOf(content)}", Cancellation));
            }
        }

        public Task<IReadOnlyList<string>> QueryAsync(string sql) => _database.QueryAsync(sql);

        public async ValueTask DisposeAsync()
        {
            Here.Dispose();
            There.Dispose();
            await First.DisposeAsync();
            await _second.DisposeAsync();
            await _database.DisposeAsync();
        }
    }
}
