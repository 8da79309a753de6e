using System.Diagnostics;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Processes;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers;

/// <summary>What is left when a server or a supervisor ends, in order or not, and what runs afterwards.</summary>
public sealed class ProcessSupervisionTests : IAsyncLifetime
{
    private const string Sleeper = "- {name: web, command: [/bin/sh, -c, 'echo $$ > pid; exec sleep 1000']}\n";

    private readonly ProcessRig _rig = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _rig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task An_orderly_stop_ends_everything_and_the_next_start_brings_it_back()
    {
        await _rig.ApplyAsync(1, Sleeper);
        var pid = _rig.Pid("pid");

        await _rig.Link.StopAsync(Cancellation);
        Assert.Empty(_rig.Alive());
        await _rig.RestartAsync();

        await ProcessRig.UntilAsync("back", async () => (await _rig.HealthAsync()).State == HealthReport.Running);
        Assert.NotEqual(pid, _rig.Pid("pid"));
        Assert.Single(_rig.Alive());
    }

    [Fact]
    public async Task What_a_killed_supervisor_leaves_is_ended_before_it_is_started_anew()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "trap '' TERM; echo $$ > pid; setsid sleep 1005 & while :; do sleep 1; done"));
        await ProcessRig.UntilAsync("child", () => _rig.Alive().Count >= 2);
        var (old, supervisor) = (ProcessTable.Find(_rig.Pid("pid"))!, _rig.Link.Pid);

        ProcessRig.Kill(supervisor);

        await ProcessRig.UntilAsync("a new one", () => _rig.Pid("pid") != old.Pid);
        Assert.NotEqual(old, ProcessTable.Find(old.Pid));
        await ProcessRig.UntilAsync("well", async () => (await _rig.HealthAsync()).State == HealthReport.Running);
        Assert.NotEqual(supervisor, _rig.Link.Pid);
        Assert.Single(_rig.Alive(), static p => p.Pid == p.Session && IsShell(p));
    }

    [Fact]
    public async Task Only_its_own_processes_are_ended()
    {
        using var other = new Process { StartInfo = new("/bin/sleep", "1006") { UseShellExecute = false } };
        other.StartInfo.Environment[ProcessTable.Marker] = "another-installation/c9/default/cceaddon-probe@1/web";
        other.Start();
        try
        {
            await _rig.ApplyAsync(1, Sleeper);
            ProcessRig.Kill(_rig.Link.Pid);
            await ProcessRig.UntilAsync("well", async () => _rig.Link.Pid > 0 && (await _rig.HealthAsync()).State == HealthReport.Running);
            await _rig.UninstallAsync();

            Assert.False(other.HasExited);
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public async Task A_supervisor_that_is_killed_during_an_upgrade_does_not_end_it()
    {
        await _rig.ApplyAsync(1, Sleeper);
        var plan = await ProcessRig.PlanAsync(2, "services:\n" + ProcessRig.Shell("web", "touch begun; echo $$ > pid2; exec sleep 1000", ", healthcheck: {exec: [/usr/bin/test, -f, go], interval: 200ms}"));

        var apply = _rig.ApplyAsync(plan);
        await ProcessRig.UntilAsync("begun", () => File.Exists(Path.Combine(_rig.Work, "begun")));
        ProcessRig.Kill(_rig.Link.Pid);
        File.WriteAllText(Path.Combine(_rig.Work, "go"), "");
        await apply;

        Assert.Single(_rig.Alive());
        Assert.Equal(2, (await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation))!.Revision);
    }

    [Fact]
    public async Task A_release_that_cannot_be_read_does_not_keep_others_from_running()
    {
        await _rig.ApplyAsync(1, Sleeper);
        var broken = Directory.CreateDirectory(Path.Combine(_rig.Root, "c9/default/broken"));
        File.WriteAllText(Path.Combine(broken.FullName, "inventory.json"), "{");

        await _rig.RestartAsync();

        await ProcessRig.UntilAsync("back", async () => (await _rig.HealthAsync()).State == HealthReport.Running);
    }

    [Fact]
    public async Task A_killed_server_leaves_nothing_running_and_the_next_one_brings_all_back()
    {
        await _rig.ApplyAsync(1, Sleeper);
        var before = _rig.Pid("pid");
        await _rig.Link.StopAsync(Cancellation);
        await FoundAsync();
        using (var server = Serve())
        {
            await ProcessRig.UntilAsync("the process of the first server", () => _rig.Alive().Count == 1 && _rig.Pid("pid") != before);
            before = _rig.Pid("pid");

            server.Kill();

            await ProcessRig.UntilAsync("nothing", () => _rig.Alive().Count == 0);
        }

        using var next = Serve();
        try
        {
            await ProcessRig.UntilAsync("the process of the second server", () => _rig.Alive().Count == 1 && _rig.Pid("pid") != before);
        }
        finally
        {
            next.Kill();
            await ProcessRig.UntilAsync("nothing", () => _rig.Alive().Count == 0);
        }
    }

    // A server takes only a folder that is its own.
    private async Task FoundAsync()
    {
        Directory.Move(_rig.Root, _rig.Data + "-aside");
        using (var server = Serve())
        {
            await ProcessRig.UntilAsync("the first start", () => File.Exists(Path.Combine(_rig.Data, "stagedoor.process")));
            server.Kill();
            await server.WaitForExitAsync(Cancellation);
        }

        Directory.Delete(_rig.Root, recursive: true);
        Directory.Move(_rig.Data + "-aside", _rig.Root);
    }

    private Process Serve()
    {
        // The program beside the tests has not all that it needs to serve.
        var own = Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);
        var program = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(own))!, "Stagedoor", Path.GetFileName(own), "stagedoor");
        var start = new ProcessStartInfo(program, ["serve", "--data", _rig.Data, "--urls", "http://127.0.0.1:0"]) { UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["STAGEDOOR__Modules"] = "addons";
        start.Environment["STAGEDOOR__Addons__Process__Enabled"] = "true";
        start.Environment["STAGEDOOR__Addons__Process__GraceSeconds"] = "1";
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += static (_, e) => TestContext.Current.SendDiagnosticMessage("{0}", e.Data ?? "");
        process.ErrorDataReceived += static (_, e) => TestContext.Current.SendDiagnosticMessage("{0}", e.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static bool IsShell(RunningProcess process) => File.ReadAllText($"/proc/{process.Pid}/comm").Trim() is "sh" or "dash";
}
