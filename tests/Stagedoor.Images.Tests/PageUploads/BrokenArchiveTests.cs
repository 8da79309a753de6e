using System.IO.Compression;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>Archives of which nothing is stored, each with the code of the first thing that is wrong.</summary>
public sealed class BrokenArchiveTests(UploadInstallation images) : IClassFixture<UploadInstallation>
{
    private const string Named = "team/broken:v1";

    private static SavedImage Whole => new(Named);

    [Fact]
    [Provokes("SVCSTG.SWR.4000069")]
    public async Task What_is_neither_tar_nor_gzip_is_no_archive()
    {
        using var zip = new MemoryStream();
        await using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            await using var entry = await archive.CreateEntry("manifest.json").OpenAsync(TestContext.Current.CancellationToken);
            entry.Write("[]"u8);
        }

        await RefuseAsync(zip.ToArray(), 400, "4000069");
        await RefuseAsync([], 400, "4000069");
        await RefuseAsync(Tarball.Gzip("no tar"u8.ToArray()), 400, "4000069");
        await RefuseAsync(SavedImage.Zstd(Whole.ToArray()), 400, "4000069");
        await RefuseAsync(new Tarball().Add("manifest.json", "[]"u8.ToArray(), magic: "").ToArray(), 400, "4000069");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.5000027")]
    public async Task What_was_cut_off_or_damaged_cannot_be_opened()
    {
        var (plain, packed) = (Whole.ToArray(), Tarball.Gzip(Whole.ToArray()));
        var flipped = (byte[])packed.Clone();
        flipped[^6] ^= 0xff;
        var header = (byte[])plain.Clone();
        header[0] ^= 0x01;
        await RefuseAsync(packed[..(packed.Length / 2)], 500, "5000027");
        await RefuseAsync(packed[..^4], 500, "5000027");
        await RefuseAsync(flipped, 500, "5000027");
        await RefuseAsync(plain[..(plain.Length / 2)], 500, "5000027");
        await RefuseAsync(new Tarball().Add("a", "b").ToArray(withEnd: false), 500, "5000027");
        await RefuseAsync(header, 500, "5000027");
        await RefuseAsync(new SavedImage(Named) { Pack = static l => Tarball.Gzip(l)[..^20] }.ToArray(), 500, "5000027");
        await RefuseAsync(new SavedImage(Named) { Pack = static l => SavedImage.Zstd(l)[..^20] }.ToArray(), 500, "5000027");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4130025")]
    public async Task What_becomes_too_large_when_it_is_unpacked_is_not_unpacked_to_its_end()
    {
        var bomb = new byte[64 * 1024 * 1024];
        await RefuseAsync(Tarball.Gzip(new Tarball().Add("manifest.json", bomb).ToArray()), 413, "4130025");
        await RefuseAsync(Tarball.Gzip(Tarball.Gzip(bomb)), 400, "4000069");
        await RefuseAsync(new SavedImage(Named) { Layers = [bomb], Pack = Tarball.Gzip }.ToArray(), 413, "4130025");
        await RefuseAsync(new SavedImage(Named) { Layers = [bomb], Pack = SavedImage.Zstd }.ToArray(), 413, "4130025");

        // Layer by layer it is not too much, all of them together it is.
        byte[] Half(byte filling)
        {
            var half = new byte[1_200_000];
            half.AsSpan().Fill(filling);
            return half;
        }

        await RefuseAsync(new SavedImage(Named) { Layers = [Half(1), Half(2)], Pack = Tarball.Gzip }.ToArray(), 413, "4130025");
    }

    [Theory]
    [InlineData("/etc/passwd", '0', "")]
    [InlineData("../outside", '0', "")]
    [InlineData("a/../../outside", '0', "")]
    [InlineData("a/../b", '0', "")]
    [InlineData("link", '2', "/etc/passwd")]
    [InlineData("link", '2', "../outside")]
    [InlineData("a/link", '2', "../../outside")]
    [InlineData("link", '1', "../outside")]
    [InlineData("link", '1', "/etc/passwd")]
    [InlineData("device", '3', "")]
    [InlineData("block", '4', "")]
    [InlineData("pipe", '6', "")]
    [InlineData("sparse", 'S', "")]
    public async Task Nothing_leads_out_of_an_archive(string name, char type, string link) =>
        await RefuseAsync(Whole.With(name, [], type, link).ToArray(), 400, "4000069", Path.GetFileName(name));

    [Theory]
    [InlineData("a.txt")]
    [InlineData("repositories")]
    [InlineData("index.json")]
    [InlineData("sub/manifest.json")]
    [Provokes("SVCSTG.SWR.4000067")]
    public async Task An_archive_without_a_list_of_images_is_none(string name) => await RefuseAsync(new Tarball().Add(name, "{}").ToArray(), 400, "4000067");

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("\uFEFF[]")]
    [InlineData("""[{"Config":1,"RepoTags":["a:b"],"Layers":["l"]}]""")]
    [InlineData("""[{"Config":"c","RepoTags":"a:b","Layers":["l"]}]""")]
    [InlineData("""[{"Config":"c","RepoTags":["a:b"],"Layers":[1]}]""")]
    [InlineData("""[{"Config":"c","RepoTags":["\ud800"],"Layers":["l"]}]""")]
    [Provokes("SVCSTG.SWR.4000068")]
    public async Task A_list_that_is_none_cannot_be_read(string list) => await RefuseAsync(new SavedImage(Named) { List = list }.ToArray(), 400, "4000068");

    [Fact]
    [Provokes("SVCSTG.SWR.4000064")]
    public async Task An_image_must_have_a_name()
    {
        await RefuseAsync(new SavedImage { Tags = null }.ToArray(), 400, "4000064");
        await RefuseAsync(new SavedImage { Tags = [] }.ToArray(), 400, "4000064");
        await RefuseAsync(new LayoutImage().ToArray(), 400, "4000064", "the form's field repository");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000066")]
    public async Task A_configuration_must_be_there()
    {
        await RefuseAsync(new SavedImage(Named) { Missing = ".json" }.ToArray(), 400, "4000066");
        await RefuseAsync(new SavedImage(Named) { List = """[{"Config":"../../etc/passwd","RepoTags":["a:b"],"Layers":["0/layer.tar"]}]""" }.ToArray(), 400, "4000066");
        await RefuseAsync(new SavedImage(Named) { List = """[{"RepoTags":["a:b"],"Layers":["0/layer.tar"]}]""" }.ToArray(), 400, "4000066");
        await RefuseAsync(new LayoutImage { Names = ["broken:v1"], Missing = "config" }.ToArray(), 400, "4000066");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000065")]
    public async Task All_layers_must_be_there()
    {
        await RefuseAsync(new SavedImage(Named) { Missing = "1/layer.tar" }.ToArray(), 400, "4000065", "1/layer.tar");
        await RefuseAsync(new LayoutImage { Names = ["broken:v1"], Missing = "layer" }.ToArray(), 400, "4000065");
    }

    [Fact]
    public async Task A_layout_must_have_its_manifest_and_a_version_that_is_known()
    {
        await RefuseAsync(new LayoutImage { Names = ["broken:v1"], Missing = "manifest" }.ToArray(), 400, "4000067");
        await RefuseAsync(new LayoutImage { Names = ["broken:v1"], Version = "2.0.0" }.ToArray(), 400, "4000069");
        await RefuseAsync(new LayoutImage { Names = ["broken:v1"], EntryType = "application/vnd.docker.distribution.manifest.v1+json" }.ToArray(), 400, "4000069");
        await RefuseAsync(new LayoutImage { Names = ["broken:v1"], LayerType = "application/vnd.oci.image.layer.v1.tar+zstd" }.ToArray(), 400, "4000069");
    }

    [Theory]
    [InlineData("UPPER/Case:1")]
    [InlineData("team/broken@sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("team/broken:")]
    [InlineData("team//broken:v1")]
    [InlineData("/broken:v1")]
    [InlineData("team/broken/:v1")]
    [InlineData(":v1")]
    [InlineData("")]
    [InlineData("a b:v1")]
    [Provokes("SVCSTG.SWR.4000028")]
    public async Task A_name_must_be_one(string name) => await RefuseAsync(new SavedImage(name).ToArray(), 400, "4000028");

    [Fact]
    public async Task A_tag_alone_needs_a_repository() => await RefuseAsync(new LayoutImage { Names = ["v1"] }.ToArray(), 400, "4000028");

    [Theory]
    [InlineData("swr.example.com/other/broken:v1", null)]
    [InlineData("swr.example.com/broken:v1", null)]
    [InlineData(Named, """{"team/another":{"v1":"x"}}""")]
    [InlineData(Named, """{"team/broken":{"v2":"x"}}""")]
    [InlineData(Named, """{"team/broken":{"v1":"x","v2":"x"}}""")]
    [Provokes("SVCSTG.SWR.4000029")]
    public async Task Names_must_not_contradict_each_other(string name, string? repositories) =>
        await RefuseAsync(new SavedImage(name) { Repositories = repositories }.ToArray(), 400, "4000029");

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"team/broken":1}""")]
    public async Task The_older_list_of_names_must_be_one(string repositories) =>
        await RefuseAsync(new SavedImage(Named) { Repositories = repositories }.ToArray(), 400, "4000068");

    [Theory]
    [InlineData("team/a___b:v1")]
    [InlineData("team/-a:v1")]
    [InlineData("team/a-/b:v1")]
    [Provokes("SVCSTG.SWR.4001029")]
    public async Task A_name_must_be_one_that_repositories_have(string name) => await RefuseAsync(new SavedImage(name).ToArray(), 400, "4001029");

    [Theory]
    [InlineData("team/a:-bad")]
    [InlineData("team/a:b!")]
    [Provokes("SVCSTG.SWR.4000016")]
    public async Task A_tag_must_be_one_that_images_have(string name) => await RefuseAsync(new SavedImage(name).ToArray(), 400, "4000016");

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"architecture":"amd64","os":"linux","rootfs":{"type":"other","diff_ids":[]}}""")]
    [InlineData("""{"architecture":"amd64","os":"","rootfs":{"type":"layers","diff_ids":[]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["x","y"]}}""")]
    [InlineData("""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}""")]
    public async Task A_configuration_must_be_that_of_an_image(string config) => await RefuseAsync(new SavedImage(Named) { Config = config }.ToArray(), 400, "4000069");

    [Fact]
    public async Task Layers_are_packed_so_that_every_client_unpacks_them() =>
        await RefuseAsync(new SavedImage(Named) { Pack = static l => [.. "BZh9"u8, .. l] }.ToArray(), 400, "4000069");

    [Fact]
    [Provokes("SVCSTG.SWR.4000013")]
    public async Task Layers_must_be_those_of_the_configuration()
    {
        var other = new SavedImage(Named) { Config = SavedImage.ConfigOf([SavedImage.Layer(), SavedImage.Layer()]) };
        await RefuseAsync(other.ToArray(), 400, "4000013");
        await RefuseAsync(new LayoutImage { Names = ["broken:v1"], IsFlipped = true }.ToArray(), 400, "4000013");
    }

    [Fact]
    public async Task Of_two_archives_none_is_stored_when_one_is_broken()
    {
        var before = images.Everything();

        await UploadInstallation.ShouldRefuseAsync(images.UploadAsync([("one.tar", Whole.ToArray()), ("two.tar", new SavedImage("UPPER").ToArray())]), 400, "4000028", "two.tar");

        Assert.Equal(before, images.Everything());
    }

    [Fact]
    public async Task An_extended_header_is_not_taken_into_memory_whatever_its_length() => await RefuseAsync(
        new Tarball().Add("PaxHeaders.0/x", new byte[(1024 * 1024) + 1], 'x').Add("a", "b").ToArray(), 400, "4000069");

    private async Task RefuseAsync(byte[] archive, int status, string code, string? detail = null)
    {
        var before = images.Everything();
        await UploadInstallation.ShouldRefuseAsync(images.UploadAsync(archive), status, code, detail);
        Assert.Equal(before, images.Everything());
    }
}
