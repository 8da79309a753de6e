using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Signing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Signing;

public sealed class RequestSignerTests
{
    [Fact]
    public void A_message_is_signed_as_it_will_be_sent()
    {
        const string Body = """{"namespace":"team-a"}""";
        using var message = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:8080/v2/manage/namespaces?b=2&a=%20");
        using var content = new StringContent(Body, Encoding.UTF8, "application/json");
        message.Content = content;
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue("stagedoor", "1.0"));

        RequestSigner.Sign(message, Encoding.UTF8.GetBytes(Body), Client.AccessKey, Client.SecretKey, Client.Now);

        var received = new SignedRequest("POST", "/v2/manage/namespaces?b=2&a=%20", new HeaderDictionary(), Client.Hash(Body));
        received.Headers["Host"] = "127.0.0.1:8080";
        received.Headers["Content-Type"] = "application/json; charset=utf-8";
        received.Headers["User-Agent"] = "stagedoor/1.0";
        received.Headers["X-Sdk-Date"] = Assert.Single(message.Headers.GetValues("X-Sdk-Date"));
        var authorization = Assert.Single(message.Headers.GetValues("Authorization"));
        Assert.Contains("SignedHeaders=content-type;host;user-agent;x-sdk-date,", authorization, StringComparison.Ordinal);
        Assert.Equal(SignatureResult.Ok, Client.Verify(received, authorization));
    }

    [Fact]
    public void A_message_can_be_signed_again()
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, "https://host/v1/x");

        RequestSigner.Sign(message, [], Client.AccessKey, Client.SecretKey, Client.Now);
        RequestSigner.Sign(message, [], Client.AccessKey, Client.SecretKey, Client.Now.AddHours(1));

        // The date that the caller set stays; a client that retries later makes a new message.
        Assert.Equal("20260102T030405Z", Assert.Single(message.Headers.GetValues("X-Sdk-Date")));
        _ = Assert.Single(message.Headers.GetValues("Authorization"));
    }

    [Fact]
    public void A_false_statement_about_the_body_cannot_be_signed()
    {
        var request = Client.Request("PUT", "/v1/x", $"X-Sdk-Content-Sha256: {Client.Hash("another body")}", "{}");

        _ = Assert.Throws<InvalidOperationException>(
            () => RequestSigner.Sign(request, Client.AccessKey, Client.SecretKey, Client.Now));
    }
}
