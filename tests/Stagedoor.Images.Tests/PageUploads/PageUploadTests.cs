using System.Text.Json;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>Archives whose images are stored.</summary>
public sealed class PageUploadTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    private const string Docker = "application/vnd.docker.distribution.manifest.v2+json";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("image.tar", "none", "application/vnd.docker.image.rootfs.diff.tar")]
    [InlineData("image.tar.gz", "none", "application/vnd.docker.image.rootfs.diff.tar")]
    [InlineData("image.tgz", "gzip", "application/vnd.docker.image.rootfs.diff.tar.gzip")]
    [InlineData("image.tar", "zstd", "application/vnd.docker.image.rootfs.diff.tar.zstd")]
    public async Task A_saved_image_is_stored_as_it_is_and_pulled(string file, string packing, string type)
    {
        var name = $"stored-{packing}{file.Length}";
        var image = new SavedImage($"team/{name}:v1")
        {
            Pack = packing switch
            {
                "gzip" => Tarball.Gzip,
                "zstd" => SavedImage.Zstd,
                _ => static l => l,
            },
        };
        // What the name ends with is not believed.
        var archive = file is "image.tar" ? image.ToArray() : Tarball.Gzip(image.ToArray());

        using var response = await images.UploadAsync(archive, file);
        var stored = await UploadInstallation.StoredAsync(response);

        var one = Assert.Single(stored.EnumerateArray());
        Assert.Equal(file, one.GetProperty("file").GetString());
        var shown = Assert.Single(one.GetProperty("images").EnumerateArray());
        var (manifest, pulled, digest) = await images.PullAsync($"team/{name}", "v1");
        Assert.Equal((Docker, digest), (pulled, shown.GetProperty("digest").GetString()));
        Assert.Equal(("team", name, "v1"), (shown.GetProperty("namespace").GetString(), shown.GetProperty("repository").GetString(), shown.GetProperty("tag").GetString()));
        Assert.Equal($"{new Uri(images.App.Url).Authority}/team/{name}:v1", shown.GetProperty("path").GetString());
        var layers = manifest.GetProperty("layers").EnumerateArray().ToList();
        Assert.All(layers, l => Assert.Equal(type, l.GetProperty("mediaType").GetString()));
        for (var i = 0; i < layers.Count; i++)
        {
            var content = await images.Registry.GetByteArrayAsync($"/v2/team/{name}/blobs/{layers[i].GetProperty("digest").GetString()}", Cancellation);
            Assert.Equal(image.Pack(image.Layers[i]), content);
            Assert.Equal(content.Length, layers[i].GetProperty("size").GetInt32());
        }

        var config = manifest.GetProperty("config");
        Assert.Equal("application/vnd.docker.container.image.v1+json", config.GetProperty("mediaType").GetString());
        Assert.Equal(SavedImage.ConfigOf(image.Layers), await images.Registry.GetStringAsync($"/v2/team/{name}/blobs/{config.GetProperty("digest").GetString()}", Cancellation));
        Assert.Equal(layers.Sum(static l => l.GetProperty("size").GetInt64()) + config.GetProperty("size").GetInt64(), shown.GetProperty("size").GetInt64());
    }

    [Fact]
    public async Task The_same_archive_has_the_same_digest_however_often_it_is_uploaded()
    {
        var archive = new SavedImage("team/again:v1", "team/again:v2", "again-too").ToArray();
        var first = await DigestsAsync(archive);
        var counted = images.Everything();

        Assert.Equal(first, await DigestsAsync(archive));
        Assert.Equal(counted, images.Everything());
        Assert.Equal(["again:v1", "again:v2", "again-too:latest"], first.Select(static d => d.Name));
        Assert.Single(first.Select(static d => d.Digest).Distinct());
    }

    [Fact]
    public async Task A_tag_is_moved_to_what_was_uploaded_last()
    {
        var (before, after) = (new SavedImage("team/moved:v1").ToArray(), new SavedImage("team/moved:v1").ToArray());
        await DigestsAsync(before);
        var (_, digest) = Assert.Single(await DigestsAsync(after));

        Assert.Equal(digest, (await images.PullAsync("team/moved", "v1")).Digest);
    }

    [Theory]
    [InlineData("nginx", "nginx:latest")]
    [InlineData("team/nginx:v1", "nginx:v1")]
    [InlineData("other/nginx:v1", "other/nginx:v1")]
    [InlineData("docker.io/library/nginx:v1", "nginx:v1")]
    [InlineData("docker.io/team/nginx:v1", "nginx:v1")]
    [InlineData("localhost/nginx:v1", "nginx:v1")]
    [InlineData("swr.example.com/team/deep/nginx:v1", "deep/nginx:v1")]
    [InlineData("127.0.0.1:5000/team/nginx:v1", "nginx:v1")]
    [InlineData(":v7", "given/name:v7")]
    public async Task A_name_is_read_as_tools_write_it(string name, string stored)
    {
        using var response = await images.UploadAsync(new SavedImage(name).ToArray(), repository: "given/name");

        var shown = (await UploadInstallation.StoredAsync(response))[0].GetProperty("images")[0];
        Assert.Equal(stored, $"{shown.GetProperty("repository").GetString()}:{shown.GetProperty("tag").GetString()}");
    }

    [Fact]
    public async Task Links_inside_an_archive_are_followed()
    {
        var layer = SavedImage.Layer();
        var config = SavedImage.ConfigOf([layer, layer]);
        var archive = new SavedImage
        {
            Layers = [],
            List = """[{"Config":"c.json","RepoTags":["linked:v1"],"Layers":["a/layer.tar","h.tar"]}]""",
        }.With("sha.tar", layer).With("a/layer.tar", [], '2', "../sha.tar").With("h.tar", [], '1', "sha.tar").With("c.json", System.Text.Encoding.UTF8.GetBytes(config));

        using var response = await images.UploadAsync(archive.ToArray());

        await UploadInstallation.StoredAsync(response);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Long_names_are_read(bool isGnu)
    {
        var layer = SavedImage.Layer();
        var name = string.Concat(Enumerable.Repeat("deep/", 60)) + "layer.tar";
        var tar = new Tarball().AddLong(name, layer, isGnu).Add("./c.json", SavedImage.ConfigOf([layer]))
            .Add("manifest.json", JsonSerializer.Serialize(new[] { new { Config = "c.json", RepoTags = new[] { $"long-{isGnu}:v1".ToLowerInvariant() }, Layers = new[] { name } } }));

        using var response = await images.UploadAsync(tar.ToArray());

        await UploadInstallation.StoredAsync(response);
    }

    [Fact]
    public async Task Several_files_are_stored_in_their_order()
    {
        using var response = await images.UploadAsync(
            Enumerable.Range(0, 10).Select(static i => ($"{i}.tar", new SavedImage($"several-{i}:v1", "several:last").ToArray())));
        var stored = await UploadInstallation.StoredAsync(response);

        Assert.Equal(10, stored.GetArrayLength());
        var last = stored[9].GetProperty("images")[0].GetProperty("digest").GetString();
        Assert.Equal(last, (await images.PullAsync("team/several", "last")).Digest);
    }

    [Fact]
    public async Task A_layout_of_OCI_is_stored_with_its_own_manifest()
    {
        var layout = new LayoutImage { Names = ["v1"], Pack = Tarball.Gzip };
        using var response = await images.UploadAsync(layout.ToArray(), "layout.tar", repository: "layout");
        await UploadInstallation.StoredAsync(response);

        var (manifest, type, digest) = await images.PullAsync("team/layout", "v1");
        Assert.Equal((Installation.Manifest, layout.ManifestDigest), (type, digest));
        Assert.Equal("application/vnd.oci.image.layer.v1.tar+gzip", manifest.GetProperty("layers")[0].GetProperty("mediaType").GetString());
    }

    [Fact]
    public async Task An_index_of_OCI_is_stored_with_all_its_images()
    {
        var layout = new LayoutImage { Names = ["swr.example.com/team/many:v1"], AsIndex = true };
        using var response = await images.UploadAsync(layout.ToArray());
        var shown = (await UploadInstallation.StoredAsync(response))[0].GetProperty("images")[0];

        var (index, type, digest) = await images.PullAsync("team/many", "v1");
        Assert.Equal((Installation.Index, shown.GetProperty("digest").GetString()), (type, digest));
        await images.PullAsync("team/many", index.GetProperty("manifests")[0].GetProperty("digest").GetString()!);
    }

    private async Task<IReadOnlyList<(string Name, string Digest)>> DigestsAsync(byte[] archive)
    {
        using var response = await images.UploadAsync(archive);
        var stored = await UploadInstallation.StoredAsync(response);
        return
        [
            .. stored[0].GetProperty("images").EnumerateArray()
                .Select(static i => ($"{i.GetProperty("repository").GetString()}:{i.GetProperty("tag").GetString()}", i.GetProperty("digest").GetString()!)),
        ];
    }
}
