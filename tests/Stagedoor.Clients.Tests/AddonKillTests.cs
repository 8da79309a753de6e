using System.Globalization;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Addons.Tests.Drivers.Kubernetes;
using Stagedoor.Addons.Tests.Http;
using Stagedoor.Testing;
using Xunit;

#pragma warning disable RS0030 // Processes of their own are killed at random moments of real time.
namespace Stagedoor.Clients.Tests;

/// <summary>
/// The server is killed (SIGKILL) while it brings add-ons and releases to clusters. <c>STAGEDOOR_KILLS</c> says how many rounds of random moments there are (6 unless set).
/// </summary>
public sealed class AddonKillTests(ITestOutputHelper output) : IAsyncDisposable
{
    private const string Root = "/api/v3/addons";
    private const string Install = "install";
    private const string Upgrade = "upgrade";
    private const string Rollback = "rollback";
    private const string Uninstall = "uninstall";
    private const string ReleaseInstall = "release install";
    private const string ReleaseUpgrade = "release upgrade";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(120);
    private static readonly string[] s_operations = [Install, Upgrade, Rollback, Uninstall, ReleaseInstall, ReleaseUpgrade];

    private readonly StagedoorProcess _process = new();
    private readonly List<ApiServer> _servers = [];
    private HttpClient _admin = null!;
    private string _charts = "";

    private static int Rounds => int.Parse(Environment.GetEnvironmentVariable("STAGEDOOR_KILLS") ?? "6", CultureInfo.InvariantCulture);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        _admin?.Dispose();
        await _process.DisposeAsync();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Killed_at_each_change_that_it_makes_in_a_cluster_it_ends_what_it_began()
    {
        // Health is not asked meanwhile, and all clusters at once.
        await StartAsync(("Addons:Operations:HealthSeconds", "3600"), ("Addons:Operations:AtOnce", "500"), ("Addons:MaxClustersPerProject", "1000"));
        await PublishAsync(HookedChart);
        var cases = new List<Case>();
        var expected = new Dictionary<string, (string Picture, string Hooks)>(StringComparer.Ordinal);
        foreach (var operation in s_operations)
        {
            var whole = await PrepareAsync(operation, 0, isAfter: false);
            await BeginAsync(whole);
            await WaitAsync(whole);
            expected[operation] = (Picture(whole.Server), Hooks(whole.Server));
            var both = Enumerable.Range(1, whole.Count).SelectMany(static at => (bool[])[false, true], static (at, isAfter) => (at, isAfter));
            foreach (var (at, isAfter) in both)
            {
                cases.Add(new(operation, at, isAfter, null!));
            }
        }

        cases = [.. await Task.WhenAll(cases.Select(c => PrepareAsync(c.Operation, c.At, c.IsAfter)))];
        await Task.WhenAll(cases.Select(BeginAsync));
        await Eventually.TrueAsync("all are in the middle", TimeSpan.FromSeconds(60), () => cases.TrueForAll(static c => c.IsHeld));
        await KillAsync();

        foreach (var one in cases)
        {
            await WaitAsync(one);
            Assert.True(expected[one.Operation].Picture == Picture(one.Server), $"{one}\n{expected[one.Operation].Picture}\n{Picture(one.Server)}");
            Assert.True(expected[one.Operation].Hooks == Hooks(one.Server), $"{one}\n{Hooks(one.Server)}");
        }

        output.WriteLine($"{cases.Count} operations were cut: {string.Join(", ", cases.CountBy(static c => c.Operation).Select(static c => $"{c.Value} of {c.Key}"))}");
    }

    [Fact]
    public async Task Killed_at_any_moment_it_leaves_whole_revisions_in_the_files_of_clusters_and_ends_what_it_began()
    {
        const int AtOnce = 16;
        await StartAsync(("Addons:Operations:AtOnce", "4"));
        await PublishAsync(LargeChart);
        var cut = 0;
        var operations = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var operation = s_operations[round % s_operations.Length];
            var cases = await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => PrepareAsync(operation, 0, isAfter: false, hasServer: false)));
            await Task.WhenAll(cases.Select(BeginAsync));
            await Task.Delay(RandomNumberGenerator.GetInt32(400), Cancellation);
            await KillAsync(() =>
            {
                Array.ForEach(cases, ShouldBeWhole);
                cut += (int)new Sabotage(Path.Combine(_process.DataDirectory, "addons.db")).Count("job WHERE finished_at IS NULL");
            });
            operations += AtOnce;
            foreach (var one in cases)
            {
                await WaitAsync(one);
                ShouldBeWhole(one);
            }
        }

        output.WriteLine($"{Rounds} kills, {operations} operations, of which {cut} were not done.");
        Assert.True(cut > 0, "Nothing was cut.");
    }

    private static IEnumerable<(string, string)> HookedChart(string version) =>
    [
        ("templates/config.yaml", $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{v: \"{version}\"}}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: \"only-{version}\"}}\ndata: {{v: x}}\n"),
        ("templates/hooks.yaml", string.Concat(((string[])["pre-install", "post-install", "pre-upgrade", "pre-rollback", "pre-delete", "post-delete"]).Select(static o =>
            $"apiVersion: batch/v1\nkind: Job\nmetadata: {{name: on-{o}, annotations: {{helm.sh/hook: {o}}}}}\nspec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: a, image: b}}]}}}}}}\n---\n"))),
    ];

    private static IEnumerable<(string, string)> LargeChart(string version) =>
    [
        ("templates/config.yaml", string.Concat(Enumerable.Range(0, 60).Select(n => $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: m{n}}}\ndata: {{v: \"{version}\"}}\n---\n"))),
    ];

    private static string Picture(ApiServer server) => string.Join('\n', server.Objects.OrderBy(static o => o.Key, StringComparer.Ordinal).Select(
        static o => $"{o.Key} {o.Value["data"]?["v"]} {o.Value["metadata"]?["labels"]?["status"]}"));

    private static string Hooks(ApiServer server) => string.Join('\n', server.Created.Where(static c => c.Contains("/jobs/", StringComparison.Ordinal)));

    private static string Status(JsonElement shown) => shown.GetProperty("status").GetProperty("status").GetString()!;

    private async Task StartAsync(params (string Key, string Value)[] settings)
    {
        await _process.StartAsync(settings);
        Connect();
    }

    private void Connect()
    {
        _admin?.Dispose();
        _admin = new OutgoingClient(new SigningHandler(_process.FirstRun.AccessKey, _process.FirstRun.SecretKey, TimeProvider.System) { InnerHandler = new SocketsHttpHandler() })
        {
            BaseAddress = new(_process.Url),
        };
    }

    private async Task KillAsync(Action? meanwhile = null)
    {
        await _process.KillAsync();
        meanwhile?.Invoke();
        await _process.StartAsync();
        Connect();
    }

    private async Task PublishAsync(Func<string, IEnumerable<(string, string)>> files)
    {
        foreach (var version in (string[])["1.0.0", "1.1.0"])
        {
            using var form = AddonSite.Form(AddonSite.Chart("cut", version, files(version)));
            using var published = await _admin.PostAsync("/api/v3/addontemplates", form, Cancellation);
            await AddonSite.ReadAsync(published, 201);
            using var chart = AddonSite.Form(AddonSite.Chart("cut", version, files(version)));
            using var uploaded = await _admin.PostAsync("/v2/charts", chart, Cancellation);
            _charts = $"{_charts} {(await AddonSite.ReadAsync(uploaded, 201)).GetProperty("id").GetString()}".Trim();
        }
    }

    // A cluster of its own, with what the operation begins from.
    private async Task<Case> PrepareAsync(string operation, int at, bool isAfter, bool hasServer = true)
    {
        var server = hasServer ? await ApiServer.StartAsync() : null!;
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        if (hasServer)
        {
            lock (_servers)
            {
                _servers.Add(server);
            }

            annotations["stagedoor.io/driver"] = "kubernetes";
            annotations["stagedoor.io/kubeconfig"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(server.Kubeconfig()));
        }

        var body = AddonSite.Cluster($"c-{Guid.NewGuid():n}", annotations: annotations);
        using var registered = await _admin.PostAsJsonAsync($"/api/v3/projects/{_process.FirstRun.ProjectId}/clusters", body, Cancellation);
        var one = new Case(operation, at, isAfter, server) { Cluster = (await AddonSite.ReadAsync(registered, 201)).GetProperty("metadata").GetProperty("uid").GetString()! };
        foreach (var before in operation switch
        {
            Upgrade or Uninstall => [Install],
            Rollback => [Install, Upgrade],
            ReleaseUpgrade => [ReleaseInstall],
            _ => (string[])[],
        })
        {
            await SendAsync(one, before);
            await WaitAsync(one, before);
        }

        server?.Created.Clear();
        return one;
    }

    private async Task BeginAsync(Case one)
    {
        one.Arm();
        await SendAsync(one, one.Operation);
    }

    private async Task SendAsync(Case one, string operation)
    {
        var charts = _charts.Split(' ');
        using var response = operation switch
        {
            Install => await _admin.PostAsJsonAsync(Root, InstanceSite.Install(one.Cluster, "cut", "1.0.0"), Cancellation),
            Upgrade => await _admin.PutAsJsonAsync($"{Root}/{one.Id}", InstanceSite.Upgrade(one.Cluster, "cut", "1.1.0"), Cancellation),
            Rollback => await _admin.PostAsJsonAsync($"{Root}/{one.Id}/operation/rollback", new { clusterID = one.Cluster }, Cancellation),
            Uninstall => await _admin.DeleteAsync($"{Root}/{one.Id}", Cancellation),
            ReleaseInstall => await _admin.PostAsJsonAsync(
                $"/cce/cam/v3/clusters/{one.Cluster}/releases", new { chart_id = charts[0], name = "site", @namespace = "default", parameters = new { }, values = new { } }, Cancellation),
            _ => await _admin.PutAsJsonAsync(one.Release, new { chart_id = charts[1], action = "upgrade", parameters = new { }, values = new { } }, Cancellation),
        };
        var answer = await AddonSite.ReadAsync(response, operation is Install or ReleaseInstall ? 201 : 200);
        if (operation is Install)
        {
            one.Id = answer.GetProperty("metadata").GetProperty("uid").GetString()!;
        }
    }

    private async Task<JsonElement> ShowAsync(Case one)
    {
        using var response = await _admin.GetAsync(one.Id.Length > 0 ? $"{Root}/{one.Id}" : one.Release, Cancellation);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync(Cancellation));
    }

    private Task WaitAsync(Case one) => WaitAsync(one, one.Operation);

    private async Task WaitAsync(Case one, string operation)
    {
        JsonElement shown = default;
        try
        {
            await Eventually.TrueAsync(one.ToString(), s_patience, async () =>
            {
                shown = await ShowAsync(one);
                var isLimited = shown.TryGetProperty("error_code", out var limit) && limit.GetString() is "APIGW.0308";
                return !isLimited && operation switch
                {
                    Uninstall => shown.TryGetProperty("error_code", out var code) && code.GetString()!.EndsWith("4040204", StringComparison.Ordinal),
                    ReleaseInstall or ReleaseUpgrade => shown.GetProperty("status").GetString() is "DEPLOYED" && shown.GetProperty("version").GetInt32() == (operation is ReleaseInstall ? 1 : 2),
                    _ => Status(shown) is "running" && shown.GetProperty("spec").GetProperty("version").GetString() == (operation is Upgrade ? "1.1.0" : "1.0.0"),
                };
            });
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Assert.Fail($"{one}: {e.Message} {shown.GetRawText()}");
        }
    }

    // What the inventory names is there, as it was written.
    private void ShouldBeWhole(Case one)
    {
        var clusters = Path.Combine(_process.DataDirectory, "gitops", "clusters", one.Cluster);
        foreach (var inventory in Directory.Exists(clusters) ? Directory.EnumerateFiles(clusters, "inventory.json", SearchOption.AllDirectories) : [])
        {
            var files = JsonElement.Parse(File.ReadAllText(inventory)).GetProperty("objects").EnumerateArray().ToList();
            Assert.Equal(60, files.Count);
            var texts = files.ConvertAll(f => File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(inventory)!, f.GetProperty("file").GetString()!)));
            Assert.Equal(files.Select(static f => f.GetProperty("sha256").GetString()), texts.Select(static t => Convert.ToHexStringLower(SHA256.HashData(t))));
            Assert.Single(texts.Select(static t => Encoding.UTF8.GetString(t).Contains("1.1.0", StringComparison.Ordinal)).Distinct());
        }
    }

    /// <summary>An operation in a cluster of its own, which is stopped at one of its changes, before or after that has had its effect.</summary>
    private sealed class Case(string operation, int at, bool isAfter, ApiServer server)
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;

        public string Operation => operation;

        public int At => at;

        public bool IsAfter => isAfter;

        public ApiServer Server => server;

        public string Cluster { get; set; } = "";

        public string Id { get; set; } = "";

        public string Release => $"/cce/cam/v3/clusters/{Cluster}/namespace/default/releases/site";

        public bool IsHeld => _reached.Task.IsCompleted;

        /// <summary>How many changes were asked for since it was armed.</summary>
        public int Count => Volatile.Read(ref _count);

        public void Arm()
        {
            if (server is null)
            {
                return;
            }

            server.Fault = async context =>
            {
                if (context.Request.Method is "GET")
                {
                    return false;
                }

                context.Items["number"] = Interlocked.Increment(ref _count);
                return !isAfter && context.Items["number"] is int number && number == at && await HoldAsync(context);
            };
            server.Loses = async context => isAfter && context.Items["number"] is int number && number == at && await HoldAsync(context);
        }

        // Until whoever asked has gone away.
        private async Task<bool> HoldAsync(HttpContext context)
        {
            _reached.TrySetResult();
            var gone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = context.RequestAborted.Register(gone.SetResult);
            await gone.Task;
            return true;
        }

        public override string ToString() => $"{operation}, stopped {(isAfter ? "after" : "before")} change {at}";
    }
}
