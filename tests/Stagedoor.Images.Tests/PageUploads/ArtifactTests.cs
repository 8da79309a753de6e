using System.Text.Json.Nodes;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>What stands beside images in archives and is none, or none with a file system: it is stored as the registry takes it from a push.</summary>
public sealed class ArtifactTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    private const string InToto = "application/vnd.in-toto+json";
    private const string EmptyType = "application/vnd.oci.empty.v1+json";
    private const string Unknown = """{"architecture":"unknown","os":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":["DIGEST"]}}""";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_attestation_of_a_build_is_stored_with_its_index()
    {
        var archive = new LayoutArchive();
        var statement = archive.Add(InToto, """{"_type":"https://in-toto.io/Statement/v0.1"}""");
        var config = archive.Add(LayoutArchive.ConfigType, Unknown.Replace("DIGEST", LayoutArchive.DigestOf(statement), StringComparison.Ordinal));
        var attestation = archive.AddManifest(config, [statement]);
        var index = archive.AddIndex(archive.AddImage(SavedImage.Layer()), attestation);

        await StoredAsync(archive.Mention(index, image: "docker.io/team/attested:v1"));

        Assert.Equal(Installation.Index, (await images.PullAsync("team/attested", "v1")).Type);
        var (manifest, _, _) = await images.PullAsync("team/attested", LayoutArchive.DigestOf(attestation));
        Assert.Equal(InToto, manifest.GetProperty("layers")[0].GetProperty("mediaType").GetString());
        await images.Registry.GetByteArrayAsync($"/v2/team/attested/blobs/{LayoutArchive.DigestOf(statement)}", Cancellation);
    }

    [Theory]
    [InlineData("application/vnd.cncf.helm.config.v1+json", "{}", "application/vnd.cncf.helm.chart.content.v1.tar+gzip")]
    [InlineData(LayoutArchive.ConfigType, "{}", LayoutArchive.LayerType)]
    [InlineData("application/x-anything", "no JSON", "")]
    public async Task An_artifact_is_stored_as_it_is(string configType, string config, string layerType)
    {
        var archive = new LayoutArchive();
        var layer = archive.Add(layerType, Installation.Random(500));
        var manifest = archive.AddManifest(archive.Add(configType, config), [layer]);

        Assert.Equal(LayoutArchive.DigestOf(manifest), await StoredAsync(archive.Mention(manifest, image: "team/artifact:v1")));

        Assert.Equal(500, (await images.Registry.GetByteArrayAsync($"/v2/team/artifact/blobs/{LayoutArchive.DigestOf(layer)}", Cancellation)).Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_image_may_have_no_layer(bool asLayout)
    {
        var archive = new LayoutArchive();
        var config = archive.Add(LayoutArchive.ConfigType, """{"architecture":"amd64","os":"linux","config":{"Cmd":["/x"]},"rootfs":{"type":"layers"}}""");
        var manifest = archive.AddManifest(config, []);
        if (asLayout)
        {
            await StoredAsync(archive.Mention(manifest, image: "team/layerless:v1"));
        }
        else
        {
            await StoredAsync(archive.MentionSaved(config, [], "team/layerless:v2"));
        }

        var (pulled, _, _) = await images.PullAsync("team/layerless", asLayout ? "v1" : "v2");
        Assert.Empty(pulled.GetProperty("layers").EnumerateArray());
        Assert.Equal(LayoutArchive.DigestOf(config), pulled.GetProperty("config").GetProperty("digest").GetString());
    }

    [Fact]
    public async Task Layers_that_stay_with_their_publisher_need_not_be_there()
    {
        var archive = new LayoutArchive();
        var (own, foreign) = (SavedImage.Layer(), SavedImage.Layer());
        var layer = LayoutArchive.Descriptor("application/vnd.oci.image.layer.nondistributable.v1.tar", foreign);
        layer["urls"] = new JsonArray("https://example.com/layer");
        var manifest = archive.AddManifest(
            archive.Add(LayoutArchive.ConfigType, SavedImage.ConfigOf([foreign, own])), [layer, archive.Add(LayoutArchive.LayerType, own)]);

        Assert.Equal(LayoutArchive.DigestOf(manifest), await StoredAsync(archive.Mention(manifest, image: "team/foreign:v1")));
    }

    [Fact]
    public async Task An_index_may_name_blobs()
    {
        var archive = new LayoutArchive();
        var layer = archive.Add(LayoutArchive.LayerType, SavedImage.Layer());
        var cache = archive.AddIndex(layer, archive.Add("application/vnd.buildkit.cacheconfig.v0", "{}"));

        await StoredAsync(archive.Mention(cache, image: "team/cache:v1"));

        await images.Registry.GetByteArrayAsync($"/v2/team/cache/blobs/{LayoutArchive.DigestOf(layer)}", Cancellation);
    }

    [Fact]
    public async Task What_is_about_an_image_and_has_no_name_comes_along()
    {
        var archive = new LayoutArchive();
        var image = archive.AddImage(SavedImage.Layer());
        var index = archive.AddIndex(image);
        var list = Artifact(archive, "list of parts", image);
        var signature = Artifact(archive, "signature of the list", list);
        var ofIndex = Artifact(archive, "signature of the index", index);

        // As tools write them: in any order, and what an index names once more.
        archive.Mention(signature).Mention(image).Mention(list).Mention(ofIndex).Mention(index, image: "team/referred:v1").Mention(index, image: "team/referred-too:v1");
        using var response = await images.UploadAsync(archive.ToArray());
        var stored = await UploadInstallation.StoredAsync(response);

        Assert.Equal(2, stored[0].GetProperty("images").GetArrayLength());
        foreach (var repository in new[] { "referred", "referred-too" })
        {
            foreach (var (subject, referrer) in new[] { (image, list), (list, signature), (index, ofIndex) })
            {
                using var referrers = await images.Registry.GetAsync($"/v2/team/{repository}/referrers/{LayoutArchive.DigestOf(subject)}", Cancellation);
                await Installation.ShouldBeAsync(referrers, 200);
                Assert.Contains(LayoutArchive.DigestOf(referrer), await referrers.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
                await images.PullAsync($"team/{repository}", LayoutArchive.DigestOf(referrer));
            }
        }
    }

    [Fact]
    public async Task What_is_about_nothing_in_the_archive_needs_a_name()
    {
        var archive = new LayoutArchive();
        var elsewhere = new LayoutArchive().AddImage(SavedImage.Layer());
        var orphan = Artifact(archive, "signature", elsewhere);
        archive.Mention(archive.AddImage(SavedImage.Layer()), image: "team/orphaned:v1").Mention(orphan);

        await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(archive.ToArray()), 400, "4000064", LayoutArchive.DigestOf(orphan));
    }

    [Fact]
    public async Task What_is_about_a_manifest_knows_its_size()
    {
        var archive = new LayoutArchive();
        var image = archive.AddImage(SavedImage.Layer());
        var wrong = (JsonObject)image.DeepClone();
        wrong["size"] = 1;
        archive.Mention(image, image: "team/missized:v1").Mention(Artifact(archive, "signature", wrong));

        await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(archive.ToArray()), 400, "4000013");
    }

    [Fact]
    public async Task The_bytes_of_an_artifact_must_be_those_of_its_digest()
    {
        var archive = new LayoutArchive();
        var statement = archive.Add(InToto, "{}");
        var manifest = archive.AddManifest(archive.Add(EmptyType, "{}"), [statement]);
        archive.Mention(manifest, image: "team/forged:v1").Replace(statement, "[]"u8.ToArray());

        await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(archive.ToArray()), 400, "4000013");
    }

    private static JsonObject Artifact(LayoutArchive archive, string text, JsonObject subject) =>
        archive.AddManifest(archive.Add(EmptyType, "{}"), [archive.Add("text/plain", text)], subject);

    private async Task<string> StoredAsync(LayoutArchive archive)
    {
        using var response = await images.UploadAsync(archive.ToArray());
        return (await UploadInstallation.StoredAsync(response))[0].GetProperty("images")[0].GetProperty("digest").GetString()!;
    }
}
