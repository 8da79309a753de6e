using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>
/// 200 pushes by 8 clients, and 1,000 heartbeats of 20 instances beside them, all through the proxy. A client does what those of the field do: what
/// ended with a cut connection or a gateway's error is sent again, at once and four times at most.
/// </summary>
internal sealed class ReplicatedWork(ReplicatedInstallation installation) : IDisposable
{
    public const int Pushes = 200;
    public const int Beats = 1000;
    private const int Pushers = 8;
    private const int Instances = 20;
    private const int BeatsPerPush = Beats / Pushes;
    private const int Repetitions = 4;

    // For all pushes, on a busy machine.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);
    private readonly ConcurrentDictionary<(string Repository, string Tag), string> _tags = new();
    private readonly ConcurrentQueue<(string Service, string Instance)> _instances = new();
    private readonly ConcurrentQueue<string> _repeated = new();
    private readonly SemaphoreSlim _beats = new(0);
    private readonly Lock _gate = new();
    private readonly List<(int Pushes, TaskCompletionSource Reached)> _awaited = [];
    private int _acknowledgedBeats;
    private long _longest;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What had to be sent again, and why.</summary>
    public IReadOnlyCollection<string> Repeated => _repeated;

    /// <summary>Completes when so many pushes are acknowledged.</summary>
    public Task PushedAsync(int count)
    {
        lock (_gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((count, reached));
            return reached.Task.WaitAsync(s_patience, Cancellation);
        }
    }

    /// <summary>Registers the instances; their heartbeats and the pushes are for <see cref="RunAsync"/>.</summary>
    public async Task PrepareAsync()
    {
        using var registry = installation.NewRegistry();
        await Parallel.ForEachAsync(Enumerable.Range(0, Instances), Cancellation, async (n, _) =>
        {
            var service = await IdAsync(
                registry, "/v4/default/registry/microservices", new { service = new { appId = "ha", serviceName = $"s{n % 5}", version = "1.0.0" } }, "serviceId");
            var instance = new { hostName = $"h{n}", endpoints = new[] { $"rest://127.0.0.1:{10000 + n}" }, healthCheck = new { mode = "push", interval = 300, times = 3 } };
            _instances.Enqueue((service, await IdAsync(registry, $"/v4/default/registry/microservices/{service}/instances", new { instance }, "instanceId")));
        });
    }

    public async Task RunAsync()
    {
        var left = Pushes;
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var beaters = Task.WhenAll(_instances.Select(instance => BeatAgainAndAgainAsync(instance, failed.Token)));
        try
        {
            await Task.WhenAll(Enumerable.Range(0, Pushers).Select(async n =>
            {
                using var images = installation.NewImages();
                for (var push = Interlocked.Decrement(ref left); push >= 0; push = Interlocked.Decrement(ref left))
                {
                    await PushAsync(images, $"ha/app-{n}", $"v{push}", (BlobUpload)(push % 4));
                }
            }));
            await beaters;
        }
        catch
        {
            // Heartbeats come with pushes, of which there are no more.
            await failed.CancelAsync();
            await beaters.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>One heartbeat of each instance, all at once; how long the slowest took.</summary>
    public async Task<TimeSpan> BeatAllAsync()
    {
        var since = Stopwatch.GetTimestamp();
        using var registry = installation.NewRegistry();
#pragma warning disable CA2025 // All of it is awaited here.
        await Task.WhenAll(_instances.Select(instance => BeatAsync(registry, instance)));
#pragma warning restore CA2025
        return Stopwatch.GetElapsedTime(since);
    }

    /// <summary>Every acknowledged tag pulls whole at both replicas, and both know every instance.</summary>
    public async Task VerifyAsync()
    {
        Assert.Equal(Pushes, _tags.Count);
        Assert.Equal(Beats, _acknowledgedBeats);
        foreach (var replica in installation.Replicas)
        {
            using var images = installation.NewImages(replica.Url);
            using var registry = installation.NewRegistry(replica.Url);
            await Parallel.ForEachAsync(_tags, Cancellation, async (tag, _) =>
                Assert.Equal(tag.Value, await images.VerifyAsync(tag.Key.Repository, tag.Key.Tag)));
            foreach (var (service, instance) in _instances)
            {
                using var found = await registry.GetAsync($"/v4/default/registry/microservices/{service}/instances/{instance}", Cancellation);
                Assert.Equal(HttpStatusCode.OK, found.StatusCode);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{_tags.Count} pushes and {_acknowledgedBeats} heartbeats acknowledged; {_repeated.Count} sent again; the longest took {TimeSpan.FromTicks(_longest).TotalSeconds:0.00} s.\n"
            + string.Join('\n', _repeated));
    }

    public void Dispose() => _beats.Dispose();

    private async Task PushAsync(RegistryClient images, string repository, string tag, BlobUpload upload)
    {
        var image = TestImage.Create(50_000);
        await RepeatAsync($"push of {repository}:{tag}", async () =>
        {
            try
            {
                _tags[(repository, tag)] = await images.PushAsync(repository, tag, image, upload);
                return null;
            }
            catch (RegistryException e) when (IsGateways(e.Status))
            {
                return $"{e.Status}";
            }
        });
        Assert.Equal(image.Digest, _tags[(repository, tag)]);

        // At once, and by whichever replica is next.
        await RepeatAsync($"pull of {repository}:{tag}", async () =>
        {
            try
            {
                Assert.Equal(image.Digest, RegistryClient.DigestOf(await images.PullManifestAsync(repository, tag)));
                return null;
            }
            catch (RegistryException e) when (IsGateways(e.Status))
            {
                return $"{e.Status}";
            }
        });
        Acknowledge();
    }

    private async Task BeatAgainAndAgainAsync((string Service, string Instance) instance, CancellationToken cancellationToken)
    {
        using var registry = installation.NewRegistry();
        for (var beat = 0; beat < Beats / Instances; beat++)
        {
            await _beats.WaitAsync(cancellationToken);
            await BeatAsync(registry, instance);
            Interlocked.Increment(ref _acknowledgedBeats);
        }
    }

    private Task BeatAsync(HttpClient registry, (string Service, string Instance) instance) => RepeatAsync($"heartbeat of {instance}", async () =>
    {
        using var answer = await registry.PutAsync($"/v4/default/registry/microservices/{instance.Service}/instances/{instance.Instance}/heartbeat", null, Cancellation);
        if (IsGateways(answer.StatusCode))
        {
            return $"{answer.StatusCode}";
        }

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return null;
    });

    private void Acknowledge()
    {
        _beats.Release(BeatsPerPush);
        lock (_gate)
        {
            _awaited.Where(a => a.Pushes <= _tags.Count).ToList().ForEach(static a => a.Reached.TrySetResult());
        }
    }

    // The step answers what a gateway said, or null when it was done.
    private async Task RepeatAsync(string what, Func<Task<string?>> step)
    {
        var since = Stopwatch.GetTimestamp();
        for (var repetition = 0; ; repetition++)
        {
            string? fault;
            try
            {
                fault = await step();
            }
            catch (Exception e) when (e is HttpRequestException or HttpIOException)
            {
                fault = e.Message;
            }

            if (fault is null)
            {
                break;
            }

            _repeated.Enqueue($"{what}: {fault}");
            Assert.True(repetition < Repetitions, $"In vain again and again: {string.Join('\n', _repeated)}");
        }

        var took = Stopwatch.GetElapsedTime(since).Ticks;
        for (var longest = _longest; took > longest; longest = _longest)
        {
            Interlocked.CompareExchange(ref _longest, took, longest);
        }
    }

    private static bool IsGateways(HttpStatusCode status) => status is HttpStatusCode.BadGateway or HttpStatusCode.GatewayTimeout;

    private static async Task<string> IdAsync(HttpClient registry, string path, object body, string member)
    {
        using var response = await registry.PostAsJsonAsync(path, body, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty(member).GetString()!;
    }
}
