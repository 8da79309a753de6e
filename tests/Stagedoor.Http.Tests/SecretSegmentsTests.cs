using Xunit;

namespace Stagedoor.Http.Tests;

/// <summary>A key in a path is covered, also where it is not quite the path that it is meant for.</summary>
public sealed class SecretSegmentsTests
{
    private const string Key = "WRITEKEYAAAAAAAAAAAAAAA";

    [Theory]
    [InlineData("/k/KEY/v1/traces", "/k/********/v1/traces")]
    [InlineData("/k/short/v1/traces", "/k/********/v1/traces")]
    [InlineData("//k/KEY/v1/traces", "//k/********/v1/traces")]
    [InlineData("/k//KEY/v1", "/k//********/v1")]
    [InlineData("/K/KEY", "/K/********")]
    [InlineData("/k/a/KEY/v1", "/k/********/********/v1")]
    [InlineData("/k%2FKEY/v1", "/k%2F********/v1")]
    [InlineData("/p/0123456789abcdef0123456789abcdef/k/KEY/x", "/p/0123456789abcdef0123456789abcdef/k/********/x")]
    [InlineData("/otlp/k/KEY/v1/traces", "/otlp/k/********/v1/traces")]
    [InlineData("/v1/traces/k/KEY", "/v1/traces/k/********")]
    [InlineData("/v2/k/app/manifests/1", "/v2/k/app/manifests/1")]
    [InlineData("/v1/traces", "/v1/traces")]
    [InlineData("/k", "/k")]
    [InlineData("/", "/")]
    [InlineData("", "")]
    public void A_key_in_a_path_is_covered(string path, string shown) =>
        Assert.Equal(shown, SecretSegments.Mask(path.Replace("KEY", Key, StringComparison.Ordinal), ["/k/"]));

    [Theory]
    [InlineData("key=x&Key=y&a=1&token=z", "key=***&Key=***&a=1&token=***")]
    [InlineData("pass=x&pwd=y&jwt=z&bearer=b&api_key=c&sig=d", "pass=***&pwd=***&jwt=***&bearer=***&api_key=***&sig=***")]
    [InlineData("keys=1&monkey=2", "keys=1&monkey=2")]
    public void Parameters_that_are_called_as_secrets_are_covered(string query, string shown) => Assert.Equal(shown, Secrets.Mask(query));
}
