using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Clusters that go with what is installed in them, on both engines, with a gate that makes races certain.</summary>
public sealed class DeregistrationTests
{
    private const string Uninstall = "?delete_addons=uninstall";
    private const string Preserve = "?delete_addons=preserve";

    public static TheoryData<string> Engines { get; } = ["sqlite", "postgresql"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task What_requires_others_goes_first_and_what_cannot_be_removed_keeps_the_cluster_until_it_is_tried_again(string engine)
    {
        await using var host = await DeregistrationHost.StartAsync(engine);
        var cluster = await host.RegisterAsync("in-order");
        await host.InstallAsync(cluster, "base");
        await host.InstallAsync(cluster, "middle", "base");
        var top = await host.InstallAsync(cluster, "top", "middle");
        host.Block(cluster, "top");

        var going = await host.DeregisterAsync(cluster, Uninstall);
        Assert.Equal("Deleting", PhaseOf(going));
        await host.WaitAsync(cluster, static c => c.Message.Contains("base could not be removed", StringComparison.Ordinal));

        var failed = await host.ShowAsync(cluster);
        Assert.Equal(("Deleting", "DeleteFailed"), (failed.Phase, failed.Reason));
        Assert.Contains("top could not be removed: ClusterUnreachable", failed.Message, StringComparison.Ordinal);
        Assert.Contains("middle could not be removed: Interrupted: top, which requires it", failed.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(host.Release(cluster, "base"), "inventory.json")));
        Assert.Equal("deleteFailed", StatusOf(await host.App.ShowAsync(top)));

        host.Unblock(cluster, "top");
        Assert.Equal("Deleting", PhaseOf(await host.DeregisterAsync(cluster, Uninstall)));
        await host.WaitUntilGoneAsync(cluster);
        Assert.All(["base", "middle", "top"], t => Assert.False(Directory.Exists(host.Release(cluster, t))));
        host.ShouldBeForgotten(cluster);
        using var again = await host.App.Admin.DeleteAsync($"{host.Clusters}/{cluster}{Uninstall}", Cancellation);
        await again.ShouldFailAsync(404, "CCE.03404001");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_cluster_that_goes_takes_nothing_in_and_can_be_forgotten(string engine)
    {
        await using var host = await DeregistrationHost.StartAsync(engine);
        var cluster = await host.RegisterAsync("takes-nothing");
        var id = await host.InstallAsync(cluster, "stuck");
        await host.PublishAsync("other");
        var chart = (await host.UploadAsync("late")).GetProperty("id").GetString()!;
        host.Block(cluster, "stuck");
        await host.DeregisterAsync(cluster, Uninstall);
        await host.WaitAsync(cluster, static c => c.Reason is "DeleteFailed");

        using var install = await host.App.Admin.PostAsJsonAsync(Root, Install(cluster, "other"), Cancellation);
        using var upgrade = await host.App.Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "stuck", "1.0.0"), Cancellation);
        using var release = await host.App.Admin.PostAsJsonAsync($"/cce/cam/v3/clusters/{cluster}/releases", ReleaseSite.Wish(chart, "late"), Cancellation);
        using var plain = await host.App.Admin.DeleteAsync($"{host.Clusters}/{cluster}", Cancellation);
        await install.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030302");
        await upgrade.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030302");
        await release.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030302");
        await plain.ShouldFailAsync(409, "CCE.03409001");

        Assert.Equal("Deleting", PhaseOf(await host.DeregisterAsync(cluster, Preserve)));
        host.ShouldBeForgotten(cluster);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_add_on_that_is_forgotten_lets_its_cluster_go(string engine)
    {
        await using var host = await DeregistrationHost.StartAsync(engine);
        var cluster = await host.RegisterAsync("let-go");
        var id = await host.InstallAsync(cluster, "alone");
        host.Block(cluster, "alone");
        await host.DeregisterAsync(cluster, Uninstall);
        await host.WaitAsync(cluster, static c => c.Reason is "DeleteFailed");

        using var forgotten = await host.App.Admin.DeleteAsync($"{Root}/{id}?preserve=true", Cancellation);

        Assert.Equal(HttpStatusCode.OK, forgotten.StatusCode);
        host.ShouldBeForgotten(cluster);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_cluster_without_add_ons_is_gone_at_once_and_releases_stay(string engine)
    {
        await using var host = await DeregistrationHost.StartAsync(engine);
        var cluster = await host.RegisterAsync("empty-one");
        var chart = (await host.UploadAsync("staying")).GetProperty("id").GetString()!;
        var path = $"/cce/cam/v3/clusters/{cluster}/namespace/default/releases/staying";
        using (var made = await host.App.Admin.PostAsJsonAsync($"/cce/cam/v3/clusters/{cluster}/releases", ReleaseSite.Wish(chart, "staying"), Cancellation))
        {
            await AddonSite.ReadAsync(made, 201);
        }

        await Eventually.TrueAsync(
            "the release is deployed", TimeSpan.FromSeconds(60), async () => (await host.App.Admin.GetStringAsync(path, Cancellation)).Contains("\"DEPLOYED\"", StringComparison.Ordinal));

        Assert.Equal("Deleting", PhaseOf(await host.DeregisterAsync(cluster, Uninstall)));

        host.ShouldBeForgotten(cluster);
        Assert.True(File.Exists(Path.Combine(host.Root, "clusters", cluster, "default", "staying", "inventory.json")));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_install_that_came_first_is_removed_too(string engine)
    {
        await using var host = await DeregistrationHost.StartAsync(engine);
        var cluster = await host.RegisterAsync("came-first");
        await host.PublishAsync("early");
        using var held = host.Gate.HoldNextOfRequest("addons");
        var installing = host.App.Admin.PostAsJsonAsync(Root, Install(cluster, "early"), Cancellation);
        await held.ReachedAsync();

        var deregistering = host.DeregisterAsync(cluster, Uninstall);
        held.Release();

        using var installed = await installing;
        Assert.Equal(HttpStatusCode.Created, installed.StatusCode);
        Assert.Equal("Deleting", PhaseOf(await deregistering));
        await host.WaitUntilGoneAsync(cluster);
        host.ShouldBeForgotten(cluster);
        Assert.False(Directory.Exists(host.Release(cluster, "early")));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task An_install_that_comes_behind_is_refused(string engine)
    {
        await using var host = await DeregistrationHost.StartAsync(engine);
        var cluster = await host.RegisterAsync("came-behind");
        await host.InstallAsync(cluster, "stuck");
        await host.PublishAsync("late");
        host.Block(cluster, "stuck");
        using var held = host.Gate.HoldNextOfRequest("addons");
        var deregistering = host.DeregisterAsync(cluster, Uninstall);
        await held.ReachedAsync();

        var installing = host.App.Admin.PostAsJsonAsync(Root, Install(cluster, "late"), Cancellation);
        held.Release();

        using var installed = await installing;
        await installed.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030302");
        Assert.Equal("Deleting", PhaseOf(await deregistering));
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Two_at_once_begin_one_removal(string engine)
    {
        await using var host = await DeregistrationHost.StartAsync(engine);
        var cluster = await host.RegisterAsync("twice-at-once");
        var id = await host.InstallAsync(cluster, "once");
        host.Block(cluster, "once");
        using var held = host.Gate.HoldNextOfRequest("addons");
        var first = host.DeregisterAsync(cluster, Uninstall);
        await held.ReachedAsync();
        var second = host.DeregisterAsync(cluster, Uninstall);
        held.Release();

        Assert.Equal(["Deleting", "Deleting"], [PhaseOf(await first), PhaseOf(await second)]);
        await host.WaitAsync(cluster, static c => c.Reason is "DeleteFailed");
        var events = await host.App.Admin.GetFromJsonAsync<JsonElement>($"{Root}/{id}/events", Cancellation);

        // The second may have come when the first removal had failed already, and has then begun another.
        Assert.InRange(events.GetProperty("items").EnumerateArray().Count(static e => e.GetProperty("reason").GetString() is "Deleting"), 1, 2);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_server_that_stops_leaves_the_rest_to_the_next(string engine)
    {
        await using var host = await DeregistrationHost.StartAsync(engine);
        var cluster = await host.RegisterAsync("stopped-in-between");
        foreach (var (name, requires) in (IEnumerable<(string, string)>)[("s1", ""), ("s2", "s1"), ("s3", "s2")])
        {
            await host.InstallAsync(cluster, name, requires);
        }

        await host.DeregisterAsync(cluster, Uninstall);
        await host.App.RestartAsync();

        await host.WaitUntilGoneAsync(cluster);
        host.ShouldBeForgotten(cluster);
    }

    [Fact]
    public async Task Two_servers_take_a_cluster_away_together()
    {
        await using var host = await DeregistrationHost.StartAsync("postgresql");
        await using var other = await host.JoinAsync();
        var cluster = await host.RegisterAsync("of-two-servers");
        foreach (var (name, requires) in (IEnumerable<(string, string)>)[("t1", ""), ("t2", "t1"), ("t3", "t2"), ("t4", ""), ("t5", "t4"), ("t6", "")])
        {
            await host.InstallAsync(cluster, name, requires);
        }

        var path = $"{host.Clusters}/{cluster}{Uninstall}";
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => (n % 2 == 0 ? host.App : other).Admin.DeleteAsync(path, Cancellation)));

        // Whoever comes when it is gone already is told so.
        Assert.Contains(answers, static a => a.StatusCode is HttpStatusCode.OK);
        Assert.All(answers, static a => Assert.Contains(a.StatusCode, (IEnumerable<HttpStatusCode>)[HttpStatusCode.OK, HttpStatusCode.NotFound]));
        answers.ToList().ForEach(static a => a.Dispose());
        await host.WaitUntilGoneAsync(cluster);
        host.ShouldBeForgotten(cluster);
        Assert.All(Enumerable.Range(1, 6), n => Assert.False(Directory.Exists(host.Release(cluster, $"t{n}"))));
    }

    private static string PhaseOf(JsonElement cluster) => cluster.GetProperty("status").GetProperty("phase").GetString()!;
}
