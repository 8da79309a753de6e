using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Admission;

/// <summary>A signature is good for one operation: that which its client meant.</summary>
public sealed class PathReadingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v2/manage/namespaces/o/repos/app/tags/1", "/v2/manage/namespaces/o/repos/app/tags/1", "tag")]
    [InlineData("/v2/manage/namespaces/o/repos/a%2Fb", "/v2/manage/namespaces/o/repos/a/b", "repository")]
    [InlineData("/v2/manage/namespaces/o/repos/a%2Fb", "/v2/manage/namespaces/o/repos/a%2Fb", "repository")]
    [InlineData("/v2/manage/namespaces/o/repos/app%2Ftags%2F1", "/v2/manage/namespaces/o/repos/app%2Ftags%2F1", "repository")]
    [InlineData("/v2/manage/namespaces/o/repos/app%2Ftags%2F1", "/v2/manage/namespaces/o/repos/app/tags/1", null)]
    [InlineData("/v2/manage/namespaces/o/repos/app%2ftags%2f1", "/v2/manage/namespaces/o/repos/app/tags/1", null)]
    [InlineData("/v2/manage/namespaces/o/repos/app/tags/1", "/v2/manage/namespaces/o/repos/app%2Ftags%2F1", null)]
    public async Task What_is_sent_is_what_was_signed(string sent, string meant, string? answer)
    {
        await using var host = await PipelineHost.StartAsync();
        host.Directory.IsRoot = true;
        using var request = new HttpRequestMessage(
            HttpMethod.Delete, new Uri(host.Anonymous.BaseAddress!.ToString().TrimEnd('/') + sent, new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        var date = host.Clock.GetUtcNow().ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var canonical = $"DELETE\n{meant}/\n\nx-sdk-date:{date}\n\nx-sdk-date\n{Hash("")}";
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(
            Encoding.UTF8.GetBytes(FakeDirectory.SecretKey), Encoding.UTF8.GetBytes($"SDK-HMAC-SHA256\n{date}\n{Hash(canonical)}")));
        request.Headers.TryAddWithoutValidation("X-Sdk-Date", date);
        request.Headers.TryAddWithoutValidation("Authorization", $"SDK-HMAC-SHA256 Access={FakeDirectory.AccessKey}, SignedHeaders=x-sdk-date, Signature={signature}");

        using var response = await host.Anonymous.SendAsync(request, Cancellation);

        if (answer is null)
        {
            await response.ShouldFailAsync(401, "APIGW.0301");
        }
        else
        {
            Assert.Equal((HttpStatusCode.OK, answer), (response.StatusCode, await response.Content.ReadAsStringAsync(Cancellation)));
        }
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
