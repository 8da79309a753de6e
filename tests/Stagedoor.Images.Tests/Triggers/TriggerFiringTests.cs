using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>What pushes set off.</summary>
public sealed class TriggerFiringTests(TriggerInstallation images) : IClassFixture<TriggerInstallation>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private string Host => new Uri(images.App.Url).Authority;

    [Fact]
    public async Task A_push_sets_the_image_of_the_workloads_whose_conditions_hold()
    {
        await images.CreateRepositoryAsync("fired");
        await images.CreateAsync("fired", TriggerInstallation.Body("all", ("application", "fired-all")));
        await images.CreateAsync(
            "fired", TriggerInstallation.Body("expression", ("application", "fired-v2"), ("trigger_type", "regular"), ("condition", "^v2"), ("container", null)));
        await images.CreateAsync(
            "fired", TriggerInstallation.Body("tag", ("application", "fired-latest"), ("trigger_type", "tag"), ("condition", "latest"), ("app_type", "statefulsets"), ("trigger_mode", "cci")));
        await images.CreateAsync("fired", TriggerInstallation.Body("off", ("application", "fired-off"), ("enable", "false")));

        var (digest, _) = await images.PushImageAsync("team/fired", "v2.1");
        await RanAsync("default/fired-all/web", "v2.1");
        await RanAsync("default/fired-v2/*", "v2.1");
        await images.PushImageAsync("team/fired", "latest");
        await RanAsync("default/fired-all/web", "latest");
        await RanAsync("default/fired-latest/web", "latest");

        Assert.Equal($"{Host}/team/fired:v2.1", images.Workloads.ImageOf("default/fired-v2/*"));
        Assert.Null(images.Workloads.ImageOf("default/fired-off/web"));
        var first = images.Workloads.Asked.Single(a => a.Name is "fired-v2");
        Assert.Equal((FakeWorkloads.Cluster, WorkloadKind.Deployment, digest), (first.ClusterId, first.Kind, first.Digest.ToString()));
        var stateful = images.Workloads.Asked.Single(a => a.Name is "fired-latest");
        Assert.Equal((null, WorkloadKind.StatefulSet), (stateful.ClusterId, stateful.Kind));

        var history = await HistoryAsync("fired", "all", 2);
        Assert.Equal(
            [
                "action", "app_type", "application", "cluster_id", "cluster_name", "cluster_ns", "condition", "container", "created_at", "creator_name", "detail",
                "result", "tag",
            ],
            history[0].EnumerateObject().Select(m => m.Name));
        Assert.Equal([("success", "latest"), ("success", "v2.1")], history.Select(h => (h.GetProperty("result").GetString()!, h.GetProperty("tag").GetString()!)));
        Assert.Empty(await HistoryAsync("fired", "off", 0));
    }

    [Fact]
    public async Task The_same_image_pushed_again_sets_off_nothing()
    {
        await images.CreateRepositoryAsync("again");
        await images.CreateAsync("again", TriggerInstallation.Body("all", ("application", "again")));
        var (_, bytes) = await images.PushImageAsync("team/again", "v1");
        await HistoryAsync("again", "all", 1);
        using (var same = await images.PutManifestAsync("team/again", "v1", bytes))
        {
            await Installation.ShouldBeAsync(same, 201);
        }

        await images.PushImageAsync("team/again", "v2");

        Assert.Equal(["v2", "v1"], (await HistoryAsync("again", "all", 2)).Select(h => h.GetProperty("tag").GetString()!));
    }

    [Fact]
    public async Task A_workload_that_is_not_there_is_told_and_not_tried_again()
    {
        await images.CreateRepositoryAsync("missing");
        await images.CreateAsync("missing", TriggerInstallation.Body("all", ("application", "absent")));
        await images.PushImageAsync("team/missing", "v1");

        var failed = Assert.Single(await HistoryAsync("missing", "all", 1));
        Assert.Equal(("failed", "There is no Deployment absent in default."), (failed.GetProperty("result").GetString(), failed.GetProperty("detail").GetString()));
    }

    [Fact]
    public async Task A_service_that_is_down_is_tried_again_and_the_push_succeeds_at_once()
    {
        await images.CreateRepositoryAsync("retried");
        await images.CreateAsync("retried", TriggerInstallation.Body("all", ("application", "retried")));
        images.Workloads.IsDown = true;
        try
        {
            await images.PushImageAsync("team/retried", "v1");
            var failed = Assert.Single(await HistoryAsync("retried", "all", 1));
            Assert.Equal(("failed", "Attempt 1: connection refused"), (failed.GetProperty("result").GetString(), failed.GetProperty("detail").GetString()));
        }
        finally
        {
            images.Workloads.IsDown = false;
        }

        await Eventually.TrueAsync("the image set", s_patience, () =>
        {
            images.App.Clock.Advance(TimeSpan.FromSeconds(5));
            return images.Workloads.ImageOf("default/retried/web") is not null;
        });
        await Eventually.TrueAsync("the success told", s_patience, async () => (await HistoryAsync("retried", "all", 1))[0].GetProperty("result").GetString() is "success");
        Assert.Single(await HistoryAsync("retried", "all", 1));
    }

    [Fact]
    public async Task A_trigger_remembers_its_latest_firings()
    {
        await images.CreateRepositoryAsync("remembered");
        await images.CreateAsync("remembered", TriggerInstallation.Body("all", ("application", "remembered")));
        var manifest = await images.NewManifestAsync("team/remembered");
        var tags = string.Join('&', Enumerable.Range(0, 20).Select(i => $"tag=v{i}"));
        using (var pushed = await images.PutManifestAsync("team/remembered", $"{Installation.DigestOf(manifest)}?{tags}", manifest))
        {
            await Installation.ShouldBeAsync(pushed, 201);
        }

        await HistoryAsync("remembered", "all", 20);
        await images.PushImageAsync("team/remembered", "newest");
        await RanAsync("default/remembered/web", "newest");
        await Eventually.TrueAsync("the newest first", s_patience, async () => (await HistoryAsync("remembered", "all", 20))[0].GetProperty("tag").GetString() is "newest");
        Assert.Equal(20, (await HistoryAsync("remembered", "all", 20)).Count);
    }

    [Fact]
    public async Task What_a_repository_leaves_behind_is_removed()
    {
        await images.CreateRepositoryAsync("left");
        await images.CreateAsync("left", TriggerInstallation.Body("all", ("application", "left")));
        await images.PushImageAsync("team/left", "v1");
        await HistoryAsync("left", "all", 1);
        foreach (var path in (string[])["/v2/team/left/manifests/v1", "/v2/manage/namespaces/team/repos/left"])
        {
            using var deleted = await (path.StartsWith("/v2/manage", StringComparison.Ordinal) ? images.App.Admin : images.Registry).DeleteAsync(
                new Uri(path, UriKind.Relative), Installation.Cancellation);
            Assert.True(deleted.IsSuccessStatusCode);
        }

        await images.App.Services.GetRequiredService<Content.Collection.Collector>().CollectAsync(Installation.Cancellation);

        await images.CreateRepositoryAsync("left");
        Assert.Equal("[]", (await images.GetAsync(TriggerInstallation.PathOf("left"))).GetRawText());
        Assert.Equal(0, await images.App.Services.GetRequiredService<ImagesDb>().FindAsync<long>(
            "SELECT COUNT(*) FROM triggers t WHERE NOT EXISTS (SELECT 1 FROM repositories r WHERE r.id = t.repository_id)", null, Installation.Cancellation));
    }

    private Task RanAsync(string container, string tag) => Eventually.TrueAsync(
        $"{container} running {tag}", s_patience, () => images.Workloads.ImageOf(container)?.EndsWith($":{tag}", StringComparison.Ordinal) is true);

    private async Task<IReadOnlyList<JsonElement>> HistoryAsync(string repository, string trigger, int count)
    {
        IReadOnlyList<JsonElement> history = [];
        await Eventually.TrueAsync($"{count} firings of {trigger}", s_patience, async () =>
        {
            history = [.. (await images.GetAsync(TriggerInstallation.PathOf(repository, trigger))).GetProperty("trigger_history").EnumerateArray()];
            return history.Count >= count;
        });
        return history;
    }
}
