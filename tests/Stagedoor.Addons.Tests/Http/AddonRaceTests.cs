using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Two requests at once on two replicas, one of them stopped at each of its reads and transactions in turn.</summary>
public sealed class AddonRaceTests
{
    private const string InUse = "SVCSTG.CCE-ADDONMGR.4030301";
    private const string NotSupported = "SVCSTG.CCE-ADDONMGR.4030302";
    private const string NoAddon = "SVCSTG.CCE-ADDONMGR.4040204";
    private const string Conflict = "CCE.03409001";
    private const string Busy = "CCE.01429002";
    private const string NotFound = "CCE.03404001";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_two_installs_of_one_add_on_one_is_made()
    {
        await using var replicas = await Replicas.StartAsync();
        await replicas.PublishAsync("twin", "1.0.0");

        var places = await replicas.RaceAsync(
            replicas.RegisterAsync,
            static (client, cluster) => client.PostAsJsonAsync(Root, Install(cluster, "twin"), Cancellation),
            static (client, cluster) => client.PostAsJsonAsync(Root, Install(cluster, "twin"), Cancellation),
            async (cluster, one, two) =>
            {
                Assert.True(one.IsDone != two.IsDone, $"{one}\n{two}");
                Assert.Equal(Conflict, one.Code + two.Code);
                await ShouldRunOnceAsync(replicas, Id(one.IsDone ? one : two), cluster, "twin");
            });
        Assert.InRange(places, 8, 100);
    }

    [Fact]
    public async Task The_same_request_twice_is_answered_with_one_instance()
    {
        await using var replicas = await Replicas.StartAsync();
        await replicas.PublishAsync("same", "1.0.0");

        await replicas.RaceAsync(
            replicas.RegisterAsync,
            static (client, cluster) => PostAsync(client, Install(cluster, "same"), cluster),
            static (client, cluster) => PostAsync(client, Install(cluster, "same"), cluster),
            async (cluster, one, two) =>
            {
                Assert.True(one.IsDone && two.IsDone, $"{one}\n{two}");
                Assert.Equal(Id(one), Id(two));
                await ShouldRunOnceAsync(replicas, Id(one), cluster, "same");
            });
    }

    [Fact]
    public async Task A_token_with_two_bodies_is_refused_to_one_of_them()
    {
        await using var replicas = await Replicas.StartAsync();
        await replicas.PublishAsync("body", "1.0.0");

        await replicas.RaceAsync(
            replicas.RegisterAsync,
            static (client, cluster) => PostAsync(client, Install(cluster, "body"), cluster),
            static (client, cluster) => PostAsync(client, Install(cluster, "body", values: new { custom = new { other = 1 } }), cluster),
            static (_, one, two) =>
            {
                Assert.True(one.IsDone != two.IsDone, $"{one}\n{two}");
                Assert.Equal("SVCSTG.CCE-ADDONMGR.4000003", one.Code + two.Code);
                return Task.CompletedTask;
            });
    }

    [Fact]
    public async Task Two_add_ons_that_require_the_same_third_get_it_once()
    {
        await using var replicas = await Replicas.StartAsync();
        const string Requires = "requires: [{name: third}]\n";
        await replicas.PublishAsync("third", "1.0.0");
        await replicas.PublishAsync("left", "1.0.0", ("addon.yaml", Requires));
        await replicas.PublishAsync("right", "1.0.0", ("addon.yaml", Requires));
        Dictionary<string, string> auto = new(StringComparer.Ordinal) { ["addon.install/dependencies"] = "auto" };

        await replicas.RaceAsync(
            replicas.RegisterAsync,
            (client, cluster) => client.PostAsJsonAsync(Root, Install(cluster, "left", annotations: auto), Cancellation),
            (client, cluster) => client.PostAsJsonAsync(Root, Install(cluster, "right", annotations: auto), Cancellation),
            async (cluster, one, two) =>
            {
                Assert.True(one.IsDone && two.IsDone, $"{one}\n{two}");
                await ShouldRunOnceAsync(replicas, Id(one), cluster, "left");
                await ShouldRunOnceAsync(replicas, Id(two), cluster, "right");
                Assert.Equal(["left", "right", "third"], (await replicas.QueryAsync($"SELECT template FROM addons.addon_instance WHERE cluster_id = '{cluster}'")).Order());
            });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_install_beside_the_removal_of_its_version_has_a_package_or_is_none(bool isInstallStopped)
    {
        await using var replicas = await Replicas.StartAsync();

        await RaceAsync(
            replicas,
            isInstallStopped,
            async () =>
            {
                var name = replicas.Name("going");
                await replicas.PublishAsync(name, "1.0.0");
                return (Cluster: await replicas.RegisterAsync(), Name: name);
            },
            static (client, about) => client.PostAsJsonAsync(Root, Install(about.Cluster, about.Name, "1.0.0"), Cancellation),
            static (client, about) => client.DeleteAsync($"/api/v3/addontemplates/{about.Name}/versions/1.0.0", Cancellation),
            async (about, installed, removed) =>
            {
                Assert.True(installed.IsDone != removed.IsDone, $"{installed}\n{removed}");
                Assert.Equal(installed.IsDone ? InUse : NoAddon, installed.Code + removed.Code);
                if (installed.IsDone)
                {
                    await ShouldRunOnceAsync(replicas, Id(installed), about.Cluster, about.Name);
                }
            });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_install_beside_another_package_of_its_version_has_one_of_the_two(bool isInstallStopped)
    {
        await using var replicas = await Replicas.StartAsync();

        await RaceAsync(
            replicas,
            isInstallStopped,
            async () =>
            {
                var name = replicas.Name("anew");
                await replicas.PublishAsync(name, "1.0.0");
                return (Cluster: await replicas.RegisterAsync(), Name: name);
            },
            static (client, about) => client.PostAsJsonAsync(Root, Install(about.Cluster, about.Name, "1.0.0"), Cancellation),
            static async (client, about) =>
            {
                using var form = AddonSite.Form(AddonSite.Chart(about.Name, "1.0.0", ("values.yaml", "replicas: 7\n")), new { @override = true });
                return await client.PostAsync("/api/v3/addontemplates", form, Cancellation);
            },
            async (about, installed, published) =>
            {
                Assert.True(installed.IsDone || installed.Code is NoAddon, $"{installed}\n{published}");
                Assert.True(published.IsDone || published.Code is InUse, $"{installed}\n{published}");
                Assert.True(installed.IsDone || published.IsDone, $"{installed}\n{published}");
                if (installed.IsDone)
                {
                    await ShouldRunOnceAsync(replicas, Id(installed), about.Cluster, about.Name);
                }
            });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_install_beside_the_removal_of_its_cluster_is_in_one_or_is_none(bool isInstallStopped)
    {
        await using var replicas = await Replicas.StartAsync();
        await replicas.PublishAsync("homeless", "1.0.0");

        await RaceAsync(
            replicas,
            isInstallStopped,
            replicas.RegisterAsync,
            static (client, cluster) => client.PostAsJsonAsync(Root, Install(cluster, "homeless"), Cancellation),
            (client, cluster) => client.DeleteAsync($"/api/v3/projects/{replicas.First.FirstRun.ProjectId}/clusters/{cluster}", Cancellation),
            async (cluster, installed, removed) =>
            {
                Assert.True(installed.IsDone != removed.IsDone, $"{installed}\n{removed}");
                Assert.Equal(installed.IsDone ? Conflict : NotFound, installed.Code + removed.Code);
                Assert.Equal(installed.IsDone ? "1" : "0", (await replicas.QueryAsync($"SELECT COUNT(*) FROM addons.addon_instance WHERE cluster_id = '{cluster}'"))[0]);
            });
    }

    [Theory]
    [InlineData("upgrade", "upgrade")]
    [InlineData("upgrade", "rollback")]
    [InlineData("rollback", "upgrade")]
    [InlineData("rollback", "rollback")]
    public async Task Of_two_changes_at_once_each_that_is_begun_is_one_revision(string stopped, string between)
    {
        await using var replicas = await Replicas.StartAsync();
        foreach (var version in (string[])["1.0.0", "1.1.0", "1.2.0"])
        {
            await replicas.PublishAsync("change", version);
        }

        await replicas.RaceAsync(
            () => UpgradedAsync(replicas, "change"),
            (client, about) => ChangeAsync(client, stopped, about, "change"),
            (client, about) => ChangeAsync(client, between, about, "change"),
            async (about, one, two) =>
            {
                // The one that was stopped before it had looked comes behind the other.
                Assert.True(one.IsDone || one.Code is Busy or NotSupported || (stopped is "upgrade" && one.Status == 400), $"{one}\n{two}");
                Assert.True(two.IsDone || two.Code is Busy or NotSupported, $"{one}\n{two}");
                var begun = (one.IsDone ? 1 : 0) + (two.IsDone ? 1 : 0);
                Assert.InRange(begun, 1, 2);
                var shown = await replicas.First.WaitForAsync(about.Id, "running");
                Assert.Equal(2 + begun, await RevisionsAsync(replicas, about.Id));
                ShouldBeThere(replicas, about.Cluster, "change", 2 + begun, shown);
            });
    }

    [Theory]
    [InlineData("upgrade", true)]
    [InlineData("upgrade", false)]
    [InlineData("rollback", true)]
    [InlineData("rollback", false)]
    public async Task A_change_beside_a_removal_comes_before_it_or_not_at_all(string change, bool isChangeStopped)
    {
        await using var replicas = await Replicas.StartAsync();
        foreach (var version in (string[])["1.0.0", "1.1.0", "1.2.0"])
        {
            await replicas.PublishAsync("leave", version);
        }

        await RaceAsync(
            replicas,
            isChangeStopped,
            () => UpgradedAsync(replicas, "leave"),
            (client, about) => ChangeAsync(client, change, about, "leave"),
            static (client, about) => client.DeleteAsync($"{Root}/{about.Id}", Cancellation),
            async (about, changed, removed) =>
            {
                Assert.True(changed.IsDone || changed.Code is Busy or NoAddon or NotSupported, $"{changed}\n{removed}");
                Assert.True(removed.IsDone || (removed.Code is Busy && changed.IsDone), $"{changed}\n{removed}");
                if (removed.IsDone)
                {
                    await replicas.First.WaitUntilGoneAsync(about.Id);
                    Assert.Null(replicas.Inventory(about.Cluster, "kube-system", "cceaddon-leave"));
                }
                else
                {
                    ShouldBeThere(replicas, about.Cluster, "leave", 3, await replicas.First.WaitForAsync(about.Id, "running"));
                }
            });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_rollback_beside_the_removal_of_where_it_goes_has_a_package_or_is_none(bool isRollbackStopped)
    {
        await using var replicas = await Replicas.StartAsync();

        await RaceAsync(
            replicas,
            isRollbackStopped,
            async () =>
            {
                var name = replicas.Name("back");
                await replicas.PublishAsync(name, "1.0.0");
                await replicas.PublishAsync(name, "1.1.0");
                return (About: await UpgradedAsync(replicas, name), Name: name);
            },
            static (client, x) => ChangeAsync(client, "rollback", x.About, x.Name),
            static (client, x) => client.DeleteAsync($"/api/v3/addontemplates/{x.Name}/versions/1.0.0", Cancellation),
            async (x, back, removed) =>
            {
                Assert.True(back.IsDone != removed.IsDone, $"{back}\n{removed}");
                Assert.True(back.IsDone ? removed.Code is InUse : back.Code is NotSupported or NoAddon, $"{back}\n{removed}");
                await replicas.First.WaitForAsync(x.About.Id, "running");
                Assert.Equal(["1"], await replicas.QueryAsync(
                    $"SELECT COUNT(*) FROM addons.addon_instance i JOIN addons.addon_version v ON v.domain_id = i.domain_id AND v.template = i.template AND v.version = i.version WHERE i.id = '{x.About.Id}'"));
            });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_required_does_not_go_while_what_requires_it_comes(bool isInstallStopped)
    {
        await using var replicas = await Replicas.StartAsync();
        await replicas.PublishAsync("ground", "1.0.0");

        await RaceAsync(
            replicas,
            isInstallStopped,
            async () =>
            {
                var cluster = await replicas.RegisterAsync();
                return (Cluster: cluster, Ground: await replicas.First.InstallAsync(cluster, "ground"), Name: replicas.Name("roof"));
            },
            async (client, x) =>
            {
                // Published a moment ago: nobody who has read the catalogue before knows of it.
                using var form = AddonSite.Form(AddonSite.Chart(x.Name, "1.0.0", ("addon.yaml", "requires: [{name: ground}]\n")));
                (await client.PostAsync("/api/v3/addontemplates", form, Cancellation)).Dispose();
                return await client.PostAsJsonAsync(Root, Install(x.Cluster, x.Name), Cancellation);
            },
            static (client, x) => client.DeleteAsync($"{Root}/{x.Ground}", Cancellation),
            static (x, installed, removed) =>
            {
                Assert.True(installed.IsDone != removed.IsDone, $"{installed}\n{removed}");
                Assert.Equal(NotSupported, installed.Code + removed.Code);
                return Task.CompletedTask;
            });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_add_on_and_a_chart_do_not_become_one_release(bool isInstallStopped)
    {
        await using var replicas = await Replicas.StartAsync();
        await replicas.PublishAsync("both", "1.0.0", ("addon.yaml", "namespace: default\nreleaseName: site\n"));
        using var uploaded = await replicas.First.Admin.PostAsync("/v2/charts", AddonSite.Form(AddonSite.Chart("web", "1.0.0")), Cancellation);
        var chart = (await AddonSite.ReadAsync(uploaded, 201)).GetProperty("id").GetString()!;

        await RaceAsync(
            replicas,
            isInstallStopped,
            replicas.RegisterAsync,
            static (client, cluster) => client.PostAsJsonAsync(Root, Install(cluster, "both"), Cancellation),
            (client, cluster) => ReleaseAsync(client, "create", cluster, chart),
            static (_, installed, created) =>
            {
                Assert.True(installed.IsDone != created.IsDone, $"{installed}\n{created}");
                Assert.Equal(installed.IsDone ? Conflict : NotSupported, installed.Code + created.Code);
                return Task.CompletedTask;
            });
    }

    [Theory]
    [InlineData("create", "create")]
    [InlineData("create", "delete")]
    [InlineData("upgrade", "upgrade")]
    [InlineData("upgrade", "rollback")]
    [InlineData("upgrade", "delete")]
    [InlineData("delete", "upgrade")]
    [InlineData("delete", "create")]
    [InlineData("delete", "delete")]
    public async Task Of_two_changes_of_a_release_at_once_each_that_is_begun_is_one_revision(string stopped, string between)
    {
        await using var replicas = await Replicas.StartAsync();
        using var uploaded = await replicas.First.Admin.PostAsync("/v2/charts", AddonSite.Form(AddonSite.Chart("web", "1.0.0")), Cancellation);
        var chart = (await AddonSite.ReadAsync(uploaded, 201)).GetProperty("id").GetString()!;
        var exists = stopped is not "create" || between is not "create";

        await replicas.RaceAsync(
            async () =>
            {
                var cluster = await replicas.RegisterAsync();
                if (exists)
                {
                    await MakeReleaseAsync(replicas, cluster, chart);
                }

                return cluster;
            },
            (client, cluster) => ReleaseAsync(client, stopped, cluster, chart),
            (client, cluster) => ReleaseAsync(client, between, cluster, chart),
            async (cluster, one, two) =>
            {
                foreach (var answer in (Answer[])[one, two])
                {
                    Assert.True(answer.IsDone || answer.Code is Busy or Conflict or NotFound, $"{one}\n{two}");
                }

                Assert.True(one.IsDone || two.IsDone, $"{one}\n{two}");
                if (stopped == between && stopped is "delete")
                {
                    Assert.True((one.IsDone || one.Code is NotFound) && (two.IsDone || two.Code is NotFound), $"{one}\n{two}");
                }

                await Eventually.TrueAsync("the work is done", TimeSpan.FromSeconds(30), async () => await replicas.QueryAsync($"SELECT COUNT(*) FROM addons.chart_release WHERE cluster_id = '{cluster}' AND operation <> ''") is ["0"]);
                var rows = await replicas.QueryAsync($"SELECT status || ' ' || CAST(revision AS TEXT) FROM addons.chart_release WHERE cluster_id = '{cluster}'");
                var inventory = replicas.Inventory(cluster, "default", "site");
                Assert.True(rows.Count == 0 ? inventory is null : rows[0] == string.Create(CultureInfo.InvariantCulture, $"deployed {inventory!.Value.GetProperty("revision").GetInt32()}"), $"{string.Join(',', rows)} {inventory}\n{one}\n{two}");
                if (stopped is not "delete" && between is not "delete")
                {
                    var begun = (one.IsDone ? 1 : 0) + (two.IsDone ? 1 : 0) + (exists ? 1 : 0);
                    Assert.Equal($"deployed {begun}", rows[0]);
                }
            });
    }

    [Theory]
    [InlineData("upload", "upload")]
    [InlineData("replace", "replace")]
    [InlineData("replace", "delete")]
    [InlineData("delete", "replace")]
    [InlineData("delete", "upload")]
    [InlineData("delete", "delete")]
    public async Task Of_two_changes_of_a_chart_at_once_its_package_is_there_or_it_is_gone(string stopped, string between)
    {
        await using var replicas = await Replicas.StartAsync();

        await replicas.RaceAsync(
            async () =>
            {
                var name = replicas.Name("chart");
                using var uploaded = await replicas.First.Admin.PostAsync("/v2/charts", AddonSite.Form(AddonSite.Chart(name, "1.0.0")), Cancellation);
                return (Name: name, Id: (await AddonSite.ReadAsync(uploaded, 201)).GetProperty("id").GetString()!);
            },
            (client, chart) => ChartAsync(client, stopped, chart, 2),
            (client, chart) => ChartAsync(client, between, chart, 3),
            async (chart, one, two) =>
            {
                foreach (var answer in (Answer[])[one, two])
                {
                    Assert.True(answer.IsDone || answer.Code is Conflict or NotFound || (answer.Code.EndsWith(".5000201", StringComparison.Ordinal) && answer.Body.GetRawText().Contains("repeat it", StringComparison.Ordinal)), $"{one}\n{two}");
                }

                Assert.True(one.IsDone || two.IsDone, $"{one}\n{two}");
                foreach (var id in await replicas.QueryAsync($"SELECT id FROM addons.chart WHERE name = '{chart.Name}'"))
                {
                    using var archive = await replicas.Other.GetAsync($"/v2/charts/{id}/archive", Cancellation);
                    Assert.True(archive.IsSuccessStatusCode, $"{one}\n{two}");
                }

                Assert.Equal(["0"], await replicas.QueryAsync($"SELECT COUNT(*) FROM addons.chart WHERE name = '{chart.Name}' AND removing <> 0"));
            });
        Assert.Equal(
            await replicas.QueryAsync("SELECT COUNT(DISTINCT digest) FROM addons.chart"), await replicas.QueryAsync("SELECT COUNT(*) FROM addons.blobs"));
    }

    private static Task<int> RaceAsync<T>(
        Replicas replicas, bool isFirstStopped, Func<Task<T>> prepare, Func<HttpClient, T, Task<HttpResponseMessage>> first, Func<HttpClient, T, Task<HttpResponseMessage>> second,
        Func<T, Answer, Answer, Task> check) =>
        isFirstStopped ? replicas.RaceAsync(prepare, first, second, check) : replicas.RaceAsync(prepare, second, first, (about, two, one) => check(about, one, two));

    private static async Task<(string Id, string Cluster)> UpgradedAsync(Replicas replicas, string template)
    {
        var cluster = await replicas.RegisterAsync();
        var id = await replicas.First.InstallAsync(cluster, template, "1.0.0");
        await replicas.First.UpgradeAsync(id, cluster, template, "1.1.0");
        return (id, cluster);
    }

    private static Task<HttpResponseMessage> ChangeAsync(HttpClient client, string change, (string Id, string Cluster) about, string template) => change is "upgrade"
        ? client.PutAsJsonAsync($"{Root}/{about.Id}", Upgrade(about.Cluster, template, "1.2.0"), Cancellation)
        : client.PostAsJsonAsync($"{Root}/{about.Id}/operation/rollback", new { clusterID = about.Cluster }, Cancellation);

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, System.Text.Json.Nodes.JsonObject body, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Root) { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Client-Token", token);
        return await client.SendAsync(request, Cancellation);
    }

    private static Task<HttpResponseMessage> ReleaseAsync(HttpClient client, string change, string cluster, string chart)
    {
        var address = $"/cce/cam/v3/clusters/{cluster}/namespace/default/releases/site";
        return change switch
        {
            "create" => client.PostAsJsonAsync($"/cce/cam/v3/clusters/{cluster}/releases", ReleaseSite.Wish(chart, "site"), Cancellation),
            "delete" => client.DeleteAsync(address, Cancellation),
            "rollback" => client.PutAsJsonAsync(address, ReleaseSite.Change(chart, "rollback", new { release_version = 1 }), Cancellation),
            _ => client.PutAsJsonAsync(address, ReleaseSite.Change(chart, change, values: new { replicas = 2 }), Cancellation),
        };
    }

    private static async Task MakeReleaseAsync(Replicas replicas, string cluster, string chart)
    {
        using var made = await ReleaseAsync(replicas.First.Admin, "create", cluster, chart);
        await AddonSite.ReadAsync(made, 201);
        await Eventually.TrueAsync(
            "the release", TimeSpan.FromSeconds(30), async () => await replicas.QueryAsync($"SELECT status FROM addons.chart_release WHERE cluster_id = '{cluster}' AND operation = ''") is ["deployed"]);
    }

    private static async Task<HttpResponseMessage> ChartAsync(HttpClient client, string change, (string Name, string Id) chart, int replicas)
    {
        if (change is "delete")
        {
            return await client.DeleteAsync($"/v2/charts/{chart.Id}", Cancellation);
        }

        using var form = AddonSite.Form(AddonSite.Chart(chart.Name, "1.0.0", ("values.yaml", $"replicas: {replicas}\n")), new { @override = true });
        return change is "replace" ? await client.PutAsync($"/v2/charts/{chart.Id}", form, Cancellation) : await client.PostAsync("/v2/charts", form, Cancellation);
    }

    private static string Id(Answer answer) => answer.Body.GetProperty("metadata").GetProperty("uid").GetString()!;

    private static async Task<int> RevisionsAsync(Replicas replicas, string id) =>
        int.Parse((await replicas.QueryAsync($"SELECT COUNT(*) FROM addons.addon_revision WHERE instance_id = '{id}'"))[0], CultureInfo.InvariantCulture);

    // Of whatever was asked for, one install came to its end, and was done once.
    private static async Task ShouldRunOnceAsync(Replicas replicas, string id, string cluster, string template)
    {
        var shown = await replicas.First.WaitForAsync(id, "running");
        Assert.Equal(1, await RevisionsAsync(replicas, id));
        Assert.Equal(["Installing", "Succeeded"], (await replicas.QueryAsync($"SELECT reason FROM addons.addon_event WHERE instance_id = '{id}'")).Order());
        ShouldBeThere(replicas, cluster, template, 1, shown);
    }

    private static void ShouldBeThere(Replicas replicas, string cluster, string template, int revision, JsonElement shown)
    {
        var inventory = replicas.Inventory(cluster, "kube-system", $"cceaddon-{template}");
        Assert.Equal((revision, "running"), (inventory!.Value.GetProperty("revision").GetInt32(), StatusOf(shown)));
    }
}
