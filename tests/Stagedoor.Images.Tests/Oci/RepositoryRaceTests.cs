using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Two changes of one repository whose transactions are open at the same time.</summary>
public sealed class RepositoryRaceTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static int s_scenes;

    private static readonly (string Name, Func<RepositoryRaceTests, Scene, Task<int>> RunAsync)[] s_changes =
    [
        ("push", static (tests, scene) => tests.PutAsync(scene.Name, "pushed", scene.Image)),
        ("push again", static (tests, scene) => tests.PutAsync(scene.Name, "kept", scene.Image)),
        ("retag", static (tests, scene) => tests.PutAsync(scene.Name, "moved", scene.Other)),
        ("delete tag", static (tests, scene) => tests.DeleteAsync($"/v2/{scene.Name}/manifests/moved")),
        ("delete manifest", static (tests, scene) => tests.DeleteAsync($"/v2/{scene.Name}/manifests/{Installation.DigestOf(scene.Image)}")),
        ("delete blob", static (tests, scene) => tests.DeleteAsync($"/v2/{scene.Name}/blobs/{scene.Layer}")),
        ("push blob", static (tests, scene) => tests.PostAsync($"/v2/{scene.Name}/blobs/uploads/?digest={scene.Layer}", scene.LayerBytes)),
        ("mount", static (tests, scene) => tests.PostAsync($"/v2/{scene.Name}/blobs/uploads/?mount={scene.Layer}&from={scene.Source}", [])),
        ("collect", static (tests, _) => tests.CollectAsync()),
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Pairs()
    {
        var pairs = new TheoryData<string, string>();
        foreach (var (first, _) in s_changes)
        {
            foreach (var (second, _) in s_changes)
            {
                pairs.Add(first, second);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Whatever_two_do_at_once_the_repository_is_in_order(string first, string second)
    {
        var database = images.Require();
        // A collection is several transactions: each of them in turn is the one that is caught in the middle.
        var steps = first is "collect" ? 6 : 1;
        for (var step = 0; step < steps; step++)
        {
            var scene = await SetAsync();
            using var held = images.Gate.HoldNext("images", step);
            var one = Change(first)(this, scene);
            await Eventually.TrueAsync($"{first} before its commit", s_patience, () => held.IsReached || one.IsCompleted);
            if (!held.IsReached)
            {
                // It has fewer steps.
                held.Release();
            }

            var two = Change(second)(this, scene);
            await Eventually.TrueAsync($"{second} done or waiting for step {step} of {first}", s_patience, async () => two.IsCompleted || await database.HasWaitersAsync(withLocks: second is "collect"));
            held.Release();

            Assert.True(await one is < 500, $"{first} ends with {await one}");
            Assert.True(await two is < 500, $"{second} ends with {await two}");
            await CheckAsync(scene.Name, mayLackBlobs: first is "delete blob" || second is "delete blob");
        }
    }

    private static Func<RepositoryRaceTests, Scene, Task<int>> Change(string name) => s_changes.Single(c => c.Name == name).RunAsync;

    // Two images that share nothing; the first has two tags, and its layer lies in another repository as well. Nothing is leased any more.
    private async Task<Scene> SetAsync()
    {
        var number = Interlocked.Increment(ref s_scenes);
        var (name, source) = ($"team/scene-{number}", $"team/source-{number}");
        var (config, layer) = (Installation.Random(100), Installation.Random(200));
        await images.PushBlobAsync(name, config);
        await images.PushBlobAsync(name, layer);
        await images.PushBlobAsync(source, config);
        await images.PushBlobAsync(source, layer);
        var image = Installation.ManifestOf(config, layer);
        Assert.Equal(201, await PutAsync(name, "kept", image));
        Assert.Equal(201, await PutAsync(name, "moved", image));
        Assert.Equal(201, await PutAsync(source, "kept", image));
        var (_, other) = await images.PushImageAsync(name, "other");
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        foreach (var change in (string[])["UPDATE blobs SET leased_until = 0", "UPDATE blob_links SET used_at = 0", "UPDATE upload_owners SET active_at = 0"])
        {
            await db.ExecuteAsync(change, null, Cancellation);
        }

        return new(name, source, image, other, Installation.DigestOf(layer), layer);
    }

    private async Task CheckAsync(string name, bool mayLackBlobs)
    {
        var db = images.App.Services.GetRequiredService<ImagesDb>();
        const string Repository = "(SELECT id FROM repositories WHERE name = @name)";
        var values = new { name = name["team/".Length..] };
        async Task<long> CountAsync(string sql) => await db.FindAsync<long>(sql, values, Cancellation);

        Assert.Equal(0, await CountAsync(
            $"""
            SELECT COUNT(*) FROM tags t WHERE t.repository_id = {Repository} AND NOT EXISTS (
                SELECT 1 FROM manifests m WHERE m.repository_id = t.repository_id AND m.digest = t.digest)
            """));
        Assert.Equal(
            await CountAsync($"SELECT COUNT(*) FROM tags WHERE repository_id = {Repository} AND deleted_at IS NULL"),
            await CountAsync("SELECT num_images FROM repositories WHERE name = @name"));
        Assert.Equal(
            await CountAsync(
                $"""
                SELECT CAST(COALESCE(SUM(m.total_size), 0) AS BIGINT)
                FROM tags t JOIN manifests m ON m.repository_id = t.repository_id AND m.digest = t.digest
                WHERE t.repository_id = {Repository} AND t.deleted_at IS NULL
                """),
            await CountAsync("SELECT size FROM repositories WHERE name = @name"));
        Assert.Equal(
            await CountAsync("SELECT COUNT(*) FROM tags WHERE deleted_at IS NULL"),
            await CountAsync("SELECT CAST(SUM(tag_count) AS BIGINT) FROM organizations"));
        Assert.Equal(0, await CountAsync(
            """
            SELECT COUNT(*) FROM (
                SELECT repository_id, digest, ref_count AS number FROM blob_refs
                UNION ALL SELECT repository_id, digest, -1 FROM manifest_refs WHERE is_blob = 1) AS counted
            GROUP BY repository_id, digest HAVING SUM(number) <> 0 LIMIT 1
            """));
        Assert.Equal(0, await CountAsync(
            "SELECT COUNT(*) FROM blob_links l WHERE NOT EXISTS (SELECT 1 FROM blobs b WHERE b.digest = l.digest AND b.removing = 0)"));
        Assert.Equal(0, await CountAsync(
            """
            SELECT COUNT(*) FROM organizations o WHERE o.used_bytes <>
                (SELECT CAST(COALESCE(SUM(b.size), 0) AS BIGINT) FROM organization_blobs b WHERE b.organization_id = o.id)
                + (SELECT CAST(COALESCE(SUM(m.size), 0) AS BIGINT) FROM manifests m JOIN repositories r ON r.id = m.repository_id WHERE r.organization_id = o.id)
            """));
        Assert.Equal(0, await CountAsync(
            """
            SELECT COUNT(*) FROM (
                SELECT organization_id, digest, repositories AS number FROM organization_blobs
                UNION ALL SELECT r.organization_id, f.digest, -1 FROM blob_refs f JOIN repositories r ON r.id = f.repository_id WHERE f.ref_count > 0) AS counted
            GROUP BY organization_id, digest HAVING SUM(number) <> 0 LIMIT 1
            """));
        if (!mayLackBlobs)
        {
            Assert.Equal(0, await CountAsync(
                $"""
                SELECT COUNT(*) FROM manifest_refs r WHERE r.repository_id = {Repository} AND NOT EXISTS (
                    SELECT 1 FROM blob_links l WHERE l.repository_id = r.repository_id AND l.digest = r.digest)
                """));
        }

        images.Forget();
        var list = JsonDocument.Parse(await images.Registry.GetStringAsync($"/v2/{name}/tags/list", Cancellation)).RootElement;
        foreach (var tag in list.GetProperty("tags").EnumerateArray())
        {
            using var pulled = await images.Registry.GetAsync($"/v2/{name}/manifests/{tag}", Cancellation);
            await Installation.ShouldBeAsync(pulled, 200);
        }
    }

    private async Task<int> PutAsync(string name, string tag, byte[] manifest)
    {
        using var response = await images.PutManifestAsync(name, tag, manifest);
        return (int)response.StatusCode;
    }

    private async Task<int> DeleteAsync(string path)
    {
        using var response = await images.Registry.DeleteAsync(path, Cancellation);
        return (int)response.StatusCode;
    }

    private async Task<int> PostAsync(string path, byte[] content)
    {
        using var body = Installation.Octets(content);
        using var response = await images.Registry.PostAsync(path, body, Cancellation);
        return (int)response.StatusCode;
    }

    private async Task<int> CollectAsync()
    {
        await images.App.Services.GetRequiredService<Collector>().CollectAsync(Cancellation);
        return 200;
    }

    private sealed record Scene(string Name, string Source, byte[] Image, byte[] Other, string Layer, byte[] LayerBytes);
}
