using Stagedoor.Gateway.Signing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Signing;

/// <summary>Five requests with the values that the SDKs' own signers compute for them.</summary>
public sealed class WorkedExampleTests
{
    private const string TagsTarget =
        "/v2/manage/namespaces/team-a/repos/web$api/tags?offset=0&limit=10&tag=v2&tag=v1&filter=name%3A%3A%C3%A9%201%2B1*~";

    private const string TagsHeaders = """
        content-type: application/json
        Host: swr-api.cn-test-1.stagedoor.example
        X-Project-Id: 0a1b2c3d4e5f60718293a4b5c6d7e8f9
        X-Sdk-Date: 20260102T030405Z
        """;

    private const string TagsCanonical = """
        GET
        /v2/manage/namespaces/team-a/repos/web%24api/tags/
        filter=name%3A%3A%C3%A9%201%2B1%2A~&limit=10&offset=0&tag=v1&tag=v2
        content-type:application/json
        host:swr-api.cn-test-1.stagedoor.example
        x-project-id:0a1b2c3d4e5f60718293a4b5c6d7e8f9
        x-sdk-date:20260102T030405Z

        content-type;host;x-project-id;x-sdk-date
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
        """;

    private const string ProjectCanonical = """
        POST
        /v3/projects/

        content-type:application/json
        host:iam.stagedoor.example:8443
        x-domain-id:d0c0ffee00d0c0ffee00d0c0ffee00d0
        x-sdk-date:20260102T030405Z
        x-security-token:c3RhZ2Vkb29yLWV4YW1wbGUtc2VjdXJpdHktdG9rZW4

        content-type;host;x-domain-id;x-sdk-date;x-security-token
        f4c7aab8e64c9d34f96ad96eb63d14990b9678612ea714b10570bba0280a8e76
        """;

    private const string ApplicationCanonical = """
        PATCH
        /v1/x/

        content-type:application/merge-patch+json
        host:apm.stagedoor.example
        x-sdk-content-sha256:UNSIGNED-PAYLOAD
        x-sdk-date:20260102T030405Z

        content-type;host;x-sdk-content-sha256;x-sdk-date
        UNSIGNED-PAYLOAD
        """;

    [Fact]
    public void A_get_with_an_awkward_path_and_query()
    {
        var request = Client.Request("GET", TagsTarget, TagsHeaders);

        var authorization = RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now);

        Assert.Equal(TagsCanonical, Client.Candidates(request, "content-type", "host", "x-project-id", "x-sdk-date")[0]);
        Assert.Equal("67efd9d21b6f566d1580aead8fca0e82eb8798ac90240939867cdcf40ba3c8a6", Client.Hash(TagsCanonical));
        Assert.Equal(
            "SDK-HMAC-SHA256 Access=STAGEDOOREXAMPLEAK01, SignedHeaders=content-type;host;x-project-id;x-sdk-date, "
            + "Signature=b6fa32127f5d2acf4f2510b56e15aa754b24ed1436edec3cff2c7ce2729f3939",
            authorization);
        Assert.Equal(SignatureResult.Ok, Client.Verify(request, authorization));
    }

    [Fact]
    public void A_post_with_a_temporary_key_and_a_port_in_the_host()
    {
        const string SecretKey = "stagedoorTempSecretKey9876543210zyxwvutS";
        const string Headers = """
            content-type: application/json
            Host: iam.stagedoor.example:8443
            X-Domain-Id: d0c0ffee00d0c0ffee00d0c0ffee00d0
            X-Security-Token: c3RhZ2Vkb29yLWV4YW1wbGUtc2VjdXJpdHktdG9rZW4
            X-Sdk-Date: 20260102T030405Z
            """;
        const string Body = """{"project":{"name":"cn-test-1_équipe","domain_id":"d0c0ffee00d0c0ffee00d0c0ffee00d0"}}""";
        var request = Client.Request("POST", "/v3/projects", Headers, Body);

        var authorization = RequestSigner.Sign(request, "STAGEDOORTEMPAKEY002", SecretKey, Client.Now);

        Assert.Equal(
            ProjectCanonical, Client.Candidates(request, "content-type", "host", "x-domain-id", "x-sdk-date", "x-security-token")[0]);
        Assert.Equal("757329b726b868c54c0567f30a32b75fdaa033c499a650f586c95fbbbc32ee0c", Client.Hash(ProjectCanonical));
        Assert.EndsWith(
            "Signature=41009fb8ae0643f4a52520f86715dbf5c8215b04ebfa4a354aaa6afb4f755bda", authorization, StringComparison.Ordinal);
        Assert.Equal(
            SignatureResult.Ok,
            SignatureVerifier.Verify(request, Client.Parse(authorization), SecretKey, Client.Rules, Client.Now));
    }

    [Fact]
    public void A_get_with_a_derived_key()
    {
        var request = Client.Request("GET", TagsTarget, TagsHeaders);

        var authorization = RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now, ("cn-test-1", "swr"));

        Assert.Equal(
            "V11-HMAC-SHA256 Credential=STAGEDOOREXAMPLEAK01/20260102/cn-test-1/swr, "
            + "SignedHeaders=content-type;host;x-project-id;x-sdk-date, "
            + "Signature=298d92fa0415c279a6b7138d4e0678d613a8ded2905fa6dcd7e3bc652c24bcd4",
            authorization);
        Assert.Equal(SignatureResult.Ok, Client.Verify(request, authorization));
    }

    [Fact]
    public void The_derived_key_is_the_text_of_its_digits()
    {
        var key = SigningKey.Derive(
            System.Text.Encoding.UTF8.GetBytes(Client.SecretKey), Client.AccessKey, new("20260102", "cn-test-1", "swr"));

        Assert.Equal("6f0404c77e663f02dc5c235ab7f98bf6a697068ce626c309554c4eb5cc9f7afb"u8.ToArray(), key);
    }

    [Fact]
    public void The_smallest_request_signs_nothing_but_its_date()
    {
        const string Authorization =
            "SDK-HMAC-SHA256 Access=STAGEDOOREXAMPLEAK01, SignedHeaders=x-sdk-date, "
            + "Signature=8df63403d2b7731a5a90f7fb5d64c331677098236cf775f32bfe916adc8c51a2";
        var request = Client.Request("GET", "/v3/auth/domains", "Host: iam.stagedoor.example\nX-Sdk-Date: 20260102T030405Z");

        var canonical = Assert.Single(Client.Candidates(request, "x-sdk-date"));

        Assert.Equal("1e5fc3b61721a58d95eebed06621cc0de7a9d12b7bf43ba802ba4d9b85ee7410", Client.Hash(canonical));
        Assert.Equal(SignatureResult.Ok, Client.Verify(request, Authorization));
    }

    [Theory]
    [InlineData("""{"a":1}""")]
    [InlineData("anything else")]
    public void An_unsigned_payload_takes_any_body(string body)
    {
        const string Headers = """
            content-type: application/merge-patch+json
            Host: apm.stagedoor.example
            X-Sdk-Content-Sha256: UNSIGNED-PAYLOAD
            X-Sdk-Date: 20260102T030405Z
            """;
        var request = Client.Request("PATCH", "/v1/x", Headers, body);

        var authorization = RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now);

        Assert.Equal(ApplicationCanonical, Client.Candidates(request, "content-type", "host", "x-sdk-content-sha256", "x-sdk-date")[0]);
        Assert.Equal("e3b8cce6f6166dbffa926839a8eff56d67ef417a1dd47ce3f7392ba36286eadb", Client.Hash(ApplicationCanonical));
        Assert.EndsWith(
            "Signature=dc285044de969875e24fea6b8edeba2a4f5838dbed5e086f62dee58f56fc34f2", authorization, StringComparison.Ordinal);
        Assert.Equal(SignatureResult.Ok, Client.Verify(request, authorization));
    }
}
