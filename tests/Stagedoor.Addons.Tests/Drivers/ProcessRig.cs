using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Tests.Charts;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers;

/// <summary>A folder with releases that run as processes, and a server's side of their supervisor.</summary>
internal sealed class ProcessRig : IAsyncDisposable
{
    public static readonly ReleaseKey Key = new("default", "cceaddon-probe");

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(40);

    private readonly ProcessOptions _options = new() { Enabled = true, GraceSeconds = 1, StartSeconds = 15, LogBytes = 64 * 1024 };

    public ProcessRig(Action<ProcessOptions>? configure = null)
    {
        Data = Directory.CreateTempSubdirectory("processes").FullName;
        Root = Path.Combine(Data, "processes");
        configure?.Invoke(_options);
        (Link, Driver) = Make();
    }

    /// <summary>The data directory of a server.</summary>
    public string Data { get; }

    public string Root { get; }

    public ClusterConnection Cluster { get; } = new() { Id = "c9", Name = "demo", Version = "v1.25" };

    public SupervisorLink Link { get; private set; }

    public ProcessDriver Driver { get; private set; }

    public string Folder => Path.Combine(Root, "c9/default/cceaddon-probe");

    public string Work => Path.Combine(Folder, "work");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Plans a package of these processes.</summary>
    public static async Task<ReleasePlan> PlanAsync(int revision, string processes, params (string Path, string Text)[] files)
    {
        var builder = new ChartBuilder("probe").Add("addon.yaml", "type: static\n").Add("process.yaml", processes);
        foreach (var (path, text) in files)
        {
            builder.Add(path, text);
        }

        var rendered = await builder.RenderAsync(change: static r => r with { ReleaseName = Key.Name }, cancellationToken: Cancellation);
        return ReleasePlan.Of(rendered, new()
        {
            Key = Key,
            Revision = revision,
            Chart = builder.Load(),
            Config = (GoMap)YamlReader.Read("custom: {level: info}")!,
            Now = new(2026, 1, 5, 10, 0, 0, TimeSpan.Zero),
            OwnerId = "i1",
        });
    }

    /// <summary>A service that is one line of shell, in process.yaml's words.</summary>
    public static string Shell(string name, string script, string more = "") =>
        $"- {{name: {name}, command: [/bin/sh, -c, \"{script.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"]{more}}}\n";

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits for something to be so.</summary>
    public static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var since = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < s_patience, $"waited for: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancellation);
        }
    }

    public static Task UntilAsync(string what, Func<bool> isSo) => UntilAsync(what, () => Task.FromResult(isSo()));

    public Task StartAsync() => Link.StartAsync(Cancellation);

    /// <summary>Begins anew over the same folder, as a server does that is started again.</summary>
    public async Task RestartAsync()
    {
        await Link.StopAsync(Cancellation);
        Link.Dispose();
        (Link, Driver) = Make();
        await StartAsync();
    }

    /// <summary>Applies services, and gives what was told on the way.</summary>
    public async Task<List<string>> ApplyAsync(ReleasePlan plan, CancellationToken? cancellation = null)
    {
        var told = new List<string>();
        await foreach (var step in Driver.ApplyAsync(Cluster, plan, cancellation ?? Cancellation))
        {
            told.Add(step.Message);
        }

        return told;
    }

    public async Task<List<string>> ApplyAsync(int revision, string services, params (string Path, string Text)[] files) => await ApplyAsync(await PlanAsync(revision, "services:\n" + services, files));

    public async Task UninstallAsync()
    {
        await foreach (var _ in Driver.UninstallAsync(Cluster, Key, new(), Cancellation))
        {
            // To its end.
        }
    }

    public async Task<HealthReport> HealthAsync() => await Driver.HealthAsync(Cluster, Key, Cancellation);

    /// <summary>The processes of this folder's releases, whoever their parent is.</summary>
    public IReadOnlyList<RunningProcess> Alive() => Ending.Marked(m => m.StartsWith(new ProcessPlaces(Root).Installation + "/c9/", StringComparison.Ordinal));

    public IReadOnlyList<string> Log(string service) => Driver.FindLog(Cluster, Key, service, 1000)?.Lines ?? [];

    /// <summary>The process that a service has written the number of.</summary>
    public int Pid(string file) => int.Parse(File.ReadAllText(Path.Combine(Work, file)).Trim(), CultureInfo.InvariantCulture);

    public static void Kill(int pid)
    {
        using var process = Process.GetProcessById(pid);
        process.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        await Link.StopAsync(CancellationToken.None);
        Link.Dispose();
        var left = Alive();
        foreach (var process in left)
        {
            ProcessTable.Signal(process, Posix.Kill);
        }

        Directory.Delete(Data, recursive: true);
        Assert.Empty(left);
    }

    private (SupervisorLink Link, ProcessDriver Driver) Make()
    {
        var places = new ProcessPlaces(Root);
        var link = new SupervisorLink(places, Options.Create(_options), TimeProvider.System, NullLogger<SupervisorLink>.Instance);
        return (link, new ProcessDriver(places, link, Options.Create(_options), TimeProvider.System));
    }
}
