using Stagedoor.Images.Oci;
using Stagedoor.Images.Tags;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

public sealed class PathTests
{
    [Theory]
    [InlineData("/v2/", "Root", "", "")]
    [InlineData("/v2/_catalog", "Catalog", "", "")]
    [InlineData("/v2/o/r/manifests/latest", "Manifest", "o/r", "latest")]
    [InlineData("/v2/o/r/manifests/sha256:ab", "Manifest", "o/r", "sha256:ab")]
    [InlineData("/v2/o/manifests/r/manifests/t", "Manifest", "o/manifests/r", "t")]
    [InlineData("/v2/o/r/blobs/sha256:ab", "Blob", "o/r", "sha256:ab")]
    [InlineData("/v2/o/r/blobs/uploads/", "Uploads", "o/r", "")]
    [InlineData("/v2/o/r/blobs/uploads", "Uploads", "o/r", "")]
    [InlineData("/v2/o/r/blobs/uploads/5", "Upload", "o/r", "5")]
    [InlineData("/v2/o/blobs/uploads/r/blobs/uploads/5", "Upload", "o/blobs/uploads/r", "5")]
    [InlineData("/v2/o/r/tags/list", "Tags", "o/r", "")]
    [InlineData("/v2/o/tags/list/tags/list", "Tags", "o/tags/list", "")]
    [InlineData("/v2/o/r/referrers/sha256:ab", "Referrers", "o/r", "sha256:ab")]
    [InlineData("/v2/alpine/manifests/3", "Manifest", "alpine", "3")]
    [InlineData("/v2/o/r", "Unknown", null, null)]
    [InlineData("/v2/o/r/tags/other", "Unknown", null, null)]
    [InlineData("/v2/o/r/manifests/", "Unknown", null, null)]
    [InlineData("/v2/manifests/x", "Unknown", null, null)]
    [InlineData("/v2", "Base", null, null)]
    public void A_path_is_read_from_its_end(string path, string resource, string? name, string? reference)
    {
        var parsed = RegistryPath.Parse(path);

        Assert.Equal((resource, name, reference), (parsed.Resource.ToString(), parsed.Name, parsed.Reference));
    }

    [Theory]
    [InlineData("latest", true)]
    [InlineData("_x.y-Z9", true)]
    [InlineData(".x", false)]
    [InlineData("-x", false)]
    [InlineData("a:b", false)]
    [InlineData("", false)]
    public void A_tag_is_named(string tag, bool isValid) => Assert.Equal(isValid, TagName.IsValid(tag));

    [Theory]
    [InlineData(128, true)]
    [InlineData(129, false)]
    public void A_tag_has_at_most_128_characters(int length, bool isValid) => Assert.Equal(isValid, TagName.IsValid(new string('a', length)));
}
