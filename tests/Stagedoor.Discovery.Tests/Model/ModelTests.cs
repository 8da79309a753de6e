using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Stagedoor.Discovery.Tests.Watching;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Model;

/// <summary>
/// Random operations, with a store that fails at times and a clock that jumps, against a model of a few lines: the same instances are found,
/// no event is lost, none invented, and revisions change exactly when something does.
/// </summary>
public sealed class ModelTests(ITestOutputHelper output)
{
    private const int Runs = 12;
    private const int Steps = 40;

    // Leases and jumps are multiples of ten seconds and five off, so that nothing is due at the very moment it is looked at.
    private static readonly string[] s_services = ["stock", "price"];
    private static readonly string[] s_instances = ["a", "b", "c", "d"];
    private static readonly string[] s_statuses = ["UP", "DOWN", "OUTOFSERVICE"];

    private static readonly Gen<Step> s_step = Gen.Frequency(
        (6, from s in Gen.Elements(s_services) from i in Gen.Elements(s_instances) from lease in Gen.Choose(1, 4) select new Step("register", s, i, lease * 10)),
        (6, from s in Gen.Elements(s_services) from i in Gen.Elements(s_instances) select new Step("beat", s, i, 0)),
        (3, from s in Gen.Elements(s_services) from i in Gen.Elements(s_instances) from n in Gen.Choose(0, 2) select new Step("status", s, i, n)),
        (3, from s in Gen.Elements(s_services) from i in Gen.Elements(s_instances) select new Step("remove", s, i, 0)),
        (4, from n in Gen.Elements(1, 5, 15, 25) select new Step("pass", "", "", n)),
        (1, Gen.Constant(new Step("break", "", "", 0))),
        (2, Gen.Constant(new Step("mend", "", "", 0))),
        (1, Gen.Constant(new Step("restart", "", "", 0))));

    [Fact]
    public async Task The_engine_does_what_the_model_does()
    {
        foreach (var steps in Gen.Sample(s_step.ListOf(Steps), Runs, Runs))
        {
            output.WriteLine(string.Join("; ", steps.Select(static s => $"{s.What} {s.Service} {s.Instance} {s.Number}")));
            await RunAsync([.. steps]);
        }
    }

    private static async Task RunAsync(IReadOnlyList<Step> steps)
    {
        await using var engine = await ConfiguredEngine.StartAsync(
            ("Discovery:MinHeartbeatInterval", "1"), ("Discovery:MinHeartbeatTimes", "0"), ("Discovery:SelfProtection", "false"));
        await using var run = await ModelRun.BeginAsync(engine, s_services);
        foreach (var step in steps)
        {
            await run.DoAsync(step);
        }

        await run.EndAsync();
    }

    internal sealed record Step(string What, string Service, string Instance, int Number);

    private sealed class ModelRun(Engine engine, Dictionary<string, string> services, string consumer) : IAsyncDisposable
    {
        private readonly RegistryModel _model = new();
        private readonly List<(string Service, string Instance, string Action)> _heard = [];
        private readonly Dictionary<string, (string Body, string Revision)> _seen = new(StringComparer.Ordinal);
        private WatchClient _watch = null!;
        private IDisposable? _broken;

        private bool StoreWorks => _broken is null;

        public static async Task<ModelRun> BeginAsync(Engine engine, string[] names)
        {
            var services = new Dictionary<string, string>(StringComparer.Ordinal);
            var consumer = await engine.RegisterAsync("shop", "order");
            foreach (var name in names)
            {
                services[name] = await engine.RegisterAsync("shop", name);
                await engine.FoundAsync("shop", name, consumer: consumer);
            }

            var run = new ModelRun(engine, services, consumer);
            run._watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");
            return run;
        }

        public async Task DoAsync(Step step)
        {
            switch (step.What)
            {
                case "register":
                    await RegisterAsync(step);
                    break;
                case "beat":
                    using (var response = await engine.HeartbeatAsync(services[step.Service], step.Instance))
                    {
                        // Whatever the store does, a heartbeat depends on memory alone.
                        Assert.Equal(_model.Beat(step.Service, step.Instance) ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
                    }

                    break;
                case "status":
                    await ChangeAsync(
                        HttpMethod.Put, step, $"/status?value={s_statuses[step.Number]}",
                        IsChange(step, s_statuses[step.Number]), () => _model.SetStatus(step.Service, step.Instance, s_statuses[step.Number]));
                    break;
                case "remove":
                    await ChangeAsync(HttpMethod.Delete, step, "", true, () => _model.Remove(step.Service, step.Instance));
                    break;
                case "pass":
                    engine.App.Clock.Advance(TimeSpan.FromSeconds(step.Number));
                    _model.Pass(step.Number, StoreWorks);
                    break;
                case "break":
                    _broken ??= engine.App.Sabotage("discovery").Unreadable("entry");
                    break;
                case "mend":
                    Mend();
                    break;
                default:
                    await RestartAsync();
                    break;
            }

            await AgreeAsync();
        }

        /// <summary>Everything that was due has been heard, in order for each instance, and nothing else.</summary>
        public async Task EndAsync()
        {
            Mend();
            await AgreeAsync();
            while (_heard.Count < _model.Events.Count)
            {
                await HearAsync();
            }

            await engine.AddInstanceAsync(services["stock"], new { instanceId = "last" });
            await HearAsync();
            Assert.Equal(("stock", "last", "CREATE"), _heard[^1]);
            var (due, heard) = (_model.Events.ToLookup(static e => (e.Service, e.Instance), static e => e.Action), _heard.SkipLast(1).ToLookup(static e => (e.Service, e.Instance), static e => e.Action));
            Assert.Equal(due.Select(static g => g.Key).Order(), heard.Select(static g => g.Key).Order());
            Assert.All(due, group => Assert.Equal(group, heard[group.Key]));
        }

        public async ValueTask DisposeAsync()
        {
            _broken?.Dispose();
            await _watch.DisposeAsync();
        }

        private bool IsChange(Step step, string status) =>
            _model.Find(step.Service, step.Instance) is { } known && !string.Equals(known.Status, status, StringComparison.Ordinal);

        private async Task RegisterAsync(Step step)
        {
            var isNew = _model.Find(step.Service, step.Instance) is null;
            var lease = isNew ? step.Number : (int)_model.Find(step.Service, step.Instance)!.Lease;
            using var response = await engine.Client.PostAsJsonAsync(
                $"{Engine.Base}/microservices/{services[step.Service]}/instances",
                new { instance = new { instanceId = step.Instance, hostName = "h", healthCheck = new { mode = "push", interval = lease, times = 0 } } },
                Engine.Cancellation);
            if (!StoreWorks && (isNew || _model.Find(step.Service, step.Instance)!.IsChangedByRegistering))
            {
                Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
                return;
            }

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            _model.Register(step.Service, step.Instance, lease);
        }

        private async Task ChangeAsync(HttpMethod method, Step step, string path, bool isChange, Func<bool> change)
        {
            using var response = await engine.SendAsync(method, $"/microservices/{services[step.Service]}/instances/{step.Instance}{path}");
            if (_model.Find(step.Service, step.Instance) is not null && isChange && !StoreWorks)
            {
                Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
                return;
            }

            Assert.Equal(change() ? HttpStatusCode.OK : HttpStatusCode.BadRequest, response.StatusCode);
        }

        private void Mend()
        {
            _broken?.Dispose();
            _broken = null;

            // What expired meanwhile goes now.
            _model.Expire();
        }

        // Watchers come back and look again; leases start anew.
        private async Task RestartAsync()
        {
            Mend();
            await AgreeAsync();
            while (_heard.Count < _model.Events.Count)
            {
                await HearAsync();
            }

            await engine.App.RestartAsync();
            foreach (var (service, instance) in _model.Keys.ToList())
            {
                _model.Beat(service, instance);
            }

            await _watch.DisposeAsync();
            _watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");
        }

        private async Task HearAsync()
        {
            var (action, body) = await _watch.ReadEventAsync();
            _heard.Add((body.GetProperty("key").GetProperty("serviceName").GetString()!, body.GetProperty("instance").GetProperty("instanceId").GetString()!, action));
        }

        /// <summary>The engine finds what the model has; and its revision is another exactly when its answer is.</summary>
        private async Task AgreeAsync()
        {
            foreach (var service in services.Keys)
            {
                var expected = _model.Of(service);
                IReadOnlyList<string> found = [];
                await Eventually.TrueAsync(
                    $"{service} has the instances {string.Join(' ', expected)}", TimeSpan.FromSeconds(10), async () => (found = await LookAsync(service)).SequenceEqual(expected, StringComparer.Ordinal));
            }
        }

        private async Task<IReadOnlyList<string>> LookAsync(string service)
        {
            using var response = await engine.FindAsync("shop", service);
            var body = await response.Content.ReadAsStringAsync(Engine.Cancellation);
            var revision = response.Headers.GetValues("X-Resource-Revision").Single();
            if (_seen.TryGetValue(service, out var seen))
            {
                Assert.True(
                    string.Equals(seen.Body, body, StringComparison.Ordinal) || !string.Equals(seen.Revision, revision, StringComparison.Ordinal),
                    $"{service} changed under the revision {revision}");
            }

            _seen[service] = (body, revision);
            return [.. JsonDocument.Parse(body).RootElement.GetProperty("instances").EnumerateArray().Select(static i => i.GetProperty("instanceId").GetString()!).Order(StringComparer.Ordinal)];
        }
    }
}
