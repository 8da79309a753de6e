using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Tags;

/// <summary>Changes of one repository's tags by two replicas, the second of which begins while the first has not committed.</summary>
public sealed class TagRaceTests(TwoReplicas images) : IClassFixture<TwoReplicas>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static int s_scenes;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    // There are v1 and v2; gone was deleted so long ago that it may be collected.
    [Theory]
    [InlineData("retag v1 new", "delete v1", 201, 204, "new v2")]
    [InlineData("delete v1", "retag v1 new", 204, 404, "v2")]
    [InlineData("retag v1 new", "retag v2 new", 201, 409, "new v1 v2")]
    [InlineData("move v1 v2", "delete v2", 201, 204, "v1")]
    [InlineData("delete v2", "move v1 v2", 204, 201, "v1 v2")]
    [InlineData("move v1 v2", "move v2 v1", 201, 201, "v1 v2")]
    [InlineData("move v1 v2", "push v2", 201, 201, "v1 v2")]
    [InlineData("push v2", "move v1 v2", 201, 201, "v1 v2")]
    [InlineData("retag v1 gone", "restore gone", 201, 409, "gone v1 v2")]
    [InlineData("restore gone", "retag v1 gone", 201, 409, "gone v1 v2")]
    [InlineData("retag v1 new", "delete manifest", 201, 202, "v2")]
    [InlineData("delete manifest", "retag v1 new", 202, 404, "v2")]
    [InlineData("delete v1", "delete v1", 204, 404, "v2")]
    [InlineData("delete v1", "restore v1", 204, 201, "v1 v2")]
    // Who asks before it is restored is told that there is none.
    [InlineData("restore gone", "delete gone", 201, 404, "gone v1 v2")]
    [InlineData("restore gone", "restore gone", 201, 409, "gone v1 v2")]
    [InlineData("restore gone", "push gone", 201, 201, "gone v1 v2")]
    [InlineData("push gone", "restore gone", 201, 409, "gone v1 v2")]
    [InlineData("restore gone", "collect", 201, 0, "gone v1 v2")]
    public async Task The_second_sees_what_the_first_has_done(string first, string second, int one, int two, string left)
    {
        images.Require();
        var scene = await SetAsync();
        using var registry = images.Other.Registry(images.App.FirstRun.RegistryUser, images.App.FirstRun.RegistryKey);

        var answers = await images.OverlapAsync(
            () => RunAsync(images.App, images.Registry, scene, first), () => RunAsync(images.Other, registry, scene, second));

        Assert.Equal((one, two), answers);
        await CheckAsync(scene, left);
    }

    [Fact]
    public async Task A_tag_that_is_being_collected_is_not_restored()
    {
        var database = images.Require();
        var refused = 0;
        // A collection is several transactions: each of them in turn is the one that is caught in the middle.
        for (var step = 0; step < 6; step++)
        {
            var scene = await SetAsync();
            using var held = images.Gate.HoldNext("images", step);
            var collection = RunAsync(images.App, images.Registry, scene, "collect");
            await Eventually.TrueAsync($"step {step} of the collection", s_patience, () => held.IsReached || collection.IsCompleted);
            if (!held.IsReached)
            {
                // It has fewer steps.
                held.Release();
            }

            var restoration = RunAsync(images.Other, images.Registry, scene, "restore gone");
            await Eventually.TrueAsync("the restoration done or waiting", s_patience, async () => restoration.IsCompleted || await database.HasWaitersAsync());
            held.Release();
            await collection;
            var status = await restoration;

            Assert.True(status is 201 or 404, $"step {step}: {status}");
            refused += status == 404 ? 1 : 0;
            await CheckAsync(scene, status == 201 ? "gone v1 v2" : "v1 v2");
        }

        Assert.InRange(refused, 1, 6);
    }

    private async Task<Scene> SetAsync()
    {
        var name = $"tags-{Interlocked.Increment(ref s_scenes)}";
        var (digest, _) = await images.PushImageAsync($"team/{name}", "v1");
        await images.PushImageAsync($"team/{name}", "v2");
        await images.PushImageAsync($"team/{name}", "gone");
        var pushed = await images.NewManifestAsync($"team/{name}");
        var scene = new Scene(name, digest, pushed);
        Assert.Equal(204, await RunAsync(images.App, images.Registry, scene, "delete gone"));
        await images.App.Services.GetRequiredService<ImagesDb>().ExecuteAsync("UPDATE tags SET deleted_at = 0 WHERE deleted_at IS NOT NULL", null, Cancellation);
        return scene;
    }

    private static async Task<int> RunAsync(StagedoorApp app, HttpClient registry, Scene scene, string change)
    {
        var words = change.Split(' ');
        var tags = $"/v2/manage/namespaces/team/repos/{scene.Name}/tags";
        switch (words)
        {
            case ["collect"]:
                await app.Services.GetRequiredService<Collector>().CollectAsync(Cancellation);
                return 0;
            case ["push", var tag]:
                using (var content = new ByteArrayContent(scene.Pushed))
                {
                    content.Headers.ContentType = MediaTypeHeaderValue.Parse(Installation.Manifest);
                    using var pushed = await registry.PutAsync($"/v2/team/{scene.Name}/manifests/{tag}", content, Cancellation);
                    return (int)pushed.StatusCode;
                }

            case ["delete", "manifest"]:
                using (var deleted = await registry.DeleteAsync($"/v2/team/{scene.Name}/manifests/{scene.Digest}", Cancellation))
                {
                    return (int)deleted.StatusCode;
                }

            case ["delete", var tag]:
                using (var deleted = await app.Admin.DeleteAsync($"{tags}/{tag}", Cancellation))
                {
                    return (int)deleted.StatusCode;
                }

            default:
                var body = words is [var verb, var source, var destination]
                    ? $$"""{"source_tag":"{{source}}","destination_tag":"{{destination}}","override":{{(verb is "move" ? "true" : "false")}}}"""
                    : "";
                using (var content = new StringContent(body, Encoding.UTF8, "application/json"))
                {
                    using var answer = await app.Admin.PostAsync(words[0] is "restore" ? $"{tags}/{words[1]}/restore" : tags, content, Cancellation);
                    return (int)answer.StatusCode;
                }
        }
    }

    private async Task CheckAsync(Scene scene, string left)
    {
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        const string Repository = "(SELECT id FROM repositories WHERE name = @Name)";
        Assert.Equal(
            left.Split(' '),
            await db.QueryAsync<string>($"SELECT name FROM tags WHERE repository_id = {Repository} AND deleted_at IS NULL ORDER BY name", new { scene.Name }, Cancellation));
        foreach (var (expected, found) in ((string, string)[])
        [
            ("SELECT 0", $"SELECT COUNT(*) FROM tags t WHERE t.repository_id = {Repository} AND NOT EXISTS (SELECT 1 FROM manifests m WHERE m.repository_id = t.repository_id AND m.digest = t.digest)"),
            ($"SELECT COUNT(*) FROM tags WHERE repository_id = {Repository} AND deleted_at IS NULL", "SELECT num_images FROM repositories WHERE name = @Name"),
            ($"SELECT CAST(COALESCE(SUM(m.total_size), 0) AS BIGINT) FROM tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest WHERE t.repository_id = {Repository} AND t.deleted_at IS NULL", "SELECT size FROM repositories WHERE name = @Name"),
            ("SELECT COUNT(*) FROM tags WHERE deleted_at IS NULL", "SELECT CAST(SUM(tag_count) AS BIGINT) FROM organizations"),
        ])
        {
            Assert.Equal(await db.FindAsync<long>(expected, new { scene.Name }, Cancellation), await db.FindAsync<long>(found, new { scene.Name }, Cancellation));
        }
    }

    private sealed record Scene(string Name, string Digest, byte[] Pushed);
}
