using System.Text.Json.Nodes;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>Archives with the list of older engines and an OCI layout, as newer ones write them.</summary>
public sealed class BothListsTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    [Fact]
    public async Task Of_both_lists_the_layout_has_all_platforms()
    {
        var (archive, index, platforms) = Both("many-platforms");

        Assert.Equal(LayoutArchive.DigestOf(index), await StoredAsync(archive));
        var (_, type, digest) = await images.PullAsync("team/many-platforms", "v1");
        Assert.Equal((Installation.Index, LayoutArchive.DigestOf(index)), (type, digest));
        foreach (var platform in platforms)
        {
            await images.PullAsync("team/many-platforms", LayoutArchive.DigestOf(platform));
        }
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("config")]
    [InlineData("layer")]
    public async Task An_index_whose_other_platforms_are_not_in_the_archive_gives_way_to_the_older_list(string missing)
    {
        var (archive, _, platforms) = Both($"one-platform-{missing}", out var other);
        archive.Without(missing switch
        {
            "manifest" => platforms[1],
            "config" => other.Config,
            _ => LayoutArchive.Descriptor(LayoutArchive.LayerType, other.Layer),
        });

        await StoredAsync(archive);

        Assert.Equal("application/vnd.docker.distribution.manifest.v2+json", (await images.PullAsync($"team/one-platform-{missing}", "v1")).Type);
    }

    [Fact]
    public async Task An_image_that_only_the_older_list_names_is_not_left_out()
    {
        var (archive, _, _) = Both("named-twice", "v1", "v2");

        await StoredAsync(archive);

        Assert.Equal((await images.PullAsync("team/named-twice", "v1")).Digest, (await images.PullAsync("team/named-twice", "v2")).Digest);
    }

    private static (LayoutArchive Archive, JsonObject Index, JsonObject[] Platforms) Both(string name, params string[] tags) =>
        Both(name, out _, tags);

    // The layout names the image as engines do, with the hub that nobody wrote.
    private static (LayoutArchive Archive, JsonObject Index, JsonObject[] Platforms) Both(
        string name, out (JsonObject Config, byte[] Layer) other, params string[] tags)
    {
        var archive = new LayoutArchive();
        byte[][] layers = [SavedImage.Layer(), SavedImage.Layer()];
        JsonObject[] platforms = [archive.AddImage(out var config, layers[0]), archive.AddImage(out var second, layers[1])];
        other = (second, layers[1]);
        var index = archive.AddIndex(platforms);
        archive.Mention(index, "v1", $"docker.io/team/{name}:v1");
        archive.MentionSaved(config, [layers[0]], [.. (tags.Length > 0 ? tags : ["v1"]).Select(t => $"team/{name}:{t}")]);
        return (archive, index, platforms);
    }

    private async Task<string> StoredAsync(LayoutArchive archive)
    {
        using var response = await images.UploadAsync(archive.ToArray());
        return (await UploadInstallation.StoredAsync(response))[0].GetProperty("images")[0].GetProperty("digest").GetString()!;
    }
}
