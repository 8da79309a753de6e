using Stagedoor.Gateway.Signing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Signing;

public sealed class AuthorizationHeaderTests
{
    private static readonly string s_hex = new('a', 64);

    [Fact]
    public void A_signature_is_read()
    {
        var header = AuthorizationHeader.Parse($"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature={s_hex}");

        Assert.Equal(AuthorizationKind.Signature, header.Kind);
        Assert.Equal("AK", header.Signature!.AccessKey);
        Assert.Equal(["host", "x-sdk-date"], header.Signature.SignedHeaders);
        Assert.Equal(32, header.Signature.Value.Length);
        Assert.Null(header.Signature.Scope);
    }

    [Fact]
    public void A_derived_signature_is_read()
    {
        var header = AuthorizationHeader.Parse(
            $"V11-HMAC-SHA256 Credential=AK/20260102/cn-test-1/swr, SignedHeaders=x-sdk-date, Signature={s_hex}");

        Assert.Equal("AK", header.Signature!.AccessKey);
        Assert.Equal(new("20260102", "cn-test-1", "swr"), header.Signature.Scope);
    }

    [Theory]
    [InlineData("SDK-HMAC-SHA256   Access=AK ,SignedHeaders = X-Sdk-Date; Host ,   Signature= ")]
    [InlineData("SDK-HMAC-SHA256 SignedHeaders=host;x-sdk-date,Access=AK,Signature=")]
    public void Spaces_order_and_case_of_header_names_do_not_matter(string text)
    {
        var header = AuthorizationHeader.Parse(text + s_hex + " ");

        Assert.Equal(["host", "x-sdk-date"], header.Signature!.SignedHeaders);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("Bearer eyJ")]
    [InlineData("Basic QUs6U0s=")]
    [InlineData("none")]
    [InlineData("SDK")]
    [InlineData("SDK-\"quoted\" Access=AK")]
    public void Another_scheme_is_not_a_signature(string? text) =>
        Assert.Equal(AuthorizationKind.NotASignature, AuthorizationHeader.Parse(text).Kind);

    [Theory]
    [InlineData("SDK-HMAC-SM3")]
    [InlineData("SDK-ECDSA-P256-SHA256")]
    [InlineData("SDK-SM2-SM3")]
    [InlineData("sdk-hmac-sha256")]
    [InlineData("v11-HMAC-SHA256")]
    [InlineData("SDK-HMAC-SHA1")]
    public void Another_algorithm_is_unsupported(string algorithm)
    {
        var header = AuthorizationHeader.Parse($"{algorithm} Access=AK, SignedHeaders=x-sdk-date, Signature={s_hex}");

        Assert.Equal(AuthorizationKind.Unsupported, header.Kind);
        Assert.Equal($"unsupported signing algorithm: {algorithm}", header.Problem);
    }

    [Theory]
    [InlineData("SDK-HMAC-SHA256")]
    [InlineData("SDK-HMAC-SHA256 ")]
    [InlineData("SDK-HMAC-SHA256 Access=AK")]
    [InlineData("SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date")]
    [InlineData("SDK-HMAC-SHA256 Access=, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("SDK-HMAC-SHA256 Access=A K, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("SDK-HMAC-SHA256 Access=A/K, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("SDK-HMAC-SHA256 Access=组织, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("SDK-HMAC-SHA256 Access=AK, Access=AK, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=00, Extra=1")]
    [InlineData("SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date;X-Sdk-Date, Signature=00")]
    [InlineData("SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date;, Signature=00")]
    [InlineData("SDK-HMAC-SHA256 Access=AK, SignedHeaders=x:y, Signature=00")]
    [InlineData("SDK-HMAC-SHA256 Credential=AK/20260102/r/s, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("V11-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("V11-HMAC-SHA256 Credential=AK/20260102/r, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("V11-HMAC-SHA256 Credential=AK/20260102/r/s/t, SignedHeaders=x-sdk-date, Signature=00")]
    [InlineData("V11-HMAC-SHA256 Credential=AK/20260102//s, SignedHeaders=x-sdk-date, Signature=00")]
    public void A_signature_with_unreadable_parts_is_malformed(string text)
    {
        var header = AuthorizationHeader.Parse(text);

        Assert.Equal(AuthorizationKind.Malformed, header.Kind);
        Assert.StartsWith("malformed signature: ", header.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AuthorizationHeader.MaxSignedHeaders, true)]
    [InlineData(AuthorizationHeader.MaxSignedHeaders + 1, false)]
    public void The_number_of_signed_headers_is_limited(int count, bool expected)
    {
        var names = string.Join(';', Enumerable.Range(0, count).Select(static i => $"h{i}"));

        Assert.Equal(expected, AuthorizationHeader.Parse($"SDK-HMAC-SHA256 Access=AK, SignedHeaders={names}, Signature=00").IsSignature);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0g")]
    public void A_signature_that_is_not_64_digits_matches_nothing(string end) =>
        Assert.True(AuthorizationHeader.Parse(
            $"SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature={s_hex[..61]}{end}").Signature!.Value.IsEmpty);

    [Fact]
    public void A_signature_in_upper_case_matches_nothing() =>
        Assert.True(AuthorizationHeader.Parse(
            $"SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, Signature={new string('A', 64)}").Signature!.Value.IsEmpty);
}
