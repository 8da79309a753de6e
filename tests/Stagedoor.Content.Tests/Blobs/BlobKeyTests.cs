using Stagedoor.Content.Blobs;
using Xunit;

namespace Stagedoor.Content.Tests.Blobs;

public sealed class BlobKeyTests
{
    private static readonly BlobKeys s_keys = new("images");
    private static readonly Digest s_digest = TestContent.DigestOf([1]);

    [Fact]
    public void A_key_leads_back_to_its_digest()
    {
        Assert.True(s_keys.TryParse(s_keys.Of(s_digest), out var digest));

        Assert.Equal(s_digest, digest);
        Assert.Equal($"images/sha256/{s_digest.Hex[..2]}/{s_digest.Hex}", s_keys.Of(s_digest).ToString());
    }

    [Theory]
    [InlineData("other/sha256/{0}/{1}")]
    [InlineData("images-2/sha256/{0}/{1}")]
    [InlineData("images/sha256/{1}")]
    [InlineData("images/sha256/{0}/{1}/more")]
    [InlineData("images/sha256/{0}/abc")]
    public void Another_key_leads_nowhere(string format) =>
        Assert.False(s_keys.TryParse(new(string.Format(null, format, s_digest.Hex[..2], s_digest.Hex)), out _));

    [Theory]
    [InlineData("images-1", "1")]
    [InlineData("images2-1", null)]
    [InlineData("other-1", null)]
    public void An_upload_is_the_modules_own_or_not(string staged, string? id) => Assert.Equal(id, s_keys.FindUploadId(staged));
}
