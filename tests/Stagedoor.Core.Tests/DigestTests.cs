using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Stagedoor.Core.Tests;

public sealed class DigestTests
{
    private const string Sha256 = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    [Fact]
    public void A_sha256_digest_reads_and_writes()
    {
        var digest = Digest.Parse(Sha256);

        Assert.Equal(("sha256", Sha256[7..], Sha256), (digest.Algorithm, digest.Hex, digest.ToString()));
    }

    [Fact]
    public void A_sha512_digest_reads_and_writes()
    {
        var text = "sha512:" + new string('a', 128);

        Assert.Equal(text, Digest.Parse(text).ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("sha256:")]
    [InlineData("sha256:e3b0c4")]
    [InlineData("sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855")]
    [InlineData("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85g")]
    [InlineData("sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:../../../../../../../../../../../../../../../../../../etc/passwd00")]
    [InlineData(null)]
    public void Anything_else_is_no_digest(string? text) => Assert.False(Digest.TryParse(text, out _));

    [Fact]
    public void Every_hash_round_trips() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.GeneratorFor<byte>().ArrayOf(32).ToArbitrary(), hash => Digest.Parse(Digest.Sha256(hash).ToString()) == Digest.Sha256(hash)));

    [Fact]
    public void No_text_that_parses_can_leave_a_folder() => Check.QuickThrowOnFailure(Prop.ForAll(
        ArbMap.Default.ArbFor<string>(),
        text => !Digest.TryParse(text, out var digest) || !digest.Hex.AsSpan().ContainsAny('/', '.', '\\')));
}
