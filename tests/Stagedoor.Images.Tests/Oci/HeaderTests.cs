using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>Texts of a request that come back in headers.</summary>
public sealed partial class HeaderTests(Installation images) : IClassFixture<Installation>
{
    // Not ASCII, a quote, a backslash, control characters, and parameters of the caller's own.
    private static readonly string[] s_texts = ["%E4%B8%AD", "a%22,realm=%22evil%22,b=%22", "a%5C", "a%0D%0AX-Evil:%201", "%00", "%7F", "%ED%A0%80", "a%2Fb", "%F0%9F%98%80"];

    private static readonly string[] s_paths =
    [
        "/v2/TEXT/x/manifests/1", "/v2/team/TEXT/manifests/1", "/v2/TEXT/manifests/1", "/v2/team/known/manifests/TEXT", "/v2/team/known/blobs/TEXT",
        "/v2/team/known/blobs/uploads/TEXT", "/v2/team/known/blobs/uploads/?mount=DIGEST&from=TEXT", "/v2/team/known/blobs/uploads/?mount=TEXT&from=team/TEXT", "/v2/team/known/referrers/TEXT", "/v2/team/known/tags/list?n=1&last=TEXT", "/v2/team/known/tags/list?n=TEXT",
        "/v2/team/known/referrers/DIGEST?artifactType=TEXT", "/v2/team/known/referrers/DIGEST?last=TEXT", "/v2/team/TEXT/tags/list", "/v2/TEXT", "/v2/TEXT/TEXT",
        "/swr/auth/v2/registry/auth/?scope=repository:TEXT:pull", "/swr/auth/v2/registry/auth/?service=TEXT",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("PUT")]
    [InlineData("POST")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    public async Task No_text_of_a_request_reaches_a_header_unchecked(string method)
    {
        await images.PushImageAsync("team/known", "1");
        foreach (var path in s_paths)
        {
            foreach (var text in s_texts)
            {
                var target = path.Replace("TEXT", text, StringComparison.Ordinal).Replace("DIGEST", Installation.DigestOf([1]), StringComparison.Ordinal);
                foreach (var credentials in (string[])["", $"Authorization: {images.Registry.DefaultRequestHeaders.Authorization}\r\n"])
                {
                    var response = await images.App.SendRawAsync(
                        $"{method} {target} HTTP/1.1\r\nHost: {new Uri(images.App.Url).Authority}\r\n{credentials}Content-Length: 0\r\nConnection: close\r\n\r\n");

                    Assert.True(response.Status < 500, $"{method} {target}: {response.Status}");
                    Assert.DoesNotContain("x-evil", response.Headers.Keys);
                    if (response.Headers.TryGetValue("www-authenticate", out var challenge))
                    {
                        Assert.Matches(ChallengePattern(), challenge);
                        Assert.Single(Realm().Matches(challenge));
                    }
                }
            }
        }
    }

    [Fact]
    public async Task A_name_that_is_none_has_no_scope()
    {
        using var response = await images.App.Anonymous.GetAsync("/v2/a%22,realm=%22evil%22,b=%22/x/manifests/1", Cancellation);

        await response.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.Equal(
            $"Bearer realm=\"{images.App.Url}/swr/auth/v2/registry/auth/\",service=\"dockyard\"", response.Headers.GetValues("WWW-Authenticate").Single());
    }

    [GeneratedRegex("""^Bearer realm="[^"\\]*",service="dockyard"(,scope="repository:[a-z0-9._/-]+:[a-z,]+( repository:[a-z0-9._/-]+:pull)?")?(,error="insufficient_scope")?$""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ChallengePattern();

    [GeneratedRegex("realm=", RegexOptions.NonBacktracking)]
    private static partial Regex Realm();
}
