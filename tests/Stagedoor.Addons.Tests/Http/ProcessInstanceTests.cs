using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>Add-ons that are processes of this machine.</summary>
public sealed class ProcessInstanceTests(AddonSite site) : IClassFixture<AddonSite>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_add_on_of_processes_is_published_installed_upgraded_read_and_removed()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Process:Enabled", "true"), ("Addons:Process:GraceSeconds", "1"), ("Addons:Process:StartSeconds", "30"));
        var cluster = await RegisterAsync(app, "process-one");
        await PublishAsync(app, "1.0.0", "one");
        await PublishAsync(app, "2.0.0", "two");
        var folder = Path.Combine(app.DataDirectory, "processes", cluster, "kube-system", "cceaddon-ticker");

        var id = await app.InstallAsync(cluster, "ticker", "1.0.0", new { custom = new { word = "hello" } });
        await ShouldSayAsync(app, id, "web", "hello from one");
        Assert.Equal("running", (await app.Admin.GetFromJsonAsync<JsonElement>($"{Root}/{id}/resources", Cancellation)).GetProperty("status").GetString());
        Assert.Equal(2, Alive(app, cluster));

        await app.UpgradeAsync(id, cluster, "ticker", "2.0.0", new { custom = new { word = "again" } });
        await ShouldSayAsync(app, id, "web", "again from two");
        Assert.Equal(2, Alive(app, cluster));

        using (var lines = await app.Admin.GetAsync($"{Root}/{id}/logs?service=many&tail=3", Cancellation))
        {
            var text = await lines.Content.ReadAsStringAsync(Cancellation);
            Assert.Equal("text/plain", lines.Content.Headers.ContentType?.MediaType);
            Assert.Equal(["line 398", "line 399", "line 400"], text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static l => l[25..]));
        }

        Assert.Equal(200, (await app.Admin.GetStringAsync($"{Root}/{id}/logs?service=many", Cancellation)).Count(static c => c == '\n'));
        await ShouldRefuseAsync(app, $"{Root}/{id}/logs", "service: has to be one of web, many");
        await ShouldRefuseAsync(app, $"{Root}/{id}/logs?service=../web", "service: has to be one of web, many");
        foreach (var tail in (string[])["0", "-1", "10001", "x"])
        {
            await ShouldRefuseAsync(app, $"{Root}/{id}/logs?service=web&tail={tail}", "tail: has to be a number from 1 to 10000");
        }

        var image = await app.Services.GetRequiredService<IWorkloads>().SetImageAsync(
            new() { DomainId = app.FirstRun.DomainId, ClusterId = cluster, Namespace = "kube-system", Kind = WorkloadKind.Deployment, Name = "web", Container = null, Image = "x:1", Digest = Digest.EmptySha256 },
            Cancellation);
        Assert.Equal(new(false, "A cluster with the driver process runs no images."), image);

        using var deleted = await app.Admin.DeleteAsync($"{Root}/{id}", Cancellation);
        await AddonSite.ReadAsync(deleted);
        await app.WaitUntilGoneAsync(id);
        Assert.False(Directory.Exists(folder));
        Assert.Equal(0, Alive(app, cluster));
    }

    [Fact]
    public async Task Processes_go_with_their_cluster()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Process:Enabled", "true"), ("Addons:Process:GraceSeconds", "1"));
        var cluster = await RegisterAsync(app, "process-leaves");
        await PublishAsync(app, "1.0.0", "one");
        await app.InstallAsync(cluster, "ticker", "1.0.0");

        using var going = await app.Admin.DeleteAsync($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters/{cluster}?delete_addons=uninstall", Cancellation);

        Assert.Equal("Deleting", (await AddonSite.ReadAsync(going)).GetProperty("status").GetProperty("phase").GetString());
        await Eventually.TrueAsync("the processes are gone", s_patience, () => Alive(app, cluster) == 0 && !app.Sabotage("addons").Rows("cluster").Any());
    }

    [Fact]
    public async Task Without_the_setting_there_are_no_such_clusters_and_those_that_there_were_say_why()
    {
        using var refused = await site.App.Admin.PostAsJsonAsync(site.Clusters, Body("process-off"), Cancellation);
        var error = await AddonSite.ReadAsync(refused, 400);
        Assert.Equal(
            "metadata.annotations[stagedoor.io/driver]: is process, which runs programs of add-ons as the account of the server, and that is turned off here (Addons:Process:Enabled)",
            error.GetProperty("message").GetString());

        await using var app = await StagedoorApp.StartAsync(("Addons:Process:Enabled", "true"), ("Addons:Operations:UnreachableSeconds", "0"));
        var cluster = await RegisterAsync(app, "process-before");
        await PublishAsync(app, "1.0.0", "one");
        await app.RestartAsync(("Addons:Process:Enabled", "false"));
        using var response = await app.Admin.PostAsJsonAsync(Root, Install(cluster, "ticker"), Cancellation);
        var id = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

        var failed = await app.WaitForAsync(id, "installFailed");
        Assert.Contains("Nothing here gets into clusters with the driver process", failed.GetProperty("status").GetProperty("message").GetString(), StringComparison.Ordinal);
        using var changed = await app.Admin.PutAsJsonAsync($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters/{cluster}", Body("process-before"), Cancellation);
        await AddonSite.ReadAsync(changed);
    }

    [Fact]
    public async Task Logs_are_of_processes_and_of_those_who_may_see_the_add_on()
    {
        await site.PublishAsync(AddonSite.Chart("logless", "1.0.0"));
        var id = await site.App.InstallAsync(await site.RegisterAsync("logless-one"), "logless");
        var (_, stranger) = await site.AddUserAsync("log-stranger");
        var reader = await site.AddReaderAsync("log-reader");

        using var hidden = await stranger.GetAsync($"{Root}/{id}/logs", Cancellation);
        using var seen = await reader.GetAsync($"{Root}/{id}/logs", Cancellation);
        using var missing = await reader.GetAsync($"{Root}/{Guid.NewGuid():D}/logs", Cancellation);

        await hidden.ShouldFailAsync(403, "CCE.03403001");
        await seen.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4000003");
        await missing.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4040204");
        Assert.Contains("driver gitops", await seen.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    private static object Body(string name) => AddonSite.Cluster(name, annotations: new Dictionary<string, string>(StringComparer.Ordinal) { ["stagedoor.io/driver"] = "process" });

    private static async Task<string> RegisterAsync(StagedoorApp app, string name)
    {
        using var response = await app.Admin.PostAsJsonAsync($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters", Body(name), Cancellation);
        return (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
    }

    private static async Task PublishAsync(StagedoorApp app, string version, string word)
    {
        (string, string)[] files =
        [
            ("Chart.yaml", $"apiVersion: v2\nname: ticker\nversion: {version}\n"),
            ("addon.yaml", "type: static\ninput: {parameters: {custom: {word: nothing}}}\n"),
            ("files/run.sh", $"while :; do echo \"$1 from {word}\"; sleep 0.2; done\n"),
            ("process.yaml", """
                services:
                - {name: web, command: [/bin/sh, files/run.sh, "${custom.word}"]}
                - {name: many, command: [/bin/sh, -c, "i=0; while [ $i -lt 400 ]; do i=$((i+1)); echo line $i; done; exec sleep 1000"]}

                """),
        ];
        using var form = AddonSite.Form(AddonSite.Package(files.Select(static f => ($"ticker/{f.Item1}", f.Item2))));
        using var response = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);
        await AddonSite.ReadAsync(response, 201);
    }

    private static Task ShouldSayAsync(StagedoorApp app, string id, string service, string words) => Eventually.TrueAsync(
        $"{service} says {words}", s_patience, async () => (await app.Admin.GetStringAsync($"{Root}/{id}/logs?service={service}&tail=5", Cancellation)).Contains(words, StringComparison.Ordinal));

    private static async Task ShouldRefuseAsync(StagedoorApp app, string path, string message)
    {
        using var response = await app.Admin.GetAsync(path, Cancellation);
        Assert.Equal(message, (await AddonSite.ReadAsync(response, 400)).GetProperty("message").GetString());
    }

    // The services of a cluster that run, each of which bears its mark.
    private static int Alive(StagedoorApp app, string cluster)
    {
        var mark = $"{new ProcessPlaces(Path.Combine(Path.GetFullPath(app.DataDirectory), "processes")).Installation}/{cluster}/";
        return Ending.Marked(m => m.StartsWith(mark, StringComparison.Ordinal)).Select(static p => p.Session).Distinct().Count();
    }
}
