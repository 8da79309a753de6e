using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Images.Manifests;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>A manifest with more tags than one transaction removes.</summary>
public sealed class ManifestDeletionTests : Installation
{
    private const int Tags = (2 * ManifestStore.TagPortion) + 10;

    private readonly DatabaseGate _gate = new();

    [Fact]
    public async Task Many_tags_go_in_portions_and_the_manifest_last()
    {
        var digest = await PushWithTagsAsync();
        using var last = _gate.HoldNextOfRequest("images", after: 2);
        var deleting = Registry.DeleteAsync($"/v2/team/many/manifests/{digest}", Cancellation);
        await last.ReachedAsync();

        Forget();
        var left = await ListAsync();
        Assert.Equal(Tags - (2 * ManifestStore.TagPortion), left.Count);
        using var pulled = await Registry.GetAsync($"/v2/team/many/manifests/{left[0]}", Cancellation);
        await ShouldBeAsync(pulled, 200);

        last.Release();
        using var deleted = await deleting;
        await ShouldBeAsync(deleted, 202);
        Assert.Empty(await ListAsync());
        await CheckAsync(0, 0);
    }

    [Fact]
    public async Task A_deletion_that_ends_halfway_leaves_tags_that_can_be_pulled()
    {
        var digest = await PushWithTagsAsync();
        using var held = _gate.HoldNextOfRequest("images", after: 1);
        var deleting = Registry.DeleteAsync($"/v2/team/many/manifests/{digest}", Cancellation);
        await held.ReachedAsync();
        held.Break();
        using var broken = await deleting;
        await broken.ShouldFailAsync(500, "SVCSTG.SWR.5001062");

        Forget();
        var left = await ListAsync();
        Assert.InRange(left.Count, 10, Tags - ManifestStore.TagPortion);
        using var pulled = await Registry.GetAsync($"/v2/team/many/manifests/{left[0]}", Cancellation);
        await ShouldBeAsync(pulled, 200);

        using var again = await Registry.DeleteAsync($"/v2/team/many/manifests/{digest}", Cancellation);
        await ShouldBeAsync(again, 202);
        Assert.Empty(await ListAsync());
        await CheckAsync(0, 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task One_tag_of_many_that_is_protected_meanwhile_keeps_the_manifest(int after)
    {
        var digest = await PushWithTagsAsync();
        // The last of all by name.
        using (var pushed = await PutManifestAsync("team/many", "zz", await Registry.GetByteArrayAsync($"/v2/team/many/manifests/{digest}", Cancellation)))
        {
            await ShouldBeAsync(pushed, 201);
        }

        using var held = _gate.HoldNextOfRequest("images", after, DatabasePoint.Begin);
        var deleting = Registry.DeleteAsync($"/v2/team/many/manifests/{digest}", Cancellation);
        await held.ReachedAsync();
        using (var body = new StringContent("""{"is_public":false,"immutable_tags":["zz"]}""", System.Text.Encoding.UTF8, "application/json"))
        using (var patched = await App.Admin.PatchAsync("/v2/manage/namespaces/team/repos/many", body, Cancellation))
        {
            await ShouldBeAsync(patched, 201);
        }

        held.Release();
        using var refused = await deleting;
        await refused.ShouldFailAsync(403, "SVCSTG.SWR.4037020");

        // What was not there any more when it was protected is gone, and nothing after.
        Forget();
        var left = await ListAsync();
        Assert.Equal(Tags + 1 - (after * ManifestStore.TagPortion), left.Count);
        Assert.Equal("zz", left[^1]);
        using var pulled = await Registry.GetAsync("/v2/team/many/manifests/zz", Cancellation);
        await ShouldBeAsync(pulled, 200);
    }

    protected override void Configure(IServiceCollection services) => _gate.Install(services);

    private async Task<string> PushWithTagsAsync()
    {
        var (digest, _) = await PushImageAsync("team/many", "first");
        App.Sabotage("images").Execute(
            $"""
            INSERT INTO tags (id, repository_id, name, digest, created_at, updated_at, deleted_at)
            WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < {Tags})
            SELECT 1000000 + n, (SELECT id FROM repositories WHERE name = 'many'), 't' || n, '{digest}', 0, 0, NULL FROM numbers;
            UPDATE repositories SET num_images = {Tags}, size = {Tags} * 300 WHERE name = 'many';
            UPDATE organizations SET tag_count = {Tags} WHERE name = 'team';
            """);
        return digest;
    }

    private async Task<List<string>> ListAsync()
    {
        var tags = new List<string>();
        for (var path = "/v2/team/many/tags/list"; path.Length > 0;)
        {
            using var response = await Registry.GetAsync(path, Cancellation);
            tags.AddRange(JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement.GetProperty("tags").EnumerateArray().Select(t => t.GetString()!));
            path = response.Headers.TryGetValues("Link", out var link) ? link.Single().Split('<', '>')[1] : "";
        }

        return tags;
    }

    private async Task CheckAsync(long tags, long size)
    {
        var db = App.Services.GetRequiredService<ImagesDb>();
        Assert.Equal(tags, await db.FindAsync<long>("SELECT num_images FROM repositories WHERE name = 'many'", null, Cancellation));
        Assert.Equal(size, await db.FindAsync<long>("SELECT size FROM repositories WHERE name = 'many'", null, Cancellation));
        Assert.Equal(tags, await db.FindAsync<long>("SELECT tag_count FROM organizations WHERE name = 'team'", null, Cancellation));
    }
}
