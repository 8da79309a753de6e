using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>What triggers answer when their own storage, or who knows clusters, fails. Each fault is mended, and the same call succeeds.</summary>
public sealed class TriggerFaultTests(TriggerInstallation images) : IClassFixture<TriggerInstallation>
{
    [Fact]
    [Provokes("SVCSTG.SWR.5000046")]
    public async Task A_refused_insert_is_the_create_failure()
    {
        await images.CreateRepositoryAsync("unlucky");
        using (images.App.Sabotage("images").RefuseInsert("triggers"))
        {
            using var failed = await SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("unlucky"), TriggerInstallation.Body("one"));
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000046");
        }

        Assert.Equal(0, (await images.GetAsync(TriggerInstallation.PathOf("unlucky"))).GetArrayLength());
        await images.CreateAsync("unlucky", TriggerInstallation.Body("one"));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000008")]
    [Provokes("SVCSTG.SWR.5000007")]
    public async Task Unreadable_triggers_are_the_list_and_get_failure()
    {
        await images.CreateRepositoryAsync("unreadable");
        await images.CreateAsync("unreadable", TriggerInstallation.Body("one"));
        foreach (var table in (string[])["triggers", "trigger_histories"])
        {
            using (images.App.Sabotage("images").Unreadable(table))
            {
                using var list = await SendAsync(HttpMethod.Get, TriggerInstallation.PathOf("unreadable"));
                await list.ShouldFailAsync(500, "SVCSTG.SWR.5000008");
                using var one = await SendAsync(HttpMethod.Get, TriggerInstallation.PathOf("unreadable", "one"));
                await one.ShouldFailAsync(500, "SVCSTG.SWR.5000007");
            }
        }

        Assert.Equal(1, (await images.GetAsync(TriggerInstallation.PathOf("unreadable"))).GetArrayLength());
        Assert.Equal("one", (await images.GetAsync(TriggerInstallation.PathOf("unreadable", "one"))).GetProperty("name").GetString());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000011")]
    public async Task A_refused_update_is_the_update_failure()
    {
        await images.CreateRepositoryAsync("stubborn");
        await images.CreateAsync("stubborn", TriggerInstallation.Body("one"));
        using (images.App.Sabotage("images").RefuseUpdate("triggers"))
        {
            using var failed = await SendAsync(HttpMethod.Patch, TriggerInstallation.PathOf("stubborn", "one"), """{"enable":"false"}""");
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000011");
        }

        Assert.Equal("true", (await images.GetAsync(TriggerInstallation.PathOf("stubborn", "one"))).GetProperty("enable").GetString());
        using var changed = await SendAsync(HttpMethod.Patch, TriggerInstallation.PathOf("stubborn", "one"), """{"enable":"false"}""");
        await Installation.ShouldBeAsync(changed, 201);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000005")]
    public async Task A_refused_delete_is_the_delete_failure()
    {
        await images.CreateRepositoryAsync("sticky");
        await images.CreateAsync("sticky", TriggerInstallation.Body("one"));
        using (images.App.Sabotage("images").RefuseDelete("triggers"))
        {
            using var failed = await SendAsync(HttpMethod.Delete, TriggerInstallation.PathOf("sticky", "one"));
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000005");
        }

        Assert.Equal("one", (await images.GetAsync(TriggerInstallation.PathOf("sticky", "one"))).GetProperty("name").GetString());
        using var deleted = await SendAsync(HttpMethod.Delete, TriggerInstallation.PathOf("sticky", "one"));
        await Installation.ShouldBeAsync(deleted, 204);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000084")]
    public async Task A_cluster_that_cannot_be_looked_up_is_the_service_failure()
    {
        await images.CreateRepositoryAsync("unknown-cluster");
        images.Workloads.IsDown = true;
        try
        {
            using var failed = await SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("unknown-cluster"), TriggerInstallation.Body("one"));
            await failed.ShouldFailAsync(500, "SVCSTG.SWR.5000084");
            await images.CreateAsync("unknown-cluster", TriggerInstallation.Body("serverless", ("trigger_mode", "cci")));
        }
        finally
        {
            images.Workloads.IsDown = false;
        }

        await images.CreateAsync("unknown-cluster", TriggerInstallation.Body("one"));
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null) => images.SendAsync(method, path, body);
}

/// <summary>An installation in which nobody manages workloads.</summary>
public sealed class TriggerWithoutWorkloadsTests(Installation images) : IClassFixture<Installation>
{
    [Fact]
    [Provokes("SVCSTG.SWR.5000084")]
    public async Task Without_a_service_for_clusters_the_answer_says_what_to_do_instead()
    {
        await images.PushImageAsync("team/lonely", "v1");
        using var content = new StringContent(TriggerInstallation.Body("one"), System.Text.Encoding.UTF8, "application/json");
        using var refused = await images.App.Admin.PostAsync(new Uri(TriggerInstallation.PathOf("lonely"), UriKind.Relative), content, Installation.Cancellation);

        var error = await refused.ShouldFailAsync(500, "SVCSTG.SWR.5000084");
        Assert.Contains("POST /v2/manage/namespaces/team/repos/lonely/webhooks", error.Body, StringComparison.Ordinal);
    }
}
