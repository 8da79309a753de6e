using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

#pragma warning disable RS0030 // Processes of their own are killed at random moments of real time.
namespace Stagedoor.Clients.Tests;

/// <summary>
/// The process is killed again and again, at any moment, while images are pushed and deleted, microservices registered and removed, and blobs
/// collected. What was acknowledged is there afterwards, what was deleted is not, what is listed is whole, and nothing answers 5xx.
/// <c>STAGEDOOR_KILLS</c> says how often (8 unless set).
/// </summary>
public sealed class RandomKillTests : IAsyncDisposable
{
    private const int Pushers = 4;
    private const int Registrars = 3;
    private const int LongRoundEvery = 8;

    // Where pushing is slow, deleting must leave something to look for.
    private const int LeastKept = 20;
    private static readonly TimeSpan s_shortestRound = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan s_longestRound = TimeSpan.FromMilliseconds(1800);

    // The first collection comes twenty seconds after a start.
    private static readonly TimeSpan s_collectingRound = TimeSpan.FromSeconds(21);

    private readonly StagedoorProcess _stagedoor = new();
    private readonly ConcurrentDictionary<(string Repository, string Tag), State> _tags = new();
    private readonly ConcurrentDictionary<(string Service, string Instance), State> _instances = new();
    private readonly ConcurrentQueue<string> _faults = new();
    private OwnDatabase? _database;
    private int _count;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static int Kills => int.Parse(Environment.GetEnvironmentVariable("STAGEDOOR_KILLS") ?? "8", CultureInfo.InvariantCulture);

    [Fact]
    public Task Nothing_acknowledged_is_lost_on_SQLite_and_files() => KillAgainAndAgainAsync([]);

    [Fact]
    public async Task Nothing_acknowledged_is_lost_on_PostgreSQL_and_S3()
    {
        _database = await OwnDatabase.CreateAsync();
        var s3 = Environment.GetEnvironmentVariable("STAGEDOOR_S3");
        Assert.SkipWhen(s3 is null, "Set STAGEDOOR_S3 to what eng/s3.sh start prints.");
        var parts = s3.Split(';').Skip(1).Select(static p => p.Split('=', 2)).ToDictionary(static p => p[0], static p => p[1], StringComparer.Ordinal);
        await KillAgainAndAgainAsync(
        [
            ("Storage__Database", "postgresql"), ("Storage__PostgreSql", _database.ConnectionString), ("Storage__Blobs", "s3"),
            ("Storage__S3__Endpoint", s3.Split(';')[0]), ("Storage__S3__Bucket", parts["bucket"]), ("Storage__S3__Prefix", $"kill-{Guid.NewGuid():n}"),
            ("Storage__S3__AccessKey", parts["accessKey"]), ("Storage__S3__SecretKey", parts["secretKey"]),
        ]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private async Task KillAgainAndAgainAsync((string Key, string Value)[] settings)
    {
        await _stagedoor.StartAsync([.. settings, ("Images__Collector__IntervalMinutes", "1"), ("Images__Collector__LeaseMinutes", "1")]);
        for (var kill = 1; kill <= Kills; kill++)
        {
            var round = kill % LongRoundEvery == 0
                ? s_collectingRound + RandomTime(TimeSpan.FromSeconds(2))
                : s_shortestRound + RandomTime(s_longestRound - s_shortestRound);
            await WorkUntilKilledAsync(round);
            await _stagedoor.StartAsync();
            await VerifyAsync($"kill {kill} after {round}", known => known.State is State.Unknown || RandomNumberGenerator.GetInt32(20) == 0);
            Assert.True(_faults.IsEmpty, string.Join("\n", _faults));
        }

        await VerifyAsync("the end", static _ => true);
        Assert.True(_faults.IsEmpty, string.Join("\n", _faults));
        Assert.NotEmpty(_tags);
        Assert.NotEmpty(_instances);
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{Kills} kills; {_tags.Count} tags and {_instances.Count} instances were followed, {_tags.Values.Count(static s => s is State.There)} and {_instances.Values.Count(static s => s is State.There)} of them are there.");
    }

    private static TimeSpan RandomTime(TimeSpan below) => TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32((int)below.TotalMilliseconds));

    private async Task WorkUntilKilledAsync(TimeSpan time)
    {
        using var client = _stagedoor.NewRegistryClient();
        using var registry = NewRegistry();
#pragma warning disable CA2025 // All of it is awaited below.
        var work = Enumerable.Range(0, Pushers).Select(n => RepeatAsync(() => PushAsync(client, n)))
            .Concat(Enumerable.Range(0, Registrars).Select(_ => RepeatAsync(() => RegisterAsync(registry))))
            .Append(RepeatAsync(() => DeleteTagAsync(client)))
            .Append(RepeatAsync(() => RemoveInstanceAsync(registry)))
            .ToList();
#pragma warning restore CA2025
        await Task.Delay(time, Cancellation);
        await _stagedoor.KillAsync();
        await Task.WhenAll(work);
    }

    // With keys: only an embedded installation trusts who is on the same machine.
    private HttpClient NewRegistry()
    {
        var registry = _stagedoor.NewHttpClient();
        registry.DefaultRequestHeaders.Add("X-Service-AK", _stagedoor.FirstRun.AccessKey);
        registry.DefaultRequestHeaders.Add("X-Service-ShaAKSK", _stagedoor.FirstRun.RegistryKey);
        return registry;
    }

    // Until the server is gone.
    private async Task RepeatAsync(Func<Task> step)
    {
        while (_stagedoor.IsRunning)
        {
            try
            {
                await step();
            }
            catch (HttpRequestException)
            {
                return;
            }
            catch (RegistryException e)
            {
                _faults.Enqueue(e.Message);
                return;
            }
        }
    }

    private async Task PushAsync(RegistryClient client, int pusher)
    {
        var n = Interlocked.Increment(ref _count);
        var image = TestImage.Opaque(1_000, n % 5 == 0 ? 900_000 : 20_000);
        var name = ($"kill/app-{n % 5}", $"t{n}");
        _tags[name] = State.Unknown;
        if (n % 4 == 0)
        {
            // Nothing will refer to it: the collector's.
            var unused = RandomNumberGenerator.GetBytes(5_000);
            await client.PushBlobAsync(name.Item1, RegistryClient.DigestOf(unused), unused, BlobUpload.SinglePost);
        }

        await client.PushAsync(name.Item1, name.Item2, image, (BlobUpload)((pusher + n) % 4));
        _tags[name] = State.There;
    }

    private async Task DeleteTagAsync(RegistryClient client)
    {
        var known = _tags.Where(static t => t.Value is State.There).Take(LeastKept + 1).ToList();
        if (known.Count <= LeastKept)
        {
            await Task.Delay(20, Cancellation);
            return;
        }

        var name = known[RandomNumberGenerator.GetInt32(known.Count)].Key;

        var digest = RegistryClient.DigestOf(await client.PullManifestAsync(name.Repository, name.Tag));
        _tags[name] = State.Unknown;
        using var deleted = await client.SendAsync(HttpMethod.Delete, $"/v2/{name.Repository}/manifests/{(name.Tag.EndsWith('1') ? digest : name.Tag)}", null);
        Expect(deleted, HttpStatusCode.Accepted);
        _tags[name] = State.Gone;
        await Task.Delay(50, Cancellation);
    }

    private async Task RegisterAsync(HttpClient registry)
    {
        var n = Interlocked.Increment(ref _count);
        var service = await IdAsync(
            registry, "/v4/default/registry/microservices", new { service = new { appId = "kill", serviceName = $"s{n % 20}", version = "1.0.0" } }, "serviceId");
        var key = (service, $"i{n}");
        _instances[key] = State.Unknown;
        var lease = new { mode = "push", interval = 300, times = 3 };
        await IdAsync(
            registry,
            $"/v4/default/registry/microservices/{service}/instances",
            new { instance = new { instanceId = key.Item2, hostName = "h", endpoints = new[] { $"rest://127.0.0.1:{n % 60000}" }, healthCheck = lease } },
            "instanceId");
        _instances[key] = State.There;
    }

    private async Task RemoveInstanceAsync(HttpClient registry)
    {
        if (_instances.FirstOrDefault(static t => t.Value is State.There).Key is not { Instance: not null } key)
        {
            await Task.Delay(20, Cancellation);
            return;
        }

        _instances[key] = State.Unknown;
        using var removed = await registry.DeleteAsync($"/v4/default/registry/microservices/{key.Service}/instances/{key.Instance}", Cancellation);
        Expect(removed, HttpStatusCode.OK);
        _instances[key] = State.Gone;
        await Task.Delay(20, Cancellation);
    }

    private static async Task<string> IdAsync(HttpClient registry, string path, object body, string member)
    {
        using var response = await registry.PostAsJsonAsync(path, body, Cancellation);
        Expect(response, HttpStatusCode.OK);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty(member).GetString()!;
    }

    private static void Expect(HttpResponseMessage response, HttpStatusCode status)
    {
        if (response.StatusCode != status)
        {
            throw new RegistryException(response.StatusCode, $"{response.RequestMessage}: {(int)response.StatusCode} instead of {(int)status}");
        }
    }

    private async Task VerifyAsync(string when, Func<(object Key, State State), bool> which)
    {
        using var client = _stagedoor.NewRegistryClient();
        using var registry = NewRegistry();
        foreach (var (name, state) in _tags.Where(t => which((t.Key, t.Value))).ToList())
        {
            using var head = await client.SendAsync(HttpMethod.Head, $"/v2/{name.Repository}/manifests/{name.Tag}", null);
            Assert.True((int)head.StatusCode is 200 or 404, $"{when}: {name} is {(int)head.StatusCode}");
            var isThere = head.StatusCode is HttpStatusCode.OK;
            Assert.True(state is State.Unknown || (state is State.There) == isThere, $"{when}: {name} should be {state}");
            if (isThere)
            {
                await client.VerifyAsync(name.Repository, name.Tag);
            }

            _tags[name] = isThere ? State.There : State.Gone;
        }

        foreach (var repository in _tags.Keys.Select(static t => t.Repository).Distinct(StringComparer.Ordinal))
        {
            var listed = (await client.ListTagsAsync(repository)).ToHashSet(StringComparer.Ordinal);
            Assert.All(
                _tags.Where(t => string.Equals(t.Key.Repository, repository, StringComparison.Ordinal) && t.Value is not State.Unknown),
                t => Assert.True(listed.Contains(t.Key.Tag) == t.Value is State.There, $"{when}: {t.Key} is {(t.Value is State.There ? "not " : "")}listed"));
        }

        foreach (var (key, state) in _instances.Where(t => which((t.Key, t.Value))).ToList())
        {
            using var found = await registry.GetAsync($"/v4/default/registry/microservices/{key.Service}/instances/{key.Instance}", Cancellation);
            Assert.True((int)found.StatusCode is 200 or 400, $"{when}: {key} is {(int)found.StatusCode}");
            var isThere = found.StatusCode is HttpStatusCode.OK;
            Assert.True(state is State.Unknown || (state is State.There) == isThere, $"{when}: {key} should be {state}");
            _instances[key] = isThere ? State.There : State.Gone;
        }
    }

    private enum State
    {
        /// <summary>It was asked for, and the answer never came.</summary>
        Unknown,
        There,
        Gone,
    }
}
