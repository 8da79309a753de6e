using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Quotas;

public sealed class QuotaTests
{
    [Fact]
    [Provokes("400100")]
    public async Task One_microservice_too_many_is_refused_and_a_known_one_is_not()
    {
        await using var engine = await ConfiguredEngine.StartAsync(("Discovery:Quotas:Services", "2"));
        using var tenant = OtherTenant(engine);
        await engine.RegisterAsync("shop", "a", client: tenant);
        var known = await engine.RegisterAsync("shop", "b", client: tenant);

        using var third = await tenant.PostAsJsonAsync($"{Engine.Base}/microservices", new { service = new { serviceName = "c" } }, Engine.Cancellation);

        Assert.Equal(known, await engine.RegisterAsync("shop", "b", client: tenant));
        Assert.Contains("service quota: at most 2, there are 2, requested 1 more", await third.Content.ReadAsStringAsync(Engine.Cancellation), StringComparison.Ordinal);
        await third.ShouldFailAsync(400, "400100");
    }

    [Fact]
    [Provokes("400100")]
    public async Task Many_at_once_do_not_slip_past_the_quota()
    {
        await using var engine = await ConfiguredEngine.StartAsync(("Discovery:Quotas:Instances", "10"));
        using var tenant = OtherTenant(engine);
        var service = await engine.RegisterAsync("shop", "stock", client: tenant);

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => tenant.PostAsJsonAsync(
            $"{Engine.Base}/microservices/{service}/instances", new { instance = new { hostName = $"h{i}" } }, Engine.Cancellation)));

        Assert.Equal(10, answers.Count(static a => a.IsSuccessStatusCode));
        Assert.Equal(10, (await engine.FoundAsync("shop", "stock", client: tenant)).Count);
        await answers.First(static a => !a.IsSuccessStatusCode).ShouldFailAsync(400, "400100");
        Array.ForEach(answers, static a => a.Dispose());
    }

    [Fact]
    [Provokes("400100")]
    public async Task An_instance_that_is_registered_needs_no_quota()
    {
        await using var engine = await ConfiguredEngine.StartAsync(("Discovery:Quotas:Instances", "1"));
        using var tenant = OtherTenant(engine);
        var service = await engine.RegisterAsync("shop", "stock", client: tenant);
        await engine.AddInstanceAsync(service, new { instanceId = "i1" }, tenant);

        var again = await engine.AddInstanceAsync(service, new { instanceId = "i1", endpoints = new[] { "rest://10.0.0.9:1" } }, tenant);
        using var second = await tenant.PostAsJsonAsync($"{Engine.Base}/microservices/{service}/instances", new { instance = new { hostName = "h" } }, Engine.Cancellation);

        Assert.Equal("i1", again);
        await second.ShouldFailAsync(400, "400100");
    }

    [Fact]
    [Provokes("400100")]
    [Provokes("500101")]
    public async Task A_quota_service_decides_and_without_it_nothing_new_is_registered()
    {
        using var quota = await QuotaProcess.StartAsync(limit: 2);
        await using var engine = await ConfiguredEngine.StartAsync(("Discovery:Quotas:Url", quota.Url));
        var service = await engine.RegisterAsync("shop", "a");
        var instance = await engine.AddInstanceAsync(service);
        await engine.RegisterAsync("shop", "b");
        using var third = await engine.Client.PostAsJsonAsync($"{Engine.Base}/microservices", new { service = new { serviceName = "c" } }, Engine.Cancellation);
        await third.ShouldFailAsync(400, "400100");

        quota.Kill();
        engine.App.Clock.Advance(TimeSpan.FromSeconds(6));
        using var orphan = await engine.Client.PostAsJsonAsync($"{Engine.Base}/microservices", new { service = new { serviceName = "c" } }, Engine.Cancellation);
        using var added = await engine.Client.PostAsJsonAsync($"{Engine.Base}/microservices/{service}/instances", new { instance = new { hostName = "h" } }, Engine.Cancellation);
        using var beat = await engine.HeartbeatAsync(service, instance);

        await orphan.ShouldFailAsync(500, "500101");
        await added.ShouldFailAsync(500, "500101");
        await Engine.OkAsync(beat);
        Assert.Equal(service, await engine.RegisterAsync("shop", "a"));
    }

    [Theory]
    [InlineData("error")]
    [InlineData("garbage")]
    [InlineData("slow")]
    [Provokes("500101")]
    public async Task A_quota_service_that_talks_nonsense_is_as_good_as_none(string mode)
    {
        using var quota = await QuotaProcess.StartAsync(limit: 2, mode);
        await using var engine = await ConfiguredEngine.StartAsync(("Discovery:Quotas:Url", quota.Url));

        using var response = await engine.Client.PostAsJsonAsync($"{Engine.Base}/microservices", new { service = new { serviceName = "c" } }, Engine.Cancellation);

        await response.ShouldFailAsync(500, "500101");
    }

    // The engine's own services live in the usual tenant.
    private static OutgoingClient OtherTenant(Engine engine)
    {
        var client = new OutgoingClient(new ObservingHandler(engine.App.Services) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new(engine.App.Url) };
        client.DefaultRequestHeaders.Add("X-Domain-Name", "other");
        return client;
    }

    /// <summary>A quota service in a process of its own, as an operator would write one.</summary>
    private sealed class QuotaProcess : IDisposable
    {
        private const string Program = """
            const [limit, mode] = [Number(process.argv[1]), process.argv[2]];
            const server = require('http').createServer((request, response) => {
              let body = '';
              request.on('data', d => body += d).on('end', () => {
                if (request.method !== 'POST' || request.url !== '/v1/quota/apply') { response.statusCode = 404; return response.end(); }
                const ask = JSON.parse(body);
                if (mode === 'error') { response.statusCode = 503; return response.end('{"allowed":true}'); }
                if (mode === 'garbage') { return response.end('{"yes":1}'); }
                response.setHeader('Content-Type', 'application/json');
                const answer = JSON.stringify({ allowed: ask.resource !== 'service' || ask.current - 2 + ask.requested <= limit, limit });
                setTimeout(() => response.end(answer), mode === 'slow' ? 3000 : 0);
              });
            });
            server.listen(0, '127.0.0.1', () => console.log(server.address().port));
            """;

        private readonly Process _process;

        private QuotaProcess(Process process, int port) => (_process, Url) = (process, $"http://127.0.0.1:{port}");

        public string Url { get; }

        public static async Task<QuotaProcess> StartAsync(int limit, string mode = "fair")
        {
            var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, UseShellExecute = false };
            foreach (var argument in (string[])["-e", Program, "--", limit.ToString(CultureInfo.InvariantCulture), mode])
            {
                start.ArgumentList.Add(argument);
            }

            var process = Process.Start(start)!;
            var port = await process.StandardOutput.ReadLineAsync(Engine.Cancellation);
            return new(process, int.Parse(port!, CultureInfo.InvariantCulture));
        }

        public void Kill()
        {
            _process.Kill();
            _process.WaitForExit();
        }

        public void Dispose()
        {
            Kill();
            _process.Dispose();
        }
    }
}
