using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Addons.Tests.Http.InstanceSite;

namespace Stagedoor.Addons.Tests.Http;

/// <summary>What becomes of add-ons when something around them is broken.</summary>
public sealed class InstanceFaultTests(AddonSite site) : IClassFixture<AddonSite>
{
    private StagedoorApp App => site.App;

    private HttpClient Admin => site.App.Admin;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000001")]
    public async Task A_user_whom_identity_management_cannot_name_changes_nothing()
    {
        await site.PublishAsync(AddonSite.Chart("userless", "1.0.0"));
        var cluster = await site.RegisterAsync("userless-one");
        using (await Admin.GetAsync(Root + "?cluster_id=" + cluster, Cancellation))
        {
            // The gateway knows the caller from now on.
        }

        using (App.Sabotage("gateway").Unreadable("iam_user"))
        {
            using var response = await Admin.PostAsJsonAsync(Root, Install(cluster, "userless"), Cancellation);
            await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000001");
        }

        await App.InstallAsync(cluster, "userless");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000002")]
    public async Task A_folder_that_is_none_is_no_release_to_upgrade()
    {
        var (cluster, id) = await InstallAsync("folderless");
        var folder = App.Release(cluster, "folderless");
        Directory.Move(folder, folder + ".away");
        await File.WriteAllTextAsync(folder, "x", Cancellation);

        using var upgrade = await Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "folderless", "1.0.0"), Cancellation);
        await upgrade.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000002");
        using var diff = await Admin.GetAsync($"{Root}/{id}/diff", Cancellation);
        await diff.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000002");

        File.Delete(folder);
        Directory.Move(folder + ".away", folder);
        await App.UpgradeAsync(id, cluster, "folderless", "1.0.0");
    }

    [Fact]
    public async Task A_table_that_is_gone_is_no_instance_to_get()
    {
        var (cluster, id) = await InstallAsync("tableless");
        using (App.Sabotage("addons").Unreadable("addon_instance"))
        {
            foreach (var path in new[] { $"{Root}/{id}", $"{Root}?cluster_id={cluster}", $"{Root}/{id}/events" })
            {
                using var response = await Admin.GetAsync(path, Cancellation);
                await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000002");
            }
        }

        await App.WaitForAsync(id, "running");
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000006")]
    public async Task An_inventory_that_is_none_is_not_upgraded()
    {
        var (cluster, id) = await InstallAsync("unreadable");
        var inventory = Path.Combine(App.Release(cluster, "unreadable"), "inventory.json");
        var good = await File.ReadAllTextAsync(inventory, Cancellation);
        await File.WriteAllTextAsync(inventory, "{", Cancellation);

        using var upgrade = await Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "unreadable", "1.0.0"), Cancellation);
        await upgrade.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000006");
        using var diff = await Admin.GetAsync($"{Root}/{id}/diff", Cancellation);
        await diff.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000006");

        await File.WriteAllTextAsync(inventory, good, Cancellation);
        await App.UpgradeAsync(id, cluster, "unreadable", "1.0.0");
    }

    [Fact]
    public async Task A_row_that_nobody_understands_does_not_hide_the_others()
    {
        var (cluster, id) = await InstallAsync("garbled");
        App.Sabotage("addons").Execute($"UPDATE addon_instance SET values_json = 'oops' WHERE id = '{id}'");

        using var shown = await Admin.GetAsync($"{Root}/{id}", Cancellation);
        await shown.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000006");
        var list = await Admin.GetFromJsonAsync<JsonElement>($"{Root}?cluster_id={cluster}", Cancellation);
        Assert.Equal(id, Assert.Single(list.GetProperty("items").EnumerateArray()).GetProperty("metadata").GetProperty("uid").GetString());
    }

    [Fact]
    [Provokes("SVCSTG.CCE-ADDONMGR.5000007")]
    public async Task Values_that_JSON_cannot_say_are_not_installed()
    {
        await site.PublishAsync(AddonSite.Chart("infinite", "1.0.0", ("values.yaml", "ratio: .nan\n")), new { skip_lint = true });
        var cluster = await site.RegisterAsync("infinite-one");

        using var response = await Admin.PostAsJsonAsync(Root, Install(cluster, "infinite"), Cancellation);

        await response.ShouldFailAsync(500, "SVCSTG.CCE-ADDONMGR.5000007");
    }

    [Fact]
    public async Task A_cluster_that_is_away_makes_the_install_fail_later()
    {
        await using var app = await StagedoorApp.StartAsync(("Addons:Operations:UnreachableSeconds", "0"));
        await File.WriteAllTextAsync(Path.Combine(app.DataDirectory, "gitops"), "no folder", Cancellation);
        using var form = AddonSite.Form(AddonSite.Chart("away", "1.0.0"));
        using var published = await app.Admin.PostAsync("/api/v3/addontemplates", form, Cancellation);
        using var registered = await app.Admin.PostAsJsonAsync($"/api/v3/projects/{app.FirstRun.ProjectId}/clusters", AddonSite.Cluster("away-one"), Cancellation);
        var cluster = (await AddonSite.ReadAsync(registered, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;

        using var response = await app.Admin.PostAsJsonAsync(Root, Install(cluster, "away"), Cancellation);
        var id = (await AddonSite.ReadAsync(response, 201)).GetProperty("metadata").GetProperty("uid").GetString()!;
        var failed = await app.WaitForAsync(id, "installFailed");

        Assert.Equal("ClusterUnreachable", failed.GetProperty("status").GetProperty("Reason").GetString());
        using var upgrade = await app.Admin.PutAsJsonAsync($"{Root}/{id}", Upgrade(cluster, "away", "1.0.0"), Cancellation);
        await upgrade.ShouldFailAsync(400, "SVCSTG.CCE-ADDONMGR.4030302");
        using var again = await app.Admin.PostAsJsonAsync(Root, Install(cluster, "away"), Cancellation);
        await again.ShouldFailAsync(409, "CCE.03409001");
        using var removed = await app.Admin.DeleteAsync($"{Root}/{id}", Cancellation);
        await AddonSite.ReadAsync(removed);
        await app.WaitUntilGoneAsync(id);
    }

    private async Task<(string Cluster, string Id)> InstallAsync(string name)
    {
        await site.PublishAsync(AddonSite.Chart(name, "1.0.0"));
        var cluster = await site.RegisterAsync($"{name}-one");
        return (cluster, await App.InstallAsync(cluster, name));
    }
}
