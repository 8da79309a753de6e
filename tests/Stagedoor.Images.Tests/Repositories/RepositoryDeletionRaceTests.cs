using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Content.Collection;
using Xunit;

namespace Stagedoor.Images.Tests.Repositories;

/// <summary>A repository that is deleted while something else happens to it, and what is left of it.</summary>
public sealed class RepositoryDeletionRaceTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    private static int s_names;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ImagesDb Db => images.App.Services.GetRequiredService<ImagesDb>();

    [Theory]
    [InlineData("push", "delete", 201, 406)]
    [InlineData("delete", "push", 204, 404)]
    [InlineData("change", "delete", 201, 204)]
    [InlineData("delete", "change", 204, 404)]
    [InlineData("delete", "delete", 204, 404)]
    [InlineData("delete", "create", 204, 201)]
    [InlineData("mount", "delete", 201, 204)]
    public async Task What_comes_first_counts(string first, string second, int one, int two)
    {
        images.Require();
        var name = $"gone-{Interlocked.Increment(ref s_names)}";
        await images.PushBlobAsync($"team/{name}", [1]);
        await images.PushBlobAsync("team/source", [2]);

        Assert.Equal((one, two), await images.OverlapAsync(() => RunAsync(first, name), () => RunAsync(second, name)));
        images.Forget();
        using var pulled = await images.Registry.GetAsync($"/v2/team/{name}/manifests/v1", Cancellation);
        Assert.Equal(first is "push" ? 200 : 404, (int)pulled.StatusCode);
    }

    [Fact]
    public async Task What_is_left_of_a_deleted_repository_goes_with_the_next_collection()
    {
        images.Require();
        var (digest, _) = await images.PushImageAsync("team/rubble", "v1");
        using (var untagged = await images.Registry.DeleteAsync("/v2/team/rubble/manifests/v1", Cancellation))
        {
            await Installation.ShouldBeAsync(untagged, 202);
        }

        var id = await Db.FindAsync<long>("SELECT id FROM repositories WHERE name = 'rubble'", null, Cancellation);
        Assert.Equal(204, await RunAsync("delete", "rubble"));
        using (var gone = await images.Registry.GetAsync($"/v2/team/rubble/manifests/{digest}", Cancellation))
        {
            Assert.Equal(404, (int)gone.StatusCode);
        }

        await images.App.Services.GetRequiredService<Collector>().CollectAsync(Cancellation);

        foreach (var table in (string[])["repo_acl", "tags", "manifests", "manifest_refs", "blob_refs", "blob_links", "removed_repositories"])
        {
            Assert.Equal(0, await Db.FindAsync<long>($"SELECT COUNT(*) FROM {table} WHERE repository_id = @id", new { id }, Cancellation));
        }
    }

    private async Task<int> RunAsync(string change, string name)
    {
        using var index = new StringContent("""{"schemaVersion":2,"manifests":[]}""", new MediaTypeHeaderValue(Installation.Index));
        var path = $"/v2/manage/namespaces/team/repos/{name}";
        using var response = await (change switch
        {
            "push" => images.Registry.PutAsync($"/v2/team/{name}/manifests/v1", index, Cancellation),
            "mount" => images.Registry.PostAsync($"/v2/team/{name}/blobs/uploads/?mount={Installation.DigestOf([2])}&from=team/source", null, Cancellation),
            "delete" => images.App.Admin.DeleteAsync(path, Cancellation),
            "change" => images.App.Admin.PatchAsJsonAsync(path, new { is_public = false, description = "other" }, Cancellation),
            _ => images.App.Admin.PostAsJsonAsync("/v2/manage/namespaces/team/repos", new { repository = name, is_public = false }, Cancellation),
        });
        return (int)response.StatusCode;
    }
}
