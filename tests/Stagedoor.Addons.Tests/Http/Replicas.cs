using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>
/// Two replicas over one PostgreSQL, one store of packages and one folder of clusters. The first has a gate before its database, so that a request to it can be stopped at
/// each of its reads and transactions while the other answers another request.
/// </summary>
internal sealed class Replicas : IAsyncDisposable
{
    private const int MaxPoints = 60;

    private readonly OwnDatabase _database;
    private readonly TemporaryFolder _folder = new();
    private readonly DatabaseGate _gate = new();
    private int _count;

    private Replicas(OwnDatabase database) => _database = database;

    public StagedoorApp First { get; private set; } = null!;

    public StagedoorApp Second { get; private set; } = null!;

    /// <summary>A client of the second replica.</summary>
    public HttpClient Other { get; private set; } = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<Replicas> StartAsync()
    {
        var replicas = new Replicas(await OwnDatabase.CreateAsync());
        (string, string)[] settings =
        [
            ("Gateway:PasswordIterations", "10000"), ("Addons:GitOps:Roots:0", Path.Combine(replicas._folder.Path, "gitops")), ("Addons:MaxClustersPerProject", "1000"),
            .. replicas._database.Settings,
        ];
        replicas.First = await StagedoorApp.StartAsync(replicas._gate.Install, settings);
        replicas.Second = await StagedoorApp.JoinAsync(replicas.First, settings);
        replicas.Other = replicas.Second.WithKeys(replicas.First.FirstRun.AccessKey, replicas.First.FirstRun.SecretKey);
        return replicas;
    }

    /// <summary>A new cluster.</summary>
    public async Task<string> RegisterAsync()
    {
        using var response = await First.Admin.PostAsJsonAsync(
            $"/api/v3/projects/{First.FirstRun.ProjectId}/clusters", AddonSite.Cluster($"race-{Interlocked.Increment(ref _count)}"), Cancellation);
        return (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    public string Name(string prefix) => $"{prefix}-{Interlocked.Increment(ref _count)}";

    /// <summary>Publishes an add-on, with further files.</summary>
    public async Task PublishAsync(string name, string version, params (string, string)[] more)
    {
        using var form = AddonSite.Form(AddonSite.Chart(name, version, more));
        using var response = await First.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);
        await AddonSite.ReadAsync(response, 201);
    }

    /// <summary>What the folder of a cluster has of a release.</summary>
    public JsonElement? Inventory(string cluster, string @namespace, string release)
    {
        var path = Path.Combine(_folder.Path, "gitops", "clusters", cluster, @namespace, release, "inventory.json");
        return File.Exists(path) ? JsonElement.Parse(File.ReadAllText(path)) : null;
    }

    public Task<IReadOnlyList<string>> QueryAsync(string sql) => _database.QueryAsync(sql);

    /// <summary>
    /// Sends the one request to the first replica, stops it at one of its reads or transactions, and the other one to the second replica meanwhile; and does so for every place
    /// where the one can be stopped.
    /// </summary>
    /// <param name="prepare">Makes what both are about.</param>
    /// <param name="stopped">The request that is stopped.</param>
    /// <param name="between">The one that comes in between.</param>
    /// <param name="check">Looks at what has become of both: what was prepared, and the two answers.</param>
    /// <returns>At how many places it was stopped.</returns>
    public async Task<int> RaceAsync<T>(
        Func<Task<T>> prepare, Func<HttpClient, T, Task<HttpResponseMessage>> stopped, Func<HttpClient, T, Task<HttpResponseMessage>> between,
        Func<T, Answer, Answer, Task> check)
    {
        var places = 0;
        foreach (var point in (DatabasePoint[])[DatabasePoint.Read, DatabasePoint.Begin, DatabasePoint.Commit])
        {
            for (var after = 0; after < MaxPoints; after++)
            {
                var about = await prepare();
                using var held = _gate.HoldNextOfRequest("addons", after, point);
                var one = stopped(First.Admin, about);
                var reached = held.ReachedAsync();
                if (await Task.WhenAny(one, reached) == one)
                {
                    // It is over before it came so far.
                    _gate.Clear();
                    (await one).Dispose();
                    break;
                }

                await reached;
                places++;
                var two = between(Other, about);
                await Eventually.TrueAsync("the other request has ended, or waits", TimeSpan.FromSeconds(30), async () => two.IsCompleted || await _database.HasWaitersAsync(withLocks: true));
                held.Release();
                using var first = await one;
                using var second = await two;
                await check(about, await Answer.OfAsync(first, $"{point} {after}"), await Answer.OfAsync(second, $"{point} {after}"));
            }
        }

        return places;
    }

    public async ValueTask DisposeAsync()
    {
        if (Second is not null)
        {
            await Second.DisposeAsync();
        }

        if (First is not null)
        {
            await First.DisposeAsync();
        }

        await _database.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>What a request of a race was answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Code">The code of the error; empty where there was none.</param>
/// <param name="Body">The body.</param>
/// <param name="Place">Where the request that was stopped was stopped.</param>
internal sealed record Answer(int Status, string Code, JsonElement Body, string Place)
{
    public bool IsDone => Status is 200 or 201;

    public static async Task<Answer> OfAsync(HttpResponseMessage response, string place)
    {
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var code = body.ValueKind is JsonValueKind.Object && body.TryGetProperty("error_code", out var found) ? found.GetString()! : "";
        return new((int)response.StatusCode, code, body, place);
    }

    public override string ToString() => $"{Place}: {Status} {Code} {Body.GetRawText()}";
}
