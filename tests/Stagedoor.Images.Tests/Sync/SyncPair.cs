using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;

namespace Stagedoor.Images.Tests.Sync;

/// <summary>An installation and another one that it copies images to, as the region <c>there</c>.</summary>
public sealed class SyncPair : Installation
{
    public const int TimeoutMinutes = 3;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    public StagedoorApp Target { get; private set; } = null!;

    /// <summary>The requests that come to the target.</summary>
    public TargetDoor Door { get; } = new();

    /// <summary>Takes connections and never answers.</summary>
    public System.Net.Sockets.TcpListener Silence { get; } = new(System.Net.IPAddress.Loopback, 0);

    /// <summary>The administrator of the target, logged in as docker does.</summary>
    public HttpClient There { get; private set; } = null!;

    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        .. RegionOf(Target),
        ("Images:Sync:Regions:odd:Type", "x"),
        ("Images:Sync:Regions:odd:Endpoint", Target.Url),
        ("Images:Sync:Regions:closed:Endpoint", "http://127.0.0.1:9"),
        ("Images:Sync:Regions:silent:Endpoint", $"http://{Silence.LocalEndpoint}"),
        ("Images:Sync:Regions:locked:Endpoint", Target.Url),
        ("Images:Sync:Regions:locked:User", Target.FirstRun.RegistryUser),
        ("Images:Sync:Regions:locked:Password", "wrong"),
        ("Images:Sync:ChunkBytes", "65536"),
        ("Images:Sync:TimeoutMinutes", $"{TimeoutMinutes}"),
    ];

    public static IEnumerable<(string Key, string Value)> RegionOf(StagedoorApp target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return
        [
            ("Images:Sync:Regions:there:Type", "swr"),
            ("Images:Sync:Regions:there:Endpoint", target.Url),
            ("Images:Sync:Regions:there:User", target.FirstRun.RegistryUser),
            ("Images:Sync:Regions:there:Password", target.FirstRun.RegistryKey),
        ];
    }

    public static Task<StagedoorApp> StartTargetAsync(TargetDoor door) => StagedoorApp.StartAsync(
        services => services.AddSingleton<IStartupFilter>(door),
        ("Modules", "images"),
        ("Gateway:PasswordIterations", "10000"),
        ("Gateway:RequestsPerSecond", "0"),
        ("Images:AutoCreateOrganization", "true"));

    public override async ValueTask InitializeAsync()
    {
        Silence.Start();
        Target = await StartTargetAsync(Door);
        There = Target.Registry();
        await base.InitializeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        There.Dispose();
        await base.DisposeAsync();
        await Target.DisposeAsync();
        Silence.Dispose();
    }

    /// <summary>All copies of a repository, the latest first: tag and status.</summary>
    public static async Task<IReadOnlyList<(string Tag, string Status, string Detail)>> CopiesAsync(HttpClient admin, string repository)
    {
        var list = await admin.GetFromJsonAsync<JsonElement>($"/v2/manage/namespaces/team/repos/{repository}/sync_job?filter=limit::100|offset::0", Cancellation);
        return [.. list.EnumerateArray().Select(static c => (c.GetProperty("tag").GetString()!, c.GetProperty("status").GetString()!, c.GetProperty("detail").GetString()!))];
    }

    /// <summary>Waits until no copy is unfinished, and answers them.</summary>
    public static async Task<IReadOnlyList<(string Tag, string Status, string Detail)>> DoneAsync(HttpClient admin, string repository)
    {
        IReadOnlyList<(string Tag, string Status, string Detail)> copies = [];
        await Eventually.TrueAsync(
            $"copies of {repository}",
            s_patience,
            async () =>
            {
                copies = await CopiesAsync(admin, repository);
                return copies.Count > 0 && copies.All(static c => c.Status is not "waiting" and not "running");
            });
        return copies;
    }

    public Task<string?> DigestThereAsync(string name, string tag) => DigestThereAsync(There, name, tag);

    public static async Task<string?> DigestThereAsync(HttpClient there, string name, string tag)
    {
        ArgumentNullException.ThrowIfNull(there);
        using var request = new HttpRequestMessage(HttpMethod.Head, $"/v2/{name}/manifests/{tag}");
        using var answer = await there.SendAsync(request, Cancellation);
        return answer.IsSuccessStatusCode ? answer.Headers.GetValues("Docker-Content-Digest").Single() : null;
    }
}

/// <summary>Sees the requests that come to a target, and can keep one waiting.</summary>
public sealed class TargetDoor : IStartupFilter
{
    private readonly System.Collections.Concurrent.ConcurrentQueue<(string Method, string Path, long Length)> _seen = [];
    private volatile Func<HttpContext, Task>? _before;

    public IReadOnlyList<(string Method, string Path, long Length)> Seen => [.. _seen];

    /// <summary>Bytes of layers that were sent for a repository.</summary>
    public long BytesOf(string name) => _seen.Where(s => s.Method is "PATCH" && s.Path.StartsWith($"/v2/{name}/", StringComparison.Ordinal)).Sum(static s => s.Length);

    public int CountOf(string method, string path) => _seen.Count(s => s.Method == method && s.Path == path);

    /// <summary>Does something before each request, or answers it; null for nothing.</summary>
    public void Before(Func<HttpContext, Task>? before) => _before = before;

    /// <summary>Keeps the pieces of layers waiting that come for a repository, until the result is disposed.</summary>
    public HeldLayers HoldLayers(string name)
    {
        var held = new HeldLayers(() => Before(null));
        Before(context => context.Request.Method is "PATCH" && context.Request.Path.StartsWithSegments($"/v2/{name}", StringComparison.Ordinal) ? held.StopAsync() : Task.CompletedTask);
        return held;
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, following) =>
        {
            _seen.Enqueue((context.Request.Method, context.Request.Path.Value!, context.Request.ContentLength ?? 0));
            if (_before is { } before)
            {
                await before(context);
            }

            if (!context.Response.HasStarted)
            {
                await following(context);
            }
        });
        next(app);
    };
}

/// <summary>Pieces of layers that are kept waiting.</summary>
public sealed class HeldLayers(Action end) : IDisposable
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Answers when one has come.</summary>
    public Task ReachedAsync() => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Installation.Cancellation);

    /// <summary>Lets them go on, and those that come.</summary>
    public void Dispose()
    {
        end();
        _released.TrySetResult();
    }

    internal Task StopAsync()
    {
        _reached.TrySetResult();
        return _released.Task;
    }
}
