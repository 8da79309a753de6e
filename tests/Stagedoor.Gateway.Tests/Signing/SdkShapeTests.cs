using Stagedoor.Gateway.Signing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Signing;

/// <summary>What the five SDKs put on the wire, and the lines that each of them signs for it.</summary>
public sealed class SdkShapeTests
{
    private const string Empty = SignedRequest.EmptyBodyHash;

    [Fact]
    public void Dotnet_signs_the_host_without_its_port_and_not_the_content_type()
    {
        var request = Client.Request(
            "GET",
            "/v2/manage/namespaces",
            "Host: 127.0.0.1\nUser-Agent: huaweicloud-usdk-net/3.0\nContent-Type: application/json\nX-Sdk-Date: 20260102T030405Z");

        AssertSigned(
            request,
            $"""
            GET
            /v2/manage/namespaces/

            host:127.0.0.1
            user-agent:huaweicloud-usdk-net/3.0
            x-sdk-date:20260102T030405Z

            host;user-agent;x-sdk-date
            {Empty}
            """);
    }

    [Fact]
    public void Go_signs_no_host_and_ends_its_json_with_a_newline()
    {
        const string Body = "{\"namespace\":\"a&b\"}\n";
        var request = Client.Request(
            "POST",
            "/v2/manage/namespaces",
            "Host: swr.example:8443\nUser-Agent: huaweicloud-usdk-go/3.0\nX-Project-Id: p\nX-Sdk-Date: 20260102T030405Z",
            Body);

        AssertSigned(
            request,
            $"""
            POST
            /v2/manage/namespaces/

            user-agent:huaweicloud-usdk-go/3.0
            x-project-id:p
            x-sdk-date:20260102T030405Z

            user-agent;x-project-id;x-sdk-date
            {Client.Hash(Body)}
            """);
    }

    [Fact]
    public void Node_signs_a_header_with_an_underscore()
    {
        var request = Client.Request(
            "GET", "/v1/x", "SDK_EXCHANGE: 7\ncontent-type: application/json\nhost: h:18080\nX-Sdk-Date: 20260102T030405Z");

        AssertSigned(
            request,
            $"""
            GET
            /v1/x/

            content-type:application/json
            host:h:18080
            sdk_exchange:7
            x-sdk-date:20260102T030405Z

            content-type;host;sdk_exchange;x-sdk-date
            {Empty}
            """);
    }

    [Fact]
    public void Node_sends_an_empty_object_with_a_get()
    {
        var request = Client.Request("GET", "/v3/auth/domains", "host: h\nX-Sdk-Date: 20260102T030405Z", "{}");

        AssertSigned(
            request,
            """
            GET
            /v3/auth/domains/

            host:h
            x-sdk-date:20260102T030405Z

            host;x-sdk-date
            44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
            """);
    }

    [Theory]
    [InlineData("/v2/repos/web$api/tags")]
    [InlineData("/v2/repos/web%24api/tags")]
    [InlineData("/v2/repos/web$api/tags/")]
    public void A_dollar_sign_is_the_same_escaped_or_not(string target) =>
        AssertSigned(
            Client.Request("GET", target, "X-Sdk-Date: 20260102T030405Z"),
            $"""
            GET
            /v2/repos/web%24api/tags/

            x-sdk-date:20260102T030405Z

            x-sdk-date
            {Empty}
            """);

    [Theory]
    [InlineData("/v2/repos/a%2Fb", "/v2/repos/a%2Fb/")] // Go, whose wire path is signed as it stands
    [InlineData("/v2/repos/a%2Fb", "/v2/repos/a%252Fb/")] // Node and Java
    [InlineData("/v2/repos/a%2Fb", "/v2/repos/a/b/")] // .NET and Python
    [InlineData("/v2/repos/a%252Fb", "/v2/repos/a%252Fb/")] // Go, whose caller escaped it
    [InlineData("/v2/repos/%C3%A9%2Fb", "/v2/repos/%C3%A9%252Fb/")] // Node decodes what is not ASCII
    public void An_encoded_slash_is_signed_in_three_ways(string target, string signedPath) =>
        AssertSigned(
            Client.Request("GET", target, "X-Sdk-Date: 20260102T030405Z"),
            $"""
            GET
            {signedPath}

            x-sdk-date:20260102T030405Z

            x-sdk-date
            {Empty}
            """);

    [Theory]
    [InlineData("q=1+1", "q=1%2B1")]
    [InlineData("q=1+1", "q=1%201")] // .NET pastes the plus sign and signs a space; Go escapes a space as a plus sign
    [InlineData("a=2&a=1&B=x", "B=x&a=1&a=2")]
    [InlineData("a=2&a=1&B=x", "B=x&a=2&a=1")] // Java does not sort the values of a list
    [InlineData("k", "k=")]
    [InlineData("k=", "k=")]
    [InlineData("a%3A=1&a1=2", "a1=2&a%3A=1")] // sorted before escaping
    [InlineData("a%3A=1&a1=2", "a%3A=1&a1=2")] // Java sorts after escaping
    [InlineData("v=%C3%A9&v=%7E&v=b%3D=c", "v=b%3D%3Dc&v=~&v=%C3%A9")]
    [InlineData("&a=1&&b=2&", "a=1&b=2")]
    public void A_query_is_signed_in_three_ways(string query, string signedQuery) =>
        AssertSigned(
            Client.Request("GET", "/v1/x?" + query, "X-Sdk-Date: 20260102T030405Z"),
            $"""
            GET
            /v1/x/
            {signedQuery}
            x-sdk-date:20260102T030405Z

            x-sdk-date
            {Empty}
            """);

    [Fact]
    public void Python_states_an_unsigned_payload_and_signs_the_hash_of_the_empty_body()
    {
        var request = Client.Request(
            "POST",
            "/v1/x",
            "Content-Type: text/plain\nHost: h\nX-Sdk-Content-Sha256: UNSIGNED-PAYLOAD\nX-Sdk-Date: 20260102T030405Z");

        AssertSigned(
            request,
            $"""
            POST
            /v1/x/

            content-type:text/plain
            host:h
            x-sdk-content-sha256:UNSIGNED-PAYLOAD
            x-sdk-date:20260102T030405Z

            content-type;host;x-sdk-content-sha256;x-sdk-date
            {Empty}
            """);
    }

    [Fact]
    public void A_repeated_header_is_a_line_per_value_in_their_order()
    {
        var request = Client.Request("GET", "/v1/x", "X-Label: b\nX-Label: a\nX-Sdk-Date: 20260102T030405Z");

        AssertSigned(
            request,
            $"""
            GET
            /v1/x/

            x-label:a
            x-label:b
            x-sdk-date:20260102T030405Z

            x-label;x-sdk-date
            {Empty}
            """);
    }

    [Fact]
    public void A_header_value_is_utf8()
    {
        var request = Client.Request("GET", "/v1/x", "X-Label: 组织 é\nX-Sdk-Date: 20260102T030405Z");

        AssertSigned(
            request,
            $"""
            GET
            /v1/x/

            x-label:组织 é
            x-sdk-date:20260102T030405Z

            x-label;x-sdk-date
            {Empty}
            """);
    }

    [Fact]
    public void A_plain_request_has_one_candidate() =>
        Assert.Single(Client.Candidates(
            Client.Request("GET", "/v2/manage/namespaces?limit=10", "X-Sdk-Date: 20260102T030405Z"), "x-sdk-date"));

    [Fact]
    public void Readings_that_come_out_the_same_are_tried_once() =>
        Assert.Equal(
            2, // the two orders of the query
            Client.Candidates(
                Client.Request("GET", "/v1/%C3%A9?b=2&a=2&a=1", "X-Sdk-Date: 20260102T030405Z"), "x-sdk-date").Count);

    [Fact]
    public void There_are_never_more_than_eighteen_candidates()
    {
        var request = Client.Request(
            "GET",
            "/v1/a%2Fb?a=2+1&a=1",
            "X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD\nX-Sdk-Date: 20260102T030405Z");

        var candidates = Client.Candidates(request, "x-sdk-content-sha256", "x-sdk-date");

        Assert.Equal(18, candidates.Count);
        Assert.Equal(18, candidates.Distinct(StringComparer.Ordinal).Count());
    }

    private static void AssertSigned(SignedRequest request, string canonical) =>
        Assert.Equal(SignatureResult.Ok, Client.Verify(request, Client.Authorize(canonical)));
}
