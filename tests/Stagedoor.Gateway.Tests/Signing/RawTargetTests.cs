using Stagedoor.Gateway.Signing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Signing;

public sealed class RawTargetTests
{
    [Theory]
    [InlineData("/", "/")]
    [InlineData("*", "*")]
    [InlineData("/v2/manage/namespaces?limit=10", "/v2/manage/namespaces")]
    [InlineData("/v1/x/", "/v1/x/")]
    [InlineData("/v2/repos/web$api/a:b@c", "/v2/repos/web$api/a:b@c")]
    [InlineData("/v1/%C3%A9%20%24", "/v1/é $")]
    [InlineData("/v1/é", "/v1/é")]
    [InlineData("/v1/%F0%9F%9A%80", "/v1/🚀")]
    [InlineData("/v1/100%25", "/v1/100%")]
    [InlineData("/v1/...", "/v1/...")]
    [InlineData("/v1/.hidden/a..b", "/v1/.hidden/a..b")]
    [InlineData("/v1/a?x=../..//&y=%2e%2e%2F%5C", "/v1/a")]
    [InlineData("http://host/v1/a?x=1", "/v1/a")]
    [InlineData("HTTPS://host:8443", "/")]
    [InlineData("http://host?x=1", "/")]
    public void A_clean_target_has_one_path(string target, string expected) =>
        Assert.Equal(new(expected, null), RawTarget.Check(target));

    [Theory]
    [InlineData("/v1/../x", "dot segment in the path")]
    [InlineData("/v1/.", "dot segment in the path")]
    [InlineData("/..", "dot segment in the path")]
    [InlineData("/v1/%2e%2e/x", "dot segment in the path")]
    [InlineData("/v1/.%2E/x", "dot segment in the path")]
    [InlineData("/v1/%2e", "dot segment in the path")]
    [InlineData("/v1/%252e%252e/x", "doubly escaped character in the path")]
    [InlineData("/v1/%25%32e/x", "doubly escaped character in the path")]
    [InlineData("/v1/%25252e/x", "doubly escaped character in the path")]
    [InlineData("/v1/%2561", "doubly escaped character in the path")]
    [InlineData("/v1/a%252Fb", "doubly escaped character in the path")]
    [InlineData("/v1/a%2Fb", "encoded slash in the path")]
    [InlineData("/v1/a%2fb", "encoded slash in the path")]
    [InlineData("/v1//x", "empty segment in the path")]
    [InlineData("//v1/x", "empty segment in the path")]
    [InlineData("/v1/x//", "empty segment in the path")]
    [InlineData("//", "empty segment in the path")]
    [InlineData("/v1/a%00b", "control character in the path")]
    [InlineData("/v1/a%0Ab", "control character in the path")]
    [InlineData("/v1/a\0b", "a character in the path that has to be escaped")]
    [InlineData("/v1/a b", "a character in the path that has to be escaped")]
    [InlineData("/v1/a#b", "a character in the path that has to be escaped")]
    [InlineData("/v1\\x", "a character in the path that has to be escaped")]
    [InlineData("/v1%5Cx", "backslash in the path")]
    [InlineData("/v1%5c..%5cx", "backslash in the path")]
    [InlineData("/v1/%", "bad percent-escape in the path")]
    [InlineData("/v1/%4", "bad percent-escape in the path")]
    [InlineData("/v1/%zz", "bad percent-escape in the path")]
    [InlineData("/v1/%FF", "invalid UTF-8 in the path")]
    [InlineData("/v1/%C0%AE%C0%AE/x", "invalid UTF-8 in the path")]
    [InlineData("/v1/%C3", "invalid UTF-8 in the path")]
    [InlineData("/v1/%ED%A0%80", "invalid UTF-8 in the path")]
    [InlineData("/v1/x?a=%", "bad percent-escape in the query")]
    [InlineData("/v1/x?a=%00", "bad percent-escape in the query")]
    [InlineData("/v1/x?a=%FF", "invalid UTF-8 in the query")]
    [InlineData("/v1/x?a=b#c", "a character in the query that has to be escaped")]
    [InlineData("", "the path does not start with '/'")]
    [InlineData("?x=1", "the path does not start with '/'")]
    [InlineData("v1/x", "the path does not start with '/'")]
    [InlineData("ftp://host/v1", "the path does not start with '/'")]
    [InlineData("host:443", "the path does not start with '/'")]
    public void An_ambiguous_target_is_refused(string target, string problem) =>
        Assert.Equal((null, problem), (RawTarget.Check(target).Path, RawTarget.Check(target).Problem));

    [Theory]
    [InlineData("/v1/a%2Fb", "/v1/a%2Fb")]
    [InlineData("/v1/a%2fb", "/v1/a%2Fb")]
    [InlineData("/v1/a%252fb", "/v1/a%2Fb")]
    [InlineData("/v1/a%2Fb/", "/v1/a%2Fb/")]
    public void A_permitted_encoded_slash_separates_nothing(string target, string expected) =>
        Assert.Equal(expected, RawTarget.Check(target, allowEncodedSlash: true).Path);

    [Theory]
    [InlineData("/v1/a%2F..%2Fb", "dot segment in the path")]
    [InlineData("/v1/..%2Fb", "dot segment in the path")]
    [InlineData("/v1/a%252F..%252Fb", "dot segment in the path")]
    [InlineData("/v1/a%2F%2e", "dot segment in the path")]
    [InlineData("/v1/a%2F%2Fb", "empty segment in the path")]
    [InlineData("/v1/%2Fb", "empty segment in the path")]
    [InlineData("/v1/a%2F/b", "empty segment in the path")]
    [InlineData("/v1/a%2F", "empty segment in the path")]
    [InlineData("/v1/%252e%252e/x", "doubly escaped character in the path")]
    [InlineData("/v1/a%25252Fb", "doubly escaped character in the path")]
    public void A_permitted_encoded_slash_hides_nothing(string target, string problem) =>
        Assert.Equal(problem, RawTarget.Check(target, allowEncodedSlash: true).Problem);
}
