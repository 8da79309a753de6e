using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Releases;
using Stagedoor.Storage.PostgreSql;
using Xunit;

namespace Stagedoor.Addons.Tests.Drivers;

/// <summary>Releases as processes of this machine, with real ones.</summary>
public sealed class ProcessDriverTests : IAsyncLifetime
{
    private readonly ProcessRig _rig = new(static o => o.StartSeconds = 4);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _rig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task An_install_runs_what_the_package_says_and_an_uninstall_leaves_nothing()
    {
        const string Script = "#!/bin/sh\necho hello $1 $LEVEL\nexec sleep 1000\n";
        const string Service = "- {name: web, command: [files/run.sh, a b], env: {LEVEL: info}}\n";

        var told = await _rig.ApplyAsync(1, Service, ("files/run.sh", Script));

        Assert.Equal("1/1 processes are well", told[^1]);
        Assert.Equal((HealthReport.Running, ""), await _rig.HealthAsync() is { } health ? (health.State, health.Message) : default);
        Assert.Equal("hello a b info", Assert.Single(_rig.Log("web"))[25..]);
        Assert.Equal((1, ReleaseStatus.Deployed), await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation) is { } record ? (record.Revision, record.Status) : default);
        Assert.Equal(ProcessRig.Key, Assert.Single(await _rig.Driver.ListReleasesAsync(_rig.Cluster, null, Cancellation)).Key);

        await _rig.UninstallAsync();

        Assert.Empty(_rig.Alive());
        Assert.False(Directory.Exists(_rig.Folder));
        Assert.Empty(await _rig.Driver.ListReleasesAsync(_rig.Cluster, null, Cancellation));
        await _rig.UninstallAsync();
    }

    [Fact]
    public async Task The_environment_is_what_the_package_says_and_three_more()
    {
        Environment.SetEnvironmentVariable("STAGEDOOR_TEST_SECRET", "hush");
        Environment.SetEnvironmentVariable("TEST_SECRET", "hush");

        await _rig.ApplyAsync(1, "- {name: web, command: [/usr/bin/env], env: {A: '1'}, restart: on-failure}\n");

        var names = _rig.Log("web").Select(static l => l[25..].Split('=')[0]).Order(StringComparer.Ordinal);
        Assert.Equal(["A", "HOME", "LANG", "PATH", "STAGEDOOR_ADDON"], names);
        Assert.DoesNotContain(_rig.Log("web"), static l => l.Contains("hush", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_that_ends_is_started_again_after_ever_longer_rests()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "echo up; sleep 1.5; exit 3"));

        await ProcessRig.UntilAsync("third start", () => _rig.Log("web").Count(static l => l.EndsWith(" up", StringComparison.Ordinal)) >= 3);

        var log = _rig.Log("web").Where(static l => l.Contains("[stagedoor]", StringComparison.Ordinal)).Select(static l => l[25..]).Take(2);
        Assert.Equal(["[stagedoor] it ended with 3; it is started again in 1 s", "[stagedoor] it ended with 3; it is started again in 2 s"], log);
    }

    [Fact]
    public async Task A_killed_process_is_told_of_and_comes_back()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "echo $$ > pid; exec sleep 1000") + ProcessRig.Shell("other", "exec sleep 1000"));
        var pid = _rig.Pid("pid");

        ProcessRig.Kill(pid);

        await ProcessRig.UntilAsync("told", async () => (await _rig.HealthAsync()).State == HealthReport.Available);
        Assert.StartsWith("web is resting: it was ended by the signal 9; it is started again in 1 s", (await _rig.HealthAsync()).Message, StringComparison.Ordinal);
        await ProcessRig.UntilAsync("back", async () => (await _rig.HealthAsync()).State == HealthReport.Running);
        Assert.NotEqual(pid, _rig.Pid("pid"));
    }

    [Fact]
    public async Task What_it_depends_on_is_well_before_a_process_is_started()
    {
        var port = ProcessRig.FreePort();

        await _rig.ApplyAsync(
            1,
            ProcessRig.Shell("web", "test -f ready || exit 9; exec sleep 1000", ", dependsOn: [db]")
            + ProcessRig.Shell("db", $"sleep 1; touch ready; exec python3 -m http.server {port} --bind 127.0.0.1", $", ports: [{port}], healthcheck: {{http: 'http://127.0.0.1:{port}/', interval: 500ms}}"));

        Assert.Equal(HealthReport.Running, (await _rig.HealthAsync()).State);
        Assert.DoesNotContain(_rig.Log("web"), static l => l.Contains("ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_check_that_fails_often_enough_starts_the_process_anew()
    {
        await _rig.ApplyAsync(
            1, ProcessRig.Shell("web", "touch ok; echo up; exec sleep 1000", ", healthcheck: {exec: [/usr/bin/test, -f, ok], interval: 200ms, retries: 2}"));

        File.Delete(Path.Combine(_rig.Work, "ok"));

        await ProcessRig.UntilAsync("second start", () => _rig.Log("web").Count(static l => l.EndsWith(" up", StringComparison.Ordinal)) == 2);
        Assert.Contains(_rig.Log("web"), static l => l.Contains("it was not well: the command of the check ended with 1", StringComparison.Ordinal));
        await ProcessRig.UntilAsync("well", async () => (await _rig.HealthAsync()).State == HealthReport.Running);
    }

    [Fact]
    public async Task An_upgrade_without_ports_stops_the_old_one_when_the_new_one_is_well()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "echo $$ > one; exec sleep 1000"));
        var old = ProcessTable.Find(_rig.Pid("one"))!;

        var told = await _rig.ApplyAsync(2, ProcessRig.Shell("web", $"test -d /proc/{old.Pid} && echo beside; echo $$ > two; exec sleep 1000"));

        Assert.Equal("Stopping revision 1", told[^2]);
        Assert.Contains(_rig.Log("web"), static l => l.EndsWith(" beside", StringComparison.Ordinal));
        Assert.Null(ProcessTable.Find(old.Pid));
        Assert.NotNull(ProcessTable.Find(_rig.Pid("two")));
        Assert.Equal(2, (await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation))?.Revision);
    }

    [Fact]
    public async Task An_upgrade_with_the_same_port_stops_the_old_one_first_and_a_rollback_brings_it_back()
    {
        var port = ProcessRig.FreePort();
        string Server(string name) => $"- {{name: web, command: [/usr/bin/python3, files/serve.py, '{port}', {name}], ports: [{port}], healthcheck: {{tcp: {port}, interval: 500ms}}}}\n";
        const string Program = "import http.server, sys\nclass H(http.server.BaseHTTPRequestHandler):\n  def do_GET(s):\n    s.send_response(200); s.end_headers(); s.wfile.write(sys.argv[2].encode())\nhttp.server.HTTPServer(('127.0.0.1', int(sys.argv[1])), H).serve_forever()\n";
        using var client = new OutgoingClient();
        var address = new Uri($"http://127.0.0.1:{port}/");
        await _rig.ApplyAsync(1, Server("one"), ("files/serve.py", Program));
        var first = ReleaseCodec.Encode((await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation))!);
        Assert.Equal("one", await client.GetStringAsync(address, Cancellation));

        var told = await _rig.ApplyAsync(2, Server("two"), ("files/serve.py", Program));

        Assert.Equal("Stopping revision 1, whose ports the new one has too", told[0]);
        Assert.Equal("two", await client.GetStringAsync(address, Cancellation));

        await _rig.ApplyAsync(ReleasePlan.Of(ReleaseCodec.Decode(first) with { Revision = 3 }));

        Assert.Equal("one", await client.GetStringAsync(address, Cancellation));
        Assert.Equal(3, (await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation))?.Revision);
    }

    [Fact]
    public async Task A_failed_upgrade_goes_back_and_tells_why()
    {
        var port = ProcessRig.FreePort();
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "echo $$ > one; exec sleep 1000", $", ports: [{port}]"));
        var old = _rig.Pid("one");

        var fault = await Assert.ThrowsAsync<DriverRejectedException>(() => _rig.ApplyAsync(2, ProcessRig.Shell("web", "echo no such table; exit 4", $", ports: [{port}]")));

        Assert.Equal(Reasons.Timeout, fault.Reason);
        Assert.StartsWith("The process web is not well after 4 seconds: web is resting: it ended with 4; it is started again in", fault.Message, StringComparison.Ordinal);
        Assert.Contains(" no such table | ", fault.Message, StringComparison.Ordinal);
        await ProcessRig.UntilAsync("back", async () => (await _rig.HealthAsync()).State == HealthReport.Running);
        Assert.NotEqual(old, _rig.Pid("one"));
        Assert.Equal(1, (await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation))?.Revision);
        Assert.Single(_rig.Alive());
    }

    [Fact]
    public async Task An_install_that_fails_for_good_ends_at_once_and_leaves_nothing_running()
    {
        var fault = await Assert.ThrowsAsync<DriverRejectedException>(
            () => _rig.ApplyAsync(1, ProcessRig.Shell("job", "echo bad; exit 5", ", restart: no") + ProcessRig.Shell("web", "exec sleep 1000")));

        Assert.Equal(Reasons.ApplyRejected, fault.Reason);
        Assert.StartsWith("The process job cannot be brought up: job is failed: it ended with 5. Its last lines: ", fault.Message, StringComparison.Ordinal);
        Assert.Empty(_rig.Alive());
        Assert.Null(await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation));
    }

    [Fact]
    public async Task One_that_ignores_being_asked_is_killed_with_all_that_it_has_started()
    {
        // One child in the session, one that has left it, and one that has left it with an empty environment.
        await _rig.ApplyAsync(1, ProcessRig.Shell(
            "web", "trap '' TERM; sleep 1001 & setsid sleep 1002 & env -i /usr/bin/setsid /bin/sleep 1003 & echo $! > bare; touch up; while :; do sleep 1; done", ", healthcheck: {exec: [/usr/bin/test, -f, up]}"));
        await ProcessRig.UntilAsync("children", () => _rig.Alive().Count >= 4);
        var bare = ProcessTable.Find(_rig.Pid("bare"))!;

        await _rig.UninstallAsync();

        Assert.Empty(_rig.Alive());
        Assert.NotEqual(bare, ProcessTable.Find(bare.Pid));
    }

    [Fact]
    public async Task A_flood_of_lines_stays_within_the_room_of_its_log()
    {
        await _rig.ApplyAsync(1, "- {name: web, command: [/usr/bin/yes, flood]}\n");
        await ProcessRig.UntilAsync("second file", () => File.Exists(Path.Combine(_rig.Folder, "logs/web.log.1")));

        Assert.Equal(HealthReport.Running, (await _rig.HealthAsync()).State);
        Assert.True(new DirectoryInfo(Path.Combine(_rig.Folder, "logs")).GetFiles().Sum(static f => f.Length) <= 64 * 1024);
        Assert.All(_rig.Log("web").Skip(1).SkipLast(1), static l => Assert.EndsWith("Z flood", l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_log_that_cannot_be_written_holds_nobody_up()
    {
        var logs = Path.Combine(_rig.Folder, "logs");
        Directory.CreateDirectory(logs);
        File.CreateSymbolicLink(Path.Combine(logs, "web.log"), "/dev/full");

        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "yes | head -c 1000000; touch done; exec sleep 1000"));

        await ProcessRig.UntilAsync("all is said", () => File.Exists(Path.Combine(_rig.Work, "done")));
        Assert.Equal(HealthReport.Running, (await _rig.HealthAsync()).State);
    }

    [Fact]
    public async Task Programs_and_folders_elsewhere_are_refused_links_and_all()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_rig.Root, "elsewhere"));
        File.WriteAllText(Path.Combine(folder.FullName, "tool"), "#!/bin/sh\n");

        async Task<string> Refused(string service, params (string Path, string Text)[] files) =>
            (await Assert.ThrowsAsync<DriverRejectedException>(() => _rig.ApplyAsync(1, service, files))).Message;

        Assert.Contains("lies in no folder of programs that may be run", await Refused($"- {{name: web, command: ['{folder.FullName}/tool']}}\n"), StringComparison.Ordinal);
        Assert.Contains("is no absolute path", await Refused("- {name: web, command: [/usr/bin/../bin/env]}\n"), StringComparison.Ordinal);
        Assert.Contains("is not there", await Refused("- {name: web, command: [/usr/bin/no-such-program]}\n"), StringComparison.Ordinal);
        Assert.Contains("lies in no folder that services may run in", await Refused("- {name: web, command: [/usr/bin/env], cwd: /etc}\n"), StringComparison.Ordinal);
        Directory.CreateDirectory(_rig.Work);
        File.CreateSymbolicLink(Path.Combine(_rig.Work, "out"), "/etc");
        Assert.Contains("leads out of the release's own", await Refused("- {name: web, command: [/usr/bin/env], cwd: out}\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Anything_but_processes_is_refused()
    {
        var fault = await Assert.ThrowsAsync<DriverRejectedException>(async () => await _rig.ApplyAsync(await GitOpsRig.PlanAsync(1, GitOpsRig.ConfigMap("a", "1"))));

        Assert.Equal((Reasons.ApplyRejected, "ConfigMap kube-system/a is nothing that the driver process can run; it takes one ProcessSet alone, which packages of type static have."), (fault.Reason, fault.Message));
    }

    [Fact]
    public async Task What_is_kept_of_a_release_is_told_apart_from_what_cannot_be_read()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "exec sleep 1000"));
        var inventory = Path.Combine(_rig.Folder, "inventory.json");
        var text = File.ReadAllText(inventory);

        File.WriteAllText(inventory, "{");
        await Assert.ThrowsAsync<DriverDataException>(async () => await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation));
        Assert.Equal(ReleaseStatus.Unknown, Assert.Single(await _rig.Driver.ListReleasesAsync(_rig.Cluster, null, Cancellation)).Status);
        File.Delete(inventory);
        Directory.CreateDirectory(inventory);
        await Assert.ThrowsAsync<DriverUnavailableException>(async () => await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation));
        Directory.Delete(inventory);

        File.WriteAllText(inventory, text);
        Assert.Equal(HealthReport.Running, (await _rig.HealthAsync()).State);
    }

    [Fact]
    public async Task A_database_that_several_servers_share_is_refused_in_words()
    {
        await using var engine = new PostgreSqlEngine("Host=127.0.0.1;Port=1;Database=none", NullLogger.Instance);
        await using var db = new AddonsDb(engine);
        await using var services = new ServiceCollection().AddSingleton(Options.Create(new ProcessOptions { Enabled = true })).BuildServiceProvider();

        var fault = Assert.Throws<OptionsValidationException>(() => ProcessServices.Require(services, db));

        Assert.StartsWith("Addons:Process:Enabled: several servers may share this database (PostgreSQL)", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_difference_is_shown_line_by_line()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "exec sleep 1000"));

        var diff = await _rig.Driver.DiffAsync(_rig.Cluster, await ProcessRig.PlanAsync(2, "services:\n" + ProcessRig.Shell("web", "exec sleep 2000")), Cancellation);

        var one = Assert.Single(diff.Objects);
        Assert.Equal(("changed", "ProcessSet"), (one.Change, one.Id.Kind));
        Assert.Contains("-    - exec sleep 1000\n+    - exec sleep 2000\n", one.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_revision_twice_at_once_runs_once()
    {
        var plan = await ProcessRig.PlanAsync(1, "services:\n" + ProcessRig.Shell("web", "echo up; exec sleep 1000"));

        await Task.WhenAll(_rig.ApplyAsync(plan), _rig.ApplyAsync(plan), _rig.ApplyAsync(plan));

        Assert.Single(_rig.Alive());
        Assert.Single(_rig.Log("web"));
    }

    [Fact]
    public async Task An_uninstall_beside_an_upgrade_leaves_all_of_one_or_nothing()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "exec sleep 1000"));
        var plan = await ProcessRig.PlanAsync(2, "services:\n" + ProcessRig.Shell("web", "exec sleep 1000"));

        await Task.WhenAll(_rig.ApplyAsync(plan), _rig.UninstallAsync());

        Assert.Equal(Directory.Exists(_rig.Folder) ? 1 : 0, _rig.Alive().Count);
    }

    [Fact]
    public async Task One_that_is_given_up_half_way_goes_back()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "exec sleep 1000"));
        using var giveUp = new CancellationTokenSource();
        var plan = await ProcessRig.PlanAsync(2, "services:\n" + ProcessRig.Shell("web", "touch begun; exec sleep 2000", ", healthcheck: {exec: [/bin/false], interval: 200ms}"));

        var apply = _rig.ApplyAsync(plan, giveUp.Token);
        await ProcessRig.UntilAsync("begun", () => File.Exists(Path.Combine(_rig.Work, "begun")));
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => apply);
        Assert.Single(_rig.Alive());
        Assert.Equal((HealthReport.Running, 1), ((await _rig.HealthAsync()).State, (await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation))!.Revision));
    }

    [Fact]
    public async Task One_that_is_not_wanted_any_more_changes_nothing()
    {
        await _rig.ApplyAsync(1, ProcessRig.Shell("web", "exec sleep 1000"));
        var asked = 0;
        var plan = await ProcessRig.PlanAsync(2, "services:\n" + ProcessRig.Shell("web", "exec sleep 2000"));

        // It was wanted when it began.
        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => _rig.ApplyAsync(plan with { Confirm = _ => asked++ == 0 ? Task.CompletedTask : throw new TimeZoneNotFoundException() }));

        Assert.Single(_rig.Alive());
        Assert.Equal(1, (await _rig.Driver.ReadReleaseAsync(_rig.Cluster, ProcessRig.Key, Cancellation))!.Revision);
    }

    [Fact]
    public async Task Files_come_from_the_package_where_the_record_had_no_room_and_a_lost_package_is_told()
    {
        var text = Convert.ToBase64String(RandomNumberGenerator.GetBytes(2 * 1024 * 1024));
        var whole = await ProcessRig.PlanAsync(1, "services:\n- {name: web, command: [/bin/sh, -c, 'wc -c < $0; exec sleep 1000', files/large.txt]}\n", ("files/large.txt", text));
        var recorded = ReleasePlan.Of(ReleaseCodec.Decode(ReleaseCodec.Encode(whole.Record)));

        var fault = await Assert.ThrowsAsync<DriverRejectedException>(() => _rig.ApplyAsync(recorded));
        await _rig.ApplyAsync(recorded with { Files = new Dictionary<string, byte[]> { ["files/large.txt"] = System.Text.Encoding.UTF8.GetBytes(text) } });

        Assert.Equal((Reasons.PackageMissing, "The file files/large.txt of the package is not there any more."), (fault.Reason, fault.Message));
        Assert.EndsWith(text.Length.ToString(CultureInfo.InvariantCulture), Assert.Single(_rig.Log("web")), StringComparison.Ordinal);
    }
}
