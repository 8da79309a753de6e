using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Organizations;

/// <summary>An index that names manifests which are not there, as a mirror of one platform has it.</summary>
public sealed class SparseIndexTests : Installation
{
    [Theory]
    [InlineData("team/new")]
    [InlineData("team/old")]
    public async Task It_is_refused_unless_the_organization_allows_it(string name)
    {
        var here = await NewManifestAsync("team/old");
        using (var pushed = await PutManifestAsync("team/old", DigestOf(here), here))
        {
            await ShouldBeAsync(pushed, 201);
        }

        var index = IndexOf(name is "team/old" ? here : Encoding.UTF8.GetBytes("another"), Encoding.UTF8.GetBytes("elsewhere"));
        using (var refused = await PutManifestAsync(name, "multi", index, Index))
        {
            await refused.ShouldFailAsync(400, "SVCSTG.SWR.4041060");
        }

        await SetAsync("""{"sparse_indexes":true}""");
        using (var taken = await PutManifestAsync(name, "multi", index, Index))
        {
            await ShouldBeAsync(taken, 201);
        }

        Assert.Equal(index, await Registry.GetByteArrayAsync($"/v2/{name}/manifests/multi", Cancellation));
        using (var missing = await Registry.GetAsync($"/v2/{name}/manifests/{DigestOf(Encoding.UTF8.GetBytes("elsewhere"))}", Cancellation))
        {
            await missing.ShouldFailAsync(404, "SVCSTG.SWR.4041060");
        }

        await SetAsync("""{"sparse_indexes":false}""");
        using var again = await PutManifestAsync(name, "other", IndexOf(Encoding.UTF8.GetBytes("third")), Index);
        await again.ShouldFailAsync(400, "SVCSTG.SWR.4041060");
    }

    [Fact]
    public async Task Layers_of_an_image_are_never_missing()
    {
        await SetAsync("""{"sparse_indexes":true}""");
        using var config = await PutManifestAsync("team/x", "v1", ManifestOf([1], [2]));
        await config.ShouldFailAsync(400, "SVCSTG.SWR.4000066");
        await PushBlobAsync("team/x", [1]);
        using var layer = await PutManifestAsync("team/x", "v1", ManifestOf([1], [2]));
        await layer.ShouldFailAsync(400, "SVCSTG.SWR.4000065");
    }

    [Fact]
    public async Task What_is_missing_can_come_later_and_is_kept_by_the_index()
    {
        await SetAsync("""{"sparse_indexes":true}""");
        var late = await NewManifestAsync("team/x");
        using (var index = await PutManifestAsync("team/x", "multi", IndexOf(late), Index))
        {
            await ShouldBeAsync(index, 201);
        }

        using (var pushed = await PutManifestAsync("team/x", DigestOf(late), late))
        {
            await ShouldBeAsync(pushed, 201);
        }

        Assert.Equal("[]", await App.Admin.GetStringAsync("/v2/manage/namespaces/team/repos/x/manifests?untagged=true", Cancellation));
        using var deleted = await Registry.DeleteAsync($"/v2/team/x/manifests/{DigestOf(IndexOf(late))}", Cancellation);
        await ShouldBeAsync(deleted, 202);
        Assert.Contains(DigestOf(late), await App.Admin.GetStringAsync("/v2/manage/namespaces/team/repos/x/manifests?untagged=true", Cancellation), StringComparison.Ordinal);
    }

    private static byte[] IndexOf(params byte[][] manifests) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        schemaVersion = 2,
        mediaType = Index,
        manifests = manifests.Select(static m => new { mediaType = Manifest, digest = DigestOf(m), size = m.Length }),
    });

    private async Task SetAsync(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await App.Admin.PatchAsync("/v2/manage/namespaces/team", content, Cancellation);
        await ShouldBeAsync(response, 201);
    }
}
